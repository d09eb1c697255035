"""What web and media processes say to each other over Redis. The only Redis of calls."""
