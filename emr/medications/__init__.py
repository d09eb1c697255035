"""The medicine list: orders written once, which of them is current, and what each changed."""
