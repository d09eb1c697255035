"""Whether the log keeps up is told to whoever asks: the health check, the command, the program's log."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from compliance.audit import entries as audit
from compliance.audit.checkpoint import Signer
from compliance.audit.pace import Fault
from compliance.audit.store import DirectoryStore
from server.application.context import House
from server.audit import keys as log_keys
from server.audit.health import beat as beats
from server.audit.health.command import status
from server.audit.health.faults import faults
from server.audit.sealer import Sealer
from server.platform import database
from server.processes.resources import open_house
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.a_log import an_entry
from tests.server.house import Running, settings_for


@pytest.fixture
async def house(engines: Engines, database: Database, tmp_path: Path) -> AsyncIterator[House]:
    settings = settings_for(database.app_url, engines.redis(8), free_port(), tmp_path, worker=database.worker_url)
    async with open_house(settings, demo=False, seals=True) as opened:
        await opened.redis.flushdb()
        yield opened


@pytest.fixture(scope="module")
def signer() -> Signer:
    """One key for the module's one log."""
    return Signer.generate("titrate.example/log")


def sealer(house: House, signer: Signer) -> Sealer:
    return Sealer(house, signer, DirectoryStore(house.settings.checkpoint_folder))


async def written(house: House) -> None:
    async with house.database.begin() as conn:
        await audit.append(conn, an_entry(1))


async def found(house: House, *, later_s: float = 0, late_s: float = 60) -> set[Fault]:
    async with house.database.connect() as conn:
        now = datetime.now(UTC) + timedelta(seconds=later_s)
        return set(await faults(conn, house.redis, now, late_s=late_s))


async def test_a_worker_that_is_not_heard_of_is_a_fault(house: House, signer: Signer) -> None:
    told = await status(house.settings.database_url, house.settings.redis_url, datetime.now(UTC))
    assert (told.exit_status, told.lines[0].partition(":")[0]) == (3, "worker_silent")
    await sealer(house, signer).round()
    told = await status(house.settings.database_url, house.settings.redis_url, datetime.now(UTC))
    assert told.exit_status == 0, told.lines
    assert await found(house, later_s=61) == {Fault.WORKER_SILENT}


async def test_a_transaction_of_another_database_that_stalls_the_seal_is_a_fault(
    house: House, signer: Signer, engines: Engines
) -> None:
    other = database.one_shot_engine(engines.owner_url)
    async with other.connect() as slow:
        await slow.execute(text("SELECT pg_current_xact_id()"))
        await written(house)
        await sealer(house, signer).round()
        assert Fault.SEAL_STALLED in await found(house, late_s=0)
        assert await found(house) == set(), "a moment is no fault"
    await other.dispose()


async def test_a_folder_that_cannot_be_written_is_a_fault_and_is_told_once(
    house: House, signer: Signer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "full").write_text("no folder")
    blocked = replace(house, settings=replace(house.settings, checkpoint_folder=tmp_path / "full" / "kept"))
    at_work = sealer(blocked, signer)
    await written(house)
    with caplog.at_level(logging.INFO, "titrate.worker"):
        for _ in range(3):
            await at_work.round()
            at_work._again_at = None
        assert Fault.WORKER_REFUSES in await found(house)
        (tmp_path / "full").unlink()
        await at_work.round()
    assert await found(house) == set()
    said = [line.message for line in caplog.records if line.name == "titrate.worker"]
    assert [line for line in said if "cannot be written" in line] == [said[0]], said
    assert said[-1] == "sealing: signed and copied again"


async def test_a_worker_with_another_key_refuses_and_says_so(house: House, signer: Signer) -> None:
    await sealer(house, signer).round()
    await written(house)
    await sealer(house, log_keys.signer(house.settings)).round()
    told = await status(house.settings.database_url, house.settings.redis_url, datetime.now(UTC))
    assert told.exit_status == 3
    assert "another key" in told.lines[0]


async def test_the_officers_page_says_that_the_worker_is_not_heard_of_until_it_is(running: Running) -> None:
    olu = await running.as_("olu")
    async with Redis.from_url(running.settings.redis_url, decode_responses=True) as redis:
        await redis.delete(beats.KEY)
        page = (await olu.get("/log")).text
        assert "The log does not keep up" in page
        assert "The worker is not heard of" in page
        await beats.keep(redis, beats.Beat(datetime.now(UTC), None, None))
        assert "The worker is not heard of" not in (await olu.get("/log")).text
