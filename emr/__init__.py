"""Records: what is true of a patient. Knows nothing of the web, of calls, or of who may do what."""
