"""Samples of the pages that hold the call, and of the panels beside it."""
