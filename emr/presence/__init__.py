"""Presence: the clinic's sites, who treats in a visit, and the check-in that shows that two people met in person.

`values` is pure; `sites`, `attending` and `checking_in` are use cases; `emr/presence/repository.py` holds the SQL.
"""
