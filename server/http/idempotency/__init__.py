"""A change that is sent twice happens once, and is answered the same: keys, what is kept of an answer, lost commits."""
