"""Pages of a patient outside the call."""
