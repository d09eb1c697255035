"""Patterns in the log that deserve a look, by rules of a pack: each a filter of the officer's list, none a verdict."""
