"""Visits: booked, arrived at, held, ended; who takes part, and what was stated."""
