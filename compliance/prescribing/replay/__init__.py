"""Deciding recorded decisions again, by the policy and reference files of their day and on what policy saw then.

A difference is for a person to look at: it says nothing of whether the log is whole.
"""
