"""From the name of a product to its ingredients and schedule. Pure once loaded."""
