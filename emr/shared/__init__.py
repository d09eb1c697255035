"""What every area of the record stands on: ids, errors, quantities, events, days and times. Knows none of them."""
