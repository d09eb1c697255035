"""What version 0.1.0 wrote stays readable and provable in this release: `tests/server/release_0_1_0` is its data."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.bundle import verify_bundle
from compliance.export import bundle_lines
from compliance.findings import FindingCode
from compliance.verify import verify_log
from server import database as databases
from tests.conftest import Database, Engines
from tests.server.program import a_database, as_owner
from tests.server.release_0_1_0 import (
    CHECKPOINTS,
    DECISIONS,
    ENTRIES,
    EXPORT,
    KEPT_OUTSIDE,
    KEY,
)
from tests.server.release_0_1_0.restoring import restore

# Of an in-person visit with a schedule II medicine, and of a block by video.
ALLOWED, BLOCKED = 52, 40
ALTERED = f"UPDATE decision SET patient_state = 'TX' WHERE audit_entry_id IN ({ALLOWED}, {BLOCKED})"


@pytest.fixture(scope="module")
def migrated(engines: Engines) -> Iterator[Database]:
    """The clinic of version 0.1.0 at this release's newest schema. Tests only read it."""
    context = a_database(engines)
    with asyncio.Runner() as runner:
        there = runner.run(context.__aenter__())
        runner.run(restore(there))
        runner.run(databases.migrate(there.owner_url))
        yield there
        runner.run(context.__aexit__(None, None, None))


@pytest.fixture
async def conn(migrated: Database) -> AsyncIterator[AsyncConnection]:
    """The application's login in that clinic."""
    engine = databases.one_shot_engine(migrated.app_url)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def test_a_log_of_version_0_1_0_verifies_after_the_newest_migration(conn: AsyncConnection) -> None:
    await databases.require_current_schema(conn)
    report = await verify_log(conn, KEPT_OUTSIDE, KEY)
    assert report.findings == ()
    assert (report.size, report.anchored_size, report.unsealed) == (ENTRIES, ENTRIES, 0)
    assert (report.decisions, report.checkpoints) == (DECISIONS, 2 * CHECKPOINTS), "in the database and outside"


async def test_an_export_of_version_0_1_0_verifies() -> None:
    lines = EXPORT.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = list(KEPT_OUTSIDE.kept())
    assert len(kept) == CHECKPOINTS
    for outside in ((), kept):
        report = verify_bundle(lines, [KEY], outside)
        assert report.findings == ()
        assert (report.size, report.anchored_size, report.decisions) == (ENTRIES, ENTRIES, DECISIONS)
    changed = [line.replace('"patient_state":"FL"', '"patient_state":"TX"') for line in lines]
    found = verify_bundle(changed, [KEY], kept).findings
    assert {one.code for one in found} == {FindingCode.DECISION_ALTERED}


async def test_an_export_made_now_of_the_old_log_verifies(conn: AsyncConnection) -> None:
    report = verify_bundle([line async for line in bundle_lines(conn)], [KEY], list(KEPT_OUTSIDE.kept()))
    assert report.findings == ()
    assert (report.size, report.decisions) == (ENTRIES, DECISIONS)


async def test_an_old_decision_that_somebody_altered_is_still_named(engines: Engines) -> None:
    async with a_database(engines) as there:
        await restore(there, ALTERED)
        await databases.migrate(there.owner_url)
        engine = databases.one_shot_engine(there.app_url)
        async with engine.connect() as conn:
            report = await verify_log(conn, KEPT_OUTSIDE, KEY)
        await engine.dispose()
    named = {(one.code, one.entry_id) for one in report.findings}
    assert named == {(FindingCode.DECISION_ALTERED, ALLOWED), (FindingCode.DECISION_ALTERED, BLOCKED)}


async def test_the_guards_of_the_old_rows_stand(migrated: Database) -> None:
    async with as_owner(migrated) as owner:
        for table in ("decision", "prescription", "medication_order", "audit_entry", "audit_leaf", "checkpoint"):
            with pytest.raises(DBAPIError, match="written once"):
                async with owner.begin_nested():
                    await owner.execute(text(f"DELETE FROM {table}"))
