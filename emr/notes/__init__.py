"""Notes: drafted, signed, sealed, and added to."""
