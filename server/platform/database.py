"""Reaching PostgreSQL: roles, migrations, the engine of the restricted login, and the check that it is restricted.

Four kinds of login: a superuser makes the roles once (``deploy/postgres/roles.sql``, or the demo by itself); the
owner's login runs migrations; the web's login can only do what ``migrations.ddl`` grants; the worker's can seal the log
besides.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from emr.shared.together import TogetherEngine
from server.migrations.names import APP_ROLE, OWNER_ROLE, SEALER_ROLE
from server.platform import database_address
from server.platform.connections import look_before_use
from server.platform.database_address import DatabaseAddress

if TYPE_CHECKING:  # every process comes by here, and alembic takes it half a second: read where it is needed
    from alembic.config import Config
    from alembic.script import ScriptDirectory

# A statement that runs longer than this in a page holds up a visit; long readers (verify) read by short pages.
STATEMENT_TIMEOUT_MS = 15_000
CONNECT_TIMEOUT_S = 10.0
POOL_WAIT_S = 10.0
# Where and as whom stands in the driver's own arguments, which take what libpq takes.
DRIVER = "postgresql+asyncpg://"
# PostgreSQL's class 42 of SQLSTATE.
INSUFFICIENT_PRIVILEGE = "42501"


# SQLAlchemy puts the driver's class before what it said.
_CLASS = re.compile(r"^\([\w.]+\) ")


class DatabaseError(Exception):
    """The database cannot be used as it is. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Logins:
    """The three logins of an embedded cluster and their passwords."""

    owner_password: str
    app_password: str
    worker_password: str

    OWNER = "titrate_migrator"
    APP = "titrate_web"
    WORKER = "titrate_worker"


def engine(url: str, *, pool_size: int = 10, overflow: int = 5) -> AsyncEngine:
    """An engine for the application's login. Times are UTC inside; a statement may not run for ever.

    Whoever finds all `pool_size` and `overflow` connections taken waits, and is refused after POOL_WAIT_S.
    """
    address = database_address.read(url)
    store = create_async_engine(
        DRIVER,
        pool_size=pool_size,
        max_overflow=overflow,
        pool_timeout=POOL_WAIT_S,
        hide_parameters=True,  # parameters are patient data; they must not reach a log through an exception
        connect_args={"server_settings": _session_settings(address), **_line(address)},
    )
    look_before_use(store)
    return TogetherEngine(store.sync_engine)


def _session_settings(address: DatabaseAddress) -> dict[str, str]:
    """What each session begins with. A pooler lets through what it keeps track of; the roles have the rest there."""
    known = {"timezone": "UTC", "application_name": "titrate"}
    return known if address.pooled else {**known, "statement_timeout": str(STATEMENT_TIMEOUT_MS)}


def _line(address: DatabaseAddress) -> dict[str, Any]:
    """How the driver connects. Any: the driver's arguments are of several types.

    Behind a pooler the next transaction may be on another session: no statement is kept there by name.
    """
    line: dict[str, Any] = {"dsn": address.dsn, "timeout": CONNECT_TIMEOUT_S}
    if address.pooled:
        line |= {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
        }
    return line


def one_shot_engine(url: str) -> AsyncEngine:
    """An engine without a pool, for commands and migrations."""
    address = database_address.read(url)
    # The logins' own limit is a page's, not a command's.
    unhurried = {} if address.pooled else {"server_settings": {"statement_timeout": "0"}}
    store = create_async_engine(
        DRIVER, poolclass=NullPool, hide_parameters=True, connect_args={**_line(address), **unhurried}
    )
    look_before_use(store)
    return TogetherEngine(store.sync_engine)


# What comes when no connection does: SQLAlchemy passes the system's own errors (refused, no such host) on as they are.
UNREACHABLE = (OSError, DBAPIError, PoolTimeout)


async def reach(store: AsyncEngine, setting: str = "DATABASE_URL") -> None:
    """Raise ``DatabaseError`` with the reason when no connection can be made to the database of a setting."""
    try:
        async with store.connect():
            return
    except UNREACHABLE as error:
        raise DatabaseError(f"The database of {setting} cannot be reached: {_first_line(error)}.") from error


async def make_roles(superuser_url: str, logins: Logins) -> None:
    """Make (or bring up to date) the three group roles and the three logins of an embedded cluster."""
    steps = [f"CREATE ROLE {role} NOLOGIN" for role in (OWNER_ROLE, APP_ROLE, SEALER_ROLE)]
    steps += [f"CREATE ROLE {Logins.OWNER} LOGIN CREATEDB"]
    steps += [f"CREATE ROLE {login} LOGIN" for login in (Logins.APP, Logins.WORKER)]
    later = [
        f"GRANT {OWNER_ROLE} TO {Logins.OWNER}",
        f"GRANT {APP_ROLE} TO {Logins.APP}, {Logins.WORKER}",
        f"GRANT {SEALER_ROLE} TO {Logins.WORKER}",
        f"ALTER ROLE {Logins.OWNER} PASSWORD '{logins.owner_password}'",
        f"ALTER ROLE {Logins.APP} PASSWORD '{logins.app_password}'",
        f"ALTER ROLE {Logins.WORKER} PASSWORD '{logins.worker_password}'",
        *(
            f"ALTER ROLE {login} SET statement_timeout = {STATEMENT_TIMEOUT_MS}"
            for login in (Logins.APP, Logins.WORKER)
        ),
    ]
    store = one_shot_engine(superuser_url).execution_options(isolation_level="AUTOCOMMIT")
    async with store.connect() as conn:
        existing = set((await conn.execute(text("SELECT rolname FROM pg_roles"))).scalars())
        for step in steps:
            if step.split()[2] not in existing:
                await conn.execute(text(step))
        for step in later:
            await conn.execute(text(step))
    await store.dispose()


async def make_database(owner_url: str, name: str, *, template: str | None = None) -> None:
    """Create database ``name`` for the owner role unless it exists. ``owner_url`` may name any database."""
    store = one_shot_engine(owner_url).execution_options(isolation_level="AUTOCOMMIT")
    async with store.connect() as conn:
        known = await conn.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if known.first() is None:
            copied = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
            await conn.execute(text(f"CREATE DATABASE {name} OWNER {OWNER_ROLE}{copied}"))
            if template is None:
                await conn.execute(text(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC"))
                await conn.execute(text(f"GRANT CONNECT ON DATABASE {name} TO {APP_ROLE}, {OWNER_ROLE}"))
    await store.dispose()


async def drop_database(owner_url: str, name: str) -> None:
    """Remove a database that a test made, whoever is still connected.

    Autovacuum may be at work there, which the owner may not end by force; without force PostgreSQL ends it itself.
    """
    store = one_shot_engine(owner_url).execution_options(isolation_level="AUTOCOMMIT")
    async with store.connect() as conn:
        await conn.execute(text(f"SET ROLE {OWNER_ROLE}"))
        try:
            await conn.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != INSUFFICIENT_PRIVILEGE:
                raise
            await conn.execute(text(f"DROP DATABASE IF EXISTS {name}"))
    await store.dispose()


def with_database(url: str, name: str) -> str:
    """The same server and login, another database."""
    return database_address.read(url).database(name)


def migration_config() -> "Config":
    """Alembic's configuration, made here so that no ini file with an address is needed."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations").replace("%", "%%"))
    return config


def _steps() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(migration_config())


def head_revision() -> str:
    """The newest schema step this release knows."""
    head = _steps().get_current_head()
    assert head is not None
    return head


async def migrate(owner_url: str) -> None:
    """Bring the schema to this release's newest step, as the owner role. Raises ``DatabaseError``."""
    store = one_shot_engine(owner_url)
    try:
        await reach(store, "DATABASE_OWNER_URL")
        async with store.begin() as conn:
            await assume_owner(conn)
            await _require_roles(conn)
            await conn.run_sync(_upgrade)
            await conn.execute(text(f"GRANT SELECT ON alembic_version TO {APP_ROLE}"))
    except UNREACHABLE as error:
        raise DatabaseError(f"The database could not be migrated: {_first_line(error)}") from error
    finally:
        await store.dispose()


async def assume_owner(conn: AsyncConnection) -> None:
    """Act as the owner of the tables until the transaction ends. Raises ``DatabaseError`` for a login that may not."""
    try:
        await conn.execute(text(f"SET ROLE {OWNER_ROLE}"))
    except DBAPIError as error:
        raise DatabaseError(
            f"The login of DATABASE_OWNER_URL may not assume {OWNER_ROLE}: run deploy/postgres/roles.sql first."
        ) from error


async def _require_roles(conn: AsyncConnection) -> None:
    """Raise ``DatabaseError`` when the cluster lacks a role that a step grants rights to; no step has run then."""
    known = set((await conn.execute(text("SELECT rolname FROM pg_roles"))).scalars())
    if missing := [role for role in (APP_ROLE, SEALER_ROLE) if role not in known]:
        raise DatabaseError(
            f"The database has no role {missing[0]}: run deploy/postgres/roles.sql again as the superuser and give "
            f"{Logins.WORKER} a password (deploy/postgres/passwords.sh), then titrate migrate. Nothing was changed."
        )


def _upgrade(connection: Connection) -> None:
    from alembic import command

    config = migration_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def mark_demo(conn: AsyncConnection, now: datetime) -> None:
    """Mark a database as a demo's, once. Only the owner's login can; a marked database is never served for real."""
    await assume_owner(conn)
    await conn.execute(
        text("INSERT INTO demo_mark (marked_at) SELECT :now WHERE NOT EXISTS (SELECT 1 FROM demo_mark)"), {"now": now}
    )


async def is_demo(conn: AsyncConnection) -> bool:
    """Whether a demo marked this database as its own."""
    return bool((await conn.execute(text("SELECT EXISTS (SELECT 1 FROM demo_mark)"))).scalar_one())


async def require_current_schema(conn: AsyncConnection, head: str | None = None) -> None:
    """Raise ``DatabaseError`` when the schema is not this release's. ``head``: this release's step, read before."""
    needed = head or head_revision()
    try:
        found = (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    except DBAPIError as error:
        raise DatabaseError("The database holds no Titrate schema: run titrate migrate.") from error
    if found != needed:
        raise DatabaseError(f"The schema is at {found}, this release needs {needed}: run titrate migrate.")


async def refuse_older_schema(conn: AsyncConnection) -> None:
    """Raise ``DatabaseError`` when the schema is one that an earlier release left: its tables lack what is read here.

    Says nothing of a schema that cannot be told, which may be damaged: the reading then finds what is wrong.
    """
    try:
        async with conn.begin_nested():
            found = (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    except DBAPIError:
        return
    earlier = {step.revision for step in _steps().walk_revisions()}
    if found in earlier - {head_revision()}:
        raise DatabaseError(f"The schema is at {found}, this release needs {head_revision()}: run titrate migrate.")


def _first_line(error: BaseException) -> str:
    said = str(error).strip().split("\n", 1)[0][:300]
    return (_CLASS.sub("", said) or type(error).__name__).rstrip(".")
