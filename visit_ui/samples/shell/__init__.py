"""Samples of the pages around all others."""
