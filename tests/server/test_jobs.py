"""The worker: what is written is sealed, signed and copied out by itself, whatever the database does meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.entries import AuditEntry, EntryOutcome
from emr.shared.context import UseCaseContext
from emr.visits import booking
from emr.visits.booking import NewVisit
from emr.visits.model import VisitStatus
from server.calls.events import MISSED_AFTER
from server.operations.audit import verify_command
from server.platform.settings import Settings
from server.processes import jobs
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.web_process import Clinic, away, found, settings_for, transaction


@dataclass(frozen=True, slots=True)
class Working:
    """A worker that runs, over a clinic."""

    settings: Settings
    clinic: Clinic
    task: "asyncio.Task[None]"

    async def ask(self, statement: str) -> object:
        """One value, as the application reads it."""
        async with transaction(self.settings.database_url) as conn:
            return (await conn.execute(text(statement))).scalar_one()

    async def write(self) -> None:
        """One entry, committed."""
        async with transaction(self.settings.database_url) as conn:
            await audit.append(conn, an_entry())

    async def sealed(self) -> bool:
        """Whether nothing waits."""
        waiting = (
            "SELECT count(*) FROM audit_entry e WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry_id = e.id)"
        )
        return await self.ask(waiting) == 0


def an_entry() -> AuditEntry:
    return AuditEntry(
        actor_id=uuid4(),
        actor_role="officer",
        action="log.read",
        outcome=EntryOutcome.ALLOWED,
        rule="officer",
        subject_type="clinic",
        subject_id=None,
        patient_id=None,
        visit_id=None,
        occurred_at=datetime.now(UTC),
    )


async def until(true: Callable[[], Awaitable[bool]], within_s: float = 15) -> None:
    """Wait for what nobody announces."""
    async with asyncio.timeout(within_s):
        while True:
            if await true():
                return
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worker")


@pytest.fixture
async def working(engines: Engines, database: Database, folder: Path) -> AsyncIterator[Working]:
    """The worker's jobs in this loop."""
    settings = settings_for(database.app_url, engines.redis(6), free_port(), folder, worker=database.worker_url)
    async with transaction(database.app_url) as conn:
        known = (await conn.execute(text("SELECT count(*) FROM person"))).scalar_one()
        clinic = await found(conn, datetime.now(UTC)) if not known else Clinic()
    task = asyncio.create_task(jobs.work(settings))
    yield Working(settings, clinic, task)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_written_is_sealed_signed_and_copied_out(working: Working, folder: Path) -> None:
    for _ in range(3):
        await working.write()
    await until(working.sealed)

    async def is_vouched_for() -> bool:
        return (await verify_command(working.settings, None)).exit_status == 0

    await until(is_vouched_for)
    said = await verify_command(working.settings, None)
    assert said.lines[-1] == "The log is whole."
    assert list((folder / "checkpoints").iterdir())
    assert (folder / "log-key").stat().st_mode & 0o077 == 0


async def test_a_visit_that_nobody_came_to_is_missed_and_on_record_as_the_programs_doing(
    engines: Engines, database: Database, folder: Path
) -> None:
    settings = settings_for(database.app_url, engines.redis(6), free_port(), folder, worker=database.worker_url)
    long_ago = datetime.now(UTC) - MISSED_AFTER - timedelta(hours=1)
    async with transaction(database.app_url) as conn:
        clinic = await found_again(conn)
        new = NewVisit(patient=clinic["ada"], prescriber=clinic["drew"], start=long_ago)
        visit = await booking.book(UseCaseContext(conn, clinic["drew"], long_ago - timedelta(days=1)), new)
    task = asyncio.create_task(jobs.work(settings))
    here = Working(settings, clinic, task)

    async def is_missed() -> bool:
        return await here.ask(f"SELECT status FROM visit WHERE id = '{visit.id}'") == VisitStatus.MISSED.value

    await until(is_missed)
    entry = "FROM audit_entry WHERE action = 'visit.miss' AND actor_id IS NULL AND actor_role = 'program'"
    assert await here.ask(f"SELECT count(*) {entry}") == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def found_again(conn: AsyncConnection) -> Clinic:
    """The clinic that an earlier test wrote, by name; one of its own when there was none."""
    rows = (await conn.execute(text("SELECT lower(given_name) AS name, id FROM person"))).all()
    return Clinic({row.name: row.id for row in rows}) if rows else await found(conn, datetime.now(UTC))


async def test_the_worker_outlives_a_database_that_restarts(
    working: Working, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await working.write()
    await until(working.sealed)  # the premise: it runs
    async with away(database):

        async def has_failed() -> bool:
            return "job sealing failed" in caplog.text

        await until(has_failed)
    assert not working.task.done()
    await working.write()
    await until(working.sealed)
    assert "Traceback" not in caplog.text
