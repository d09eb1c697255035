"""What stands around every page, and the pages that belong to nobody in particular."""
