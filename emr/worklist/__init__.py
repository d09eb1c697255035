"""A prescriber's day and waiting room. Reads; writes nothing."""
