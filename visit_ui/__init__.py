"""What is seen: page dataclasses, templates, styles and browser modules. Knows nothing of where the values come from."""
