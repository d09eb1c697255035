"""What patients tell between visits, and what is measured."""
