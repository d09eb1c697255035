"""Fixtures that everything shares: the real engines, a fresh migrated database, connections, a Redis database.

``DATABASE_URL`` with ``DATABASE_OWNER_URL`` and ``WORKER_DATABASE_URL``, and ``REDIS_URL``, replace the embedded
engines; the tests then make and drop databases of their own through the owner's login.
"""

import asyncio
import gc
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings
from redis import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.application import reference_products, references
from server.audit import archive
from server.migrations.names import OWNER_ROLE
from server.platform import database as databases
from server.platform.engines import start_embedded
from server.platform.engines.embedded import Embedded
from server.platform.engines.places import NOTE, forget_files
from tests.databases import rolled_back

# Speed is measured in tests/benchmarks: a slow example on a busy machine says nothing of the program.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


HERE = Path(__file__).parent
# The fixture that starts a PostgreSQL and a Valkey.
ENGINES = "engines"
# Calls between real browsers over lines that are measured: what these see is time itself.
ALONE = (HERE / "browser", HERE / "network")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the machine to itself, and what needs engines."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in ALONE):
            item.add_marker(pytest.mark.alone)
        if isinstance(item, pytest.Function) and ENGINES in item.fixturenames:
            item.add_marker(pytest.mark.engines)


def pytest_collection_finish() -> None:
    """What was read to collect the tests stays: the collector need not go through all of it again and again."""
    gc.collect()
    gc.freeze()


@dataclass(frozen=True, slots=True)
class Engines:
    """Addresses of the running engines; ``redis(n)`` gives logical database n."""

    owner_url: str
    app_url: str
    worker_url: str
    redis_base: str
    superuser_url: str | None = None  # of embedded engines alone

    def database(self, name: str) -> "Database":
        """The addresses of the database of that name, which need not be there yet."""
        urls = (self.owner_url, self.app_url, self.worker_url)
        return Database(name, *(databases.with_database(url, name) for url in urls))

    def redis(self, number: int) -> str:
        if self.redis_base.startswith("unix:"):
            return f"{self.redis_base}?db={number}"
        return urlsplit(self.redis_base)._replace(path=f"/{number}").geturl()


@dataclass(frozen=True, slots=True)
class Database:
    """One migrated database of a test module."""

    name: str
    owner_url: str
    app_url: str
    worker_url: str


def engines_given() -> Engines | None:
    """The engines that the environment names; None when it names none. Some of them alone would test something else."""
    names = ("DATABASE_OWNER_URL", "DATABASE_URL", "WORKER_DATABASE_URL", "REDIS_URL")
    given = [os.environ[name] for name in names if os.environ.get(name)]
    if given and len(given) < len(names):
        pytest.exit(f"{', '.join(names)} go together: set all of them, or none.", 2)
    return Engines(*given) if given else None


@pytest.fixture(scope="session", autouse=True)
def leave_nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """As root, the engines of a private folder have files elsewhere, which would outlive pytest's own."""
    yield
    for note in tmp_path_factory.getbasetemp().rglob(NOTE):
        forget_files(note.parent)


MEMORY = Path("/dev/shm")
ROOMY = 4 << 30


def memory() -> Path | None:
    """Where files are in memory, with room for these (half a gigabyte); None: where temporary files are.

    A database for a test is seven hundred files, which a busy disk takes a second to make.
    """
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOMY else None


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """The engines of this test run."""
    with ExitStack() as stack:
        if given := engines_given():
            yield given
            return
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="titrate-tests-", dir=memory()))
        os.chmod(folder, 0o711)  # as root, PostgreSQL is another user, and stays below it
        running = stack.enter_context(start_embedded(Path(folder), durable=False, temporary=True))
        yield with_roles(running)


def with_roles(running: Embedded) -> Engines:
    """The addresses of embedded engines, whose roles are made here."""
    known, postgres = running.secrets, running.postgres
    logins = databases.Logins(known.owner_password, known.app_password, known.worker_password)
    asyncio.run(databases.make_roles(running.superuser_url(), logins))
    return Engines(
        postgres.url(logins.OWNER, logins.owner_password, "postgres"),
        postgres.url(logins.APP, logins.app_password, "postgres"),
        postgres.url(logins.WORKER, logins.worker_password, "postgres"),
        f"unix://{running.valkey.path}",
        running.superuser_url(),
    )


async def prepare(owner_url: str) -> None:
    """As `titrate migrate`, without its entry in the log: a test's log begins with what the test does."""
    await databases.migrate(owner_url)
    known = references.load()
    store = databases.one_shot_engine(owner_url)
    async with store.begin() as conn:
        await databases.assume_owner(conn)
        await reference_products.write(conn, known.formulary, known.substances, datetime.now(UTC))
        await archive.write(conn, known.packs, datetime.now(UTC))
    await store.dispose()


@pytest.fixture(scope="session")
def template(engines: Engines) -> Iterator[str]:
    """A migrated database that the modules' databases are copied from."""
    name = f"titrate_template_{secrets.token_hex(4)}"
    asyncio.run(databases.make_database(engines.owner_url, name))
    asyncio.run(prepare(databases.with_database(engines.owner_url, name)))
    yield name
    asyncio.run(databases.drop_database(engines.owner_url, name))


@pytest.fixture(scope="module")
def database(engines: Engines, template: str) -> Iterator[Database]:
    """A database for this module alone."""
    name = f"titrate_test_{secrets.token_hex(6)}"
    asyncio.run(databases.make_database(engines.owner_url, name, template=template))
    yield engines.database(name)
    asyncio.run(databases.drop_database(engines.owner_url, name))


@pytest.fixture
async def conn(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection of the restricted login, in a transaction that is rolled back at the end."""
    async with rolled_back(database.app_url) as connection:
        yield connection


@pytest.fixture
async def owner_conn(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection that has assumed the tables' owner, in a transaction rolled back at the end."""
    async with rolled_back(database.owner_url) as connection:
        await connection.execute(text(f"SET ROLE {OWNER_ROLE}"))
        yield connection


@pytest.fixture
def redis_url(engines: Engines) -> str:
    """The address of an empty Redis database. Announcements (pub/sub) are shared: use keys of your own."""
    url = engines.redis(9)
    with Redis.from_url(url) as client:
        client.flushdb()
    return url
