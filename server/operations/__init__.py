"""What an operator changes or reads from the shell; the commands themselves stand in `server.cli`."""
