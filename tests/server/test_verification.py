"""The worker verifies: on request, every minute, at night; stopped in the middle it goes on, and the page says it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.findings import Findings
from compliance.audit.verification.rows import Sealed
from server.application.context import AppContext
from server.audit import keys as log_keys
from server.audit.verification import keeping, state
from server.audit.verification.job import Verifying, is_due
from server.audit.verification.state import ANSWERS_WITHIN, Phase
from server.processes.resources import open_app_context
from tests.conftest import Database
from tests.server.a_log import an_entry, fill
from tests.server.program import as_owner
from tests.server.web_process import Running

PAGE = "/log/verification"


@pytest.fixture
async def worker(running: Running, database: Database) -> AsyncIterator[AppContext]:
    """The worker's house over the served clinic, whose log is filled once; nothing is known of verifications."""
    async with open_app_context(running.settings, demo=False, seals=True) as app_context:
        async with app_context.database.connect() as conn:
            if not await conn.scalar(text("SELECT count(*) FROM audit_leaf")):
                await fill(database, running.settings)
        names = (keeping.ASKED, keeping.RUNNING, keeping.RESUME, keeping.BASE, keeping.RESULT)
        await app_context.redis.delete(*names)
        yield app_context


def job(app_context: AppContext, **how: object) -> Verifying:
    return Verifying(app_context, page_rows=4, save_s=0.0, **how)  # type: ignore[arg-type]  # a test's arguments


async def test_an_officer_asks_and_the_worker_answers_on_the_same_page(running: Running, worker: AppContext) -> None:
    olu = await running.as_("olu")
    assert "Not verified yet" in (await olu.get(PAGE)).text
    asked = await olu.post("/log/verify")
    assert (asked.status_code, asked.headers["location"]) == (303, PAGE)
    waiting = (await olu.get(PAGE)).text
    assert "Waiting for the worker" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    await job(worker).round()
    done = (await olu.get(PAGE)).text
    assert "The log is intact" in done
    assert "hx-trigger" not in done
    assert str(log_keys.verifier(running.settings)).split("+", 1)[0] in done
    assert "Verified to entry" in (await olu.get("/log")).text
    async with worker.database.connect() as conn:
        entry = "SELECT count(*) FROM audit_entry WHERE action = 'log.verify' AND actor_role = 'program'"
        assert await conn.scalar(text(entry)) == 1


async def test_nobody_but_an_officer_asks_or_looks(running: Running, worker: AppContext) -> None:
    for name in ("drew", "ada", "carla"):
        person = await running.as_(name)
        assert (await person.get(PAGE)).status_code == 404  # to them there is no such page
        assert (await person.post("/log/verify")).status_code in {403, 404}
    assert await keeping.asked(worker.redis) is None


async def test_a_worker_that_does_not_answer_is_said_so_after_some_seconds(worker: AppContext) -> None:
    now = datetime.now(UTC)
    await state.ask(worker.redis, now)
    assert (await state.read(worker.redis, now)).phase is Phase.WAITING
    assert (await state.read(worker.redis, now + ANSWERS_WITHIN)).phase is Phase.SILENT


class Gate:
    """Lets `most` pages pass, then says so and holds the pass up; keeps the entries that it saw."""

    def __init__(self, most: int) -> None:
        self.most, self.entries, self.held = most, list[int | None](), asyncio.Event()

    async def page(self, conn: AsyncConnection, rows: Sequence[Sealed], found: Findings) -> Mapping[str, int]:
        if self.most == 0:
            self.held.set()
            await asyncio.Event().wait()
        self.most -= 1
        self.entries += [row.entry_id for row in rows]
        return {}

    async def end(self, conn: AsyncConnection, found: Findings, *, whole: bool) -> Mapping[str, int]:
        return {}


async def test_a_worker_stopped_in_the_middle_goes_on_from_there(running: Running, worker: AppContext) -> None:
    olu = await running.as_("olu")
    await olu.post("/log/verify")
    first, second = Gate(2), Gate(1_000)
    stopped = asyncio.create_task(job(worker, observers=[first]).round())
    await first.held.wait()
    assert "8 of " in (await olu.get(PAGE)).text
    stopped.cancel()
    await asyncio.gather(stopped, return_exceptions=True)
    known = await state.read(worker.redis, datetime.now(UTC) + ANSWERS_WITHIN)
    assert (known.phase, known.running and known.running.position) == (Phase.SILENT, 8)
    await job(worker, observers=[second]).round()
    assert len(first.entries) == 8
    assert second.entries
    assert not set(first.entries) & set(second.entries)
    known = await state.read(worker.redis, datetime.now(UTC))
    assert (known.phase, known.running) == (Phase.IDLE, None)
    assert known.result is not None
    assert known.result.checked == len(first.entries) + len(second.entries)


async def test_what_is_new_is_looked_at_alone_and_takes_no_finding_away(
    running: Running, worker: AppContext, database: Database
) -> None:
    async with as_owner(database) as owner:
        await owner.execute(text("ALTER TABLE audit_content DISABLE TRIGGER USER"))
        await owner.execute(text('UPDATE audit_content SET content = \'{"page": "99"}\' WHERE entry_id = 5'))
    try:
        await job(worker).round()
        olu = await running.as_("olu")
        assert "1 problem found in this log" in (await olu.get(PAGE)).text
        async with worker.database.begin() as conn:
            await audit.append(conn, an_entry(77))
        gate = Gate(1_000)
        await job(worker, observers=[gate]).round()
        assert 5 not in gate.entries
        assert "The content of entry 5" in (await olu.get(PAGE)).text
        assert "found in this log" in (await olu.get("/log")).text
    finally:
        async with as_owner(database) as owner:
            await owner.execute(text('UPDATE audit_content SET content = \'{"page": "4"}\' WHERE entry_id = 5'))
            await owner.execute(text("ALTER TABLE audit_content ENABLE TRIGGER USER"))


async def test_without_the_public_key_it_says_why_it_could_not_run(
    running: Running, worker: AppContext, tmp_path: Path
) -> None:
    keyless = replace(worker, settings=replace(worker.settings, log_key_file=tmp_path / "none"))
    olu = await running.as_("olu")
    await olu.post("/log/verify")
    await job(keyless).round()
    page = (await olu.get(PAGE)).text
    assert "The log could not be checked" in page
    assert "start the worker once" in page
    assert "The log is intact" not in page


TAMPA = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("whole_at", "now", "due"),
    [
        (None, datetime(2026, 11, 24, 12, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 7, 31, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC), False),
        (datetime(2026, 11, 24, 7, 29, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 8, 0, tzinfo=UTC), datetime(2026, 11, 24, 7, 29, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 8, 0, tzinfo=UTC), datetime(2026, 11, 24, 7, 30, tzinfo=UTC), True),
    ],
)
def test_the_whole_log_is_due_once_a_night_at_half_past_two_of_the_clinic(
    whole_at: datetime | None, now: datetime, due: bool
) -> None:
    assert is_due(whole_at, now, time(2, 30), TAMPA) is due


async def test_a_forged_or_broken_place_to_go_on_from_is_not_gone_on_from(worker: AppContext) -> None:
    redis: Redis = worker.redis
    await redis.set(keeping.RESUME, '{"stage": "leaves"}')
    await redis.set(keeping.BASE, '{"size": 5, "peaks": []}')
    await redis.set(keeping.RESULT, "[]")
    gate = Gate(1_000)
    await job(worker, observers=[gate]).round()
    assert gate.entries[0] == 1
    known = await state.read(redis, datetime.now(UTC) + timedelta(seconds=1))
    assert known.result is not None
    assert not known.result.count
