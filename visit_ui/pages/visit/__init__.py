"""Pages that hold the call, and the panels beside it."""
