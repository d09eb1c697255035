"""Samples of a patient's pages outside the call."""
