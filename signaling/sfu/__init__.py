"""Media: one UDP port, and selective forwarding between the browsers of a room. Packets are never decoded."""
