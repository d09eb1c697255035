"""Digests of the record's rows in the log: what an entry is about is sealed with it, and compared with what is there.

This package knows no record. A reader that the server passes in reads rows as text; everything else is here.
"""
