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
from server.application.context import AppContext
from server.audit import keys as log_keys
from server.audit.health import beat as beats
from server.audit.health.command import status
from server.audit.health.faults import faults
from server.audit.sealer import Sealer
from server.platform import database
from server.processes.resources import open_app_context
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.a_log import an_entry
from tests.server.web_process import Running, settings_for


@pytest.fixture
async def app_context(engines: Engines, database: Database, tmp_path: Path) -> AsyncIterator[AppContext]:
    settings = settings_for(database.app_url, engines.redis(8), free_port(), tmp_path, worker=database.worker_url)
    async with open_app_context(settings, demo=False, seals=True) as opened:
        await opened.redis.flushdb()
        yield opened


@pytest.fixture(scope="module")
def signer() -> Signer:
    """One key for the module's one log."""
    return Signer.generate("titrate.example/log")


def sealer(app_context: AppContext, signer: Signer) -> Sealer:
    return Sealer(app_context, signer, DirectoryStore(app_context.settings.checkpoint_folder))


async def written(app_context: AppContext) -> None:
    async with app_context.database.begin() as conn:
        await audit.append(conn, an_entry(1))


async def found(app_context: AppContext, *, later_s: float = 0, late_s: float = 60) -> set[Fault]:
    async with app_context.database.connect() as conn:
        now = datetime.now(UTC) + timedelta(seconds=later_s)
        return set(await faults(conn, app_context.redis, now, late_s=late_s))


async def test_a_worker_that_is_not_heard_of_is_a_fault(app_context: AppContext, signer: Signer) -> None:
    told = await status(app_context.settings.database_url, app_context.settings.redis_url, datetime.now(UTC))
    assert (told.exit_status, told.lines[0].partition(":")[0]) == (3, "worker_silent")
    await sealer(app_context, signer).round()
    told = await status(app_context.settings.database_url, app_context.settings.redis_url, datetime.now(UTC))
    assert told.exit_status == 0, told.lines
    assert await found(app_context, later_s=61) == {Fault.WORKER_SILENT}


async def test_a_transaction_of_another_database_that_stalls_the_seal_is_a_fault(
    app_context: AppContext, signer: Signer, engines: Engines
) -> None:
    other = database.one_shot_engine(engines.owner_url)
    async with other.connect() as slow:
        await slow.execute(text("SELECT pg_current_xact_id()"))
        await written(app_context)
        await sealer(app_context, signer).round()
        assert Fault.SEAL_STALLED in await found(app_context, late_s=0)
        assert await found(app_context) == set(), "a moment is no fault"
    await other.dispose()


async def test_a_folder_that_cannot_be_written_is_a_fault_and_is_told_once(
    app_context: AppContext, signer: Signer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "full").write_text("no folder")
    blocked = replace(app_context, settings=replace(app_context.settings, checkpoint_folder=tmp_path / "full" / "kept"))
    at_work = sealer(blocked, signer)
    await written(app_context)
    with caplog.at_level(logging.INFO, "titrate.worker"):
        for _ in range(3):
            await at_work.round()
            at_work._again_at = None
        assert Fault.WORKER_REFUSES in await found(app_context)
        (tmp_path / "full").unlink()
        await at_work.round()
    assert await found(app_context) == set()
    said = [line.message for line in caplog.records if line.name == "titrate.worker"]
    assert [line for line in said if "cannot be written" in line] == [said[0]], said
    assert said[-1] == "sealing: signed and copied again"


async def test_a_worker_with_another_key_refuses_and_says_so(app_context: AppContext, signer: Signer) -> None:
    await sealer(app_context, signer).round()
    await written(app_context)
    await sealer(app_context, log_keys.signer(app_context.settings)).round()
    told = await status(app_context.settings.database_url, app_context.settings.redis_url, datetime.now(UTC))
    assert told.exit_status == 3
    assert "another key" in told.lines[0]


async def test_the_officers_page_says_that_the_worker_is_not_heard_of_until_it_is(running: Running) -> None:
    olu = await running.as_("olu")
    async with Redis.from_url(running.settings.redis_url, decode_responses=True) as redis:
        await redis.delete(beats.KEY)
        page = (await olu.get("/log")).text
        assert "The log is behind" in page
        assert "The worker is not responding" in page
        await beats.keep(redis, beats.Beat(datetime.now(UTC), None, None))
        assert "The worker is not responding" not in (await olu.get("/log")).text
