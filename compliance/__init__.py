"""Policy and proof: who may do what, and evidence of what was done. Knows nothing of the record, the web or calls."""
