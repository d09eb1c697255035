"""Who may do what: rules as data, refused by default."""
