"""Fixtures of the gate's tests: one clinic as it is, and one in which what keeps its doors shut is taken out."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from server.platform import database as databases
from tests.conftest import Database, Engines
from tests.server.gate.world import REDIS, World, opened


@pytest.fixture(scope="module")
def world(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The clinic of this module, as it is."""
    with Redis.from_url(engines.redis(REDIS)) as client:
        client.flushdb()
    folder: Path = tmp_path_factory.mktemp("gate")
    with opened(engines, database, folder) as clinic:
        yield clinic


@pytest.fixture(scope="module")
def unmended(engines: Engines, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A clinic over another database, for what writes into it that should not be there."""
    name = f"titrate_test_{secrets.token_hex(6)}"
    asyncio.run(databases.make_database(engines.owner_url, name, template=template))
    there = engines.database(name)
    folder: Path = tmp_path_factory.mktemp("unmended")
    with opened(engines, there, folder) as clinic:
        yield clinic
    asyncio.run(databases.drop_database(engines.owner_url, name))
