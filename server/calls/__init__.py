"""Calls as the web process and the worker see them: who may join, who is in one, and what became of it."""
