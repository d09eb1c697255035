"""Pages that several roles share."""
