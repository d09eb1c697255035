"""What is known of medicines, read from the reference files."""
