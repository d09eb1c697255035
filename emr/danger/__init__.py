"""Somebody is in danger: what was done about a safety answer, whom to reach, and each step that was taken."""
