"""How somebody stands to a patient and a visit: by this access is decided. Reads; writes nothing."""
