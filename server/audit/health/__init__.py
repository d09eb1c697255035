"""Whether the log keeps up: what the worker says of itself, what waits too long, and who is told."""
