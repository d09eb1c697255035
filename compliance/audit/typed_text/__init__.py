"""What somebody typed as a medicine: kept beside the log, erased with the content of its entry, in no sealed row.

The entry's content holds its salted digest, so that what is still there is known to be what was typed.
"""
