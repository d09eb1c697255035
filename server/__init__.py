"""The house: knows the four packages, wires them to HTTP, PostgreSQL and Redis, and decides nothing of its own."""
