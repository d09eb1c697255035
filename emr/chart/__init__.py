"""What one decision needs to know of a patient, and what changed since the last visit. Reads; writes nothing."""
