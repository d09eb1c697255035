"""What became of a visit, put right: a correction beside the visit, which changes nothing of it and opens nothing."""
