"""What every part of compliance stands on: closed lists, errors, tables, and how a TOML file is read."""
