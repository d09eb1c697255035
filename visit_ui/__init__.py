"""What is seen: page dataclasses, templates, styles, browser modules. Knows nothing of where the values come from."""
