"""The sealed log: entries, tree, checkpoints, verification, export."""
