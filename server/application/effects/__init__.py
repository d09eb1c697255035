"""What must happen outside the database once a change is committed: kept with the change, repeated until done."""
