"""Samples of pages of prescribers and the front desk outside a visit."""
