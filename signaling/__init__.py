"""Calls: who is in a call and how media meet. Knows nothing of patients, records, policy or pages."""
