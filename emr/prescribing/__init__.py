"""Signing: start, revise, renew, hold, resume, stop and report, each over the chart as it is now."""
