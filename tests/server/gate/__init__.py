"""A state machine that looks for the next door to a controlled substance, and the doors that were found before it."""
