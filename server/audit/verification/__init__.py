"""Verifying the log as a job of the worker: what was asked for, how far it is, and what was found last."""
