"""Persons, patients, allergies, and the ties between people by which access is decided."""
