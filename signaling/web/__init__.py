"""The web process's side of calls: sockets, tickets, limits."""
