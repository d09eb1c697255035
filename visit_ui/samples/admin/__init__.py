"""Samples of the administrator's pages."""
