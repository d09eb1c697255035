"""Pages of the administrator."""
