"""What the login of a process may do: neither too much, nor, for the worker, too little."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.migrations.names import APP_ROLE, OWNER_ROLE, SEALER_ROLE
from server.platform.database import DatabaseError, Logins


async def refuse_powerful_login(conn: AsyncConnection, setting: str = "DATABASE_URL") -> None:
    """Raise ``DatabaseError`` when the login could change what must stay as written.

    Refused: a superuser, the owner of any table, or a login that may assume the owner role.
    """
    row = (
        await conn.execute(
            text(
                "SELECT current_setting('is_superuser') = 'on' AS superuser,"
                " EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                "   WHERE n.nspname = 'public' AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE')) AS owns,"
                " EXISTS (SELECT 1 FROM pg_roles WHERE rolname = :owner AND pg_has_role(oid, 'MEMBER')) AS may_own"
            ),
            {"owner": OWNER_ROLE},
        )
    ).one()
    if row.superuser or row.owns or row.may_own:
        raise DatabaseError(
            f"{setting} names a login that is a superuser, owns tables or may assume their owner. "
            f"Use a login that is only a member of {APP_ROLE}; the owner's login belongs in DATABASE_OWNER_URL."
        )


async def refuse_endless_statements(conn: AsyncConnection, setting: str = "DATABASE_URL") -> None:
    """Raise ``DatabaseError`` when nothing ends a statement that runs on: behind a pooler the login has to say it."""
    if await conn.scalar(text("SELECT current_setting('statement_timeout') = '0'")):
        raise DatabaseError(
            f"The login of {setting} lets a statement run for ever, and behind a pooler the program cannot say it: "
            "run deploy/postgres/roles.sql again."
        )


async def may_seal(conn: AsyncConnection) -> bool:
    """Whether the login may write leaves or checkpoints, or become who may. Also answers where there is no schema."""
    return bool(
        await conn.scalar(
            text(
                "SELECT EXISTS (SELECT FROM unnest(ARRAY['public.audit_leaf', 'public.checkpoint']) AS name"
                "   WHERE has_any_column_privilege(to_regclass(name), 'INSERT'))"
                " OR EXISTS (SELECT FROM pg_roles WHERE rolname = :sealer AND pg_has_role(oid, 'MEMBER'))"
            ),
            {"sealer": SEALER_ROLE},
        )
    )


async def refuse_sealing_login(conn: AsyncConnection) -> None:
    """Raise ``DatabaseError`` when a process that serves pages has a login that could write the log's tree itself."""
    if await may_seal(conn):
        raise DatabaseError(
            "DATABASE_URL names a login that can seal the log. "
            f"Use one that is no member of {SEALER_ROLE}; the worker's login belongs in WORKER_DATABASE_URL."
        )


async def require_sealing_login(conn: AsyncConnection) -> None:
    """Raise ``DatabaseError`` when the worker's login cannot write what it is there to write."""
    rights = "SELECT bool_and(has_column_privilege(t, c, 'INSERT')) FROM (VALUES ('audit_leaf', 'leaf_hash'),"
    rights += " ('checkpoint', 'note')) AS needed (t, c)"
    if not await conn.scalar(text(rights)):
        raise DatabaseError(
            "WORKER_DATABASE_URL names a login that cannot seal the log. "
            f"Use one that is a member of {APP_ROLE} and {SEALER_ROLE} ({Logins.WORKER} of deploy/postgres/roles.sql)."
        )
