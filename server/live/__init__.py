"""Live pages: one line to Redis a process, told on to every open stream."""
