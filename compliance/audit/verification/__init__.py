"""Verifying the log: reading it fast whatever its state, checking each row, going on where a pass ended."""
