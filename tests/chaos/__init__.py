"""Kills each process of a running clinic while a visit is held in it, and says what that did: ``make chaos``."""
