"""What is measured, how often, and against what: `python -m tests.benchmarks`, or `make bench`."""
