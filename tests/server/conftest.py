"""Fixtures of the house's tests: a served clinic for each module."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from tests.conftest import Database, Engines
from tests.server.house import Running, free_port, serving, settings_for, write_clinic


@pytest.fixture(scope="module")
def served(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A web process over a database of this module's own."""
    redis_url = engines.redis(7)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    port = free_port()
    folder: Path = tmp_path_factory.mktemp("house")
    settings = settings_for(database.app_url, redis_url, port, folder)
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
