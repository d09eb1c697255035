"""Persons, patients, allergies, and the relationships between people by which access is decided."""
