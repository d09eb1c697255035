"""What strangers and patients might send, made up by Hypothesis, against the parsers and against a running house.

`make fuzz` looks for long, with new cases each time; tests/fuzz/test_fuzz.py takes a few fixed ones in the suite.
"""
