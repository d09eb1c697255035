"""The checks before a medicine is prescribed. Pure."""
