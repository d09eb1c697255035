"""Rows of the record as the log covers them."""
