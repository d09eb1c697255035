"""The database schema, step by step. Written by hand: two packages' tables meet here and their order matters."""
