"""Settings, the database, its clock and its logins, and the embedded engines."""
