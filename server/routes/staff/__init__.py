"""Pages of the clinic's staff: the day, the visit's panels, the front desk."""
