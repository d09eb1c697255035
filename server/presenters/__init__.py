"""Values of the record as pages show them. Reads what a page needs; decides nothing."""
