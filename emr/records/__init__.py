"""The only SQL of the record: rows in, typed values out. Nothing here decides, and nothing here commits."""
