"""Why an officer reads what a prescriber wrote: a purpose of a list and a few words, stated before and logged."""
