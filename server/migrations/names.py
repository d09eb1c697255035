"""The group roles of the database. Apart from the grants, which read alembic: every process asks for these."""

APP_ROLE = "titrate_app"
SEALER_ROLE = "titrate_sealer"
OWNER_ROLE = "titrate_owner"
