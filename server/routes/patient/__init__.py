"""Pages of a patient and of a guest."""
