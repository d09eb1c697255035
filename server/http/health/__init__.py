"""Whether this process runs, and whether it can serve: for load balancers and whoever watches it."""
