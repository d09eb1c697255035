"""Grants and guards of a table. Every table is one of two kinds: written once, or changed in place.

The web's login is a member of ``titrate_app`` and owns nothing, so what is not granted here it cannot do; the worker's
is one of ``titrate_sealer`` besides, which alone may write the log's leaves and checkpoints (step 0010). The triggers
hold even against the owner's ordinary sessions, and ``ENABLE ALWAYS`` keeps them on when
``session_replication_role`` is set to ``replica``.
"""

from alembic import op

from server.migrations.names import APP_ROLE as APP_ROLE
from server.migrations.names import SEALER_ROLE as SEALER_ROLE

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are written once: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$
"""


def insert_only(table: str) -> None:
    """Let the application read and insert; refuse UPDATE, DELETE and TRUNCATE to everybody."""
    op.execute(REFUSE_CHANGE)
    op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
    op.execute(
        f"CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    for trigger in ("written_once", "never_emptied"):
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{trigger}")


def updatable(table: str, *, delete: bool = False) -> None:
    """Let the application read, insert and update (``delete``: remove too), for drafts, visits, jobs and pointers."""
    rights = "SELECT, INSERT, UPDATE, DELETE" if delete else "SELECT, INSERT, UPDATE"
    op.execute(f"GRANT {rights} ON {table} TO {APP_ROLE}")


def read_only(table: str) -> None:
    """Let the application read what only the owner's commands write."""
    op.execute(f"GRANT SELECT ON {table} TO {APP_ROLE}")


# A table of the session is found before one of the schema: with the right to make one, a login could put a `visit` or a
# `role_grant` of its own before a trigger that looks there.
PINNED = """
DO $$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', each);
    END LOOP;
END
$$
"""


def pin_functions() -> None:
    """Let every function of the schema so far look for its tables there first, whatever a session says."""
    op.execute(PINNED)


def no_way_back() -> None:
    """What every ``downgrade`` does."""
    raise NotImplementedError("A medical record has no way back: restore a backup instead.")
