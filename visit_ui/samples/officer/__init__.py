"""Samples of the compliance officer's pages."""
