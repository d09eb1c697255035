"""Doses: what is taken when, in real pieces, and what would be prescribed."""
