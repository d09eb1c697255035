"""The sealed log as it is run: sealing, keys, verification, and whether it keeps up."""
