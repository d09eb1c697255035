"""The tables of the record as SQLAlchemy Core sees them; migrations write the schema."""
