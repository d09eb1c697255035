"""The clusters that a log has lived in: each is an epoch of its own, in which transaction numbers begin anew."""
