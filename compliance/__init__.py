"""Policy and proof: who may do what, and evidence of it. Knows nothing of the record, the web or calls."""
