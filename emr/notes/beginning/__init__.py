"""What a note begins with: what was done in the visit, as facts that are put into words elsewhere."""
