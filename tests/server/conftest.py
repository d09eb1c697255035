"""Fixtures of the house's tests: a served clinic for each module, and a prescription to be imitated."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.dosing.model import TimeOfDay
from server.platform import database as databases
from tests.conftest import Database, Engines
from tests.databases import rolled_back, store
from tests.emr.clinic import open_clinic
from tests.emr.medicines import Consultation, consult
from tests.ports import free_port
from tests.server.prescription_rows import row
from tests.server.web_process import Running, serving, settings_for, write_clinic


@pytest.fixture(scope="module")
def served(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A web process over a database of this module's own."""
    redis_url = engines.redis(7)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    port = free_port()
    folder: Path = tmp_path_factory.mktemp("house")
    settings = settings_for(database.app_url, redis_url, port, folder, worker=database.worker_url)
    clinic = write_clinic(database.app_url, datetime.now(UTC))
    with serving(settings):
        yield Running(settings, f"http://localhost:{port}", clinic)


@pytest.fixture
async def running(served: Running) -> AsyncIterator[Running]:
    """The served clinic, with clients that are closed after each test."""
    yield served
    for client in served.clients:
        await client.aclose()
    served.clients.clear()


@pytest.fixture
async def visit(conn: AsyncConnection) -> Consultation:
    """Drew with Ada by video, in progress; the transaction is the application's and is rolled back."""
    return await consult(await open_clinic(conn))


@pytest.fixture
async def chain(visit: Consultation) -> Mapping[str, Any]:
    """The row of a prescription that the use cases wrote."""
    written = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    await visit.clinic.conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    await visit.clinic.conn.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    return await row(visit.clinic.conn, "prescription", written.prescription)


@pytest.fixture
async def demo(database: Database) -> AsyncIterator[AsyncConnection]:
    """The application's login in a transaction that sees this database marked as a demo's; the mark is gone after."""
    async with store(database.owner_url).begin() as owner:
        await databases.mark_demo(owner, datetime.now(UTC))
    async with rolled_back(database.app_url) as connection:
        yield connection
    async with store(database.owner_url).begin() as owner:
        await owner.execute(text("SET ROLE titrate_owner"))
        await owner.execute(text("DELETE FROM demo_mark"))
