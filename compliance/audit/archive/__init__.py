"""The policy packs and reference files that decisions name by their digest, kept so that they can be read again."""
