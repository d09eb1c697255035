"""The server: wires the other four packages to HTTP, PostgreSQL and Redis, and decides nothing of its own."""
