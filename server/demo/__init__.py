"""The demo clinic: a provider to sign in at, invented people and their history. Never part of a production start."""
