"""Putting the clinic of version 0.1.0 back into an empty database, row by row as it was, by the owner's login."""

import io
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.migrations.names import OWNER_ROLE
from server.platform import database as databases
from tests.conftest import Database
from tests.server.program import as_owner
from tests.server.release_0_1_0 import ROWS, SCHEMA

_GUARDS = "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal"
# How `pg_trigger.tgenabled` is said in ALTER TABLE.
_ENABLE: Mapping[bytes, str] = {b"A": "ENABLE ALWAYS", b"O": "ENABLE"}
_NUMBERED = "SELECT table_name, column_name FROM information_schema.columns WHERE is_identity = 'YES'"


@dataclass(frozen=True, slots=True)
class _Section:
    """The rows of one table in PostgreSQL's text format of COPY, one a line."""

    table: str
    columns: tuple[str, ...]
    rows: bytes


async def restore(there: Database, *changes: str) -> None:
    """Make the schema of version 0.1.0 and its rows; ``changes`` is SQL that is run while the guards are off.

    The keys between tables are looked at all the same. The database is left at that schema: ``migrate`` goes on.
    """
    async with as_owner(there) as conn:
        await conn.run_sync(_make_schema)
        async with _unguarded(conn):
            for section in _sections():
                await _fill(conn, section)
            for change in changes:
                await conn.execute(text(change))
        await _number_on(conn)
    await _count_on(there)


def _make_schema(connection: Connection) -> None:
    config = databases.migration_config()
    config.attributes["connection"] = connection
    command.upgrade(config, SCHEMA)


def _sections() -> Iterator[_Section]:
    for part in ROWS.read_text(encoding="utf-8").split("\\.\n\n")[:-1]:
        head, _, rows = part.partition("\n")
        table, _, columns = head.removeprefix("COPY ").removesuffix(") FROM stdin;").partition(" (")
        yield _Section(table, tuple(columns.split(", ")), rows.encode())


@asynccontextmanager
async def _unguarded(conn: AsyncConnection) -> AsyncIterator[None]:
    """What stamps rows and what refuses to change them is off, and then as it was."""
    guards = (await conn.execute(text(_GUARDS))).all()
    for table in {guard[0] for guard in guards}:
        await conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    yield
    for table, name, enabled in guards:
        await conn.execute(text(f"ALTER TABLE {table} {_ENABLE[enabled]} TRIGGER {name}"))


async def _fill(conn: AsyncConnection, section: _Section) -> None:
    """COPY keeps a number that a column would generate, and each value to the last digit."""
    driver = (await conn.get_raw_connection()).driver_connection
    assert driver is not None
    await driver.copy_to_table(section.table, source=io.BytesIO(section.rows), columns=section.columns)


async def _number_on(conn: AsyncConnection) -> None:
    """What comes next is numbered after what is there."""
    for table, column in (await conn.execute(text(_NUMBERED))).all():
        newest = f"(SELECT max({column}) FROM {table})"
        await conn.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), {newest})"))


async def _count_on(there: Database) -> None:
    """Bring the cluster's transaction counter past the log, as a physical backup does (`compliance.audit.sealing`)."""
    engine = databases.one_shot_engine(there.owner_url).execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(f"SET ROLE {OWNER_ROLE}"))
        newest = (await conn.execute(text("SELECT max(transaction_id) FROM audit_entry"))).scalar_one()
        given = -1
        while given <= newest:
            given = (await conn.execute(text("SELECT pg_current_xact_id()::text::bigint"))).scalar_one()
    await engine.dispose()
