"""What version 0.1.0 wrote stays readable and provable in this release: `tests/server/release_0_1_0` is its data."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import sealing
from compliance.audit.bundle import verify_bundle
from compliance.audit.coverage.values import Coverage
from compliance.audit.export import bundle_lines
from compliance.audit.findings import FindingCode
from compliance.audit.verify import verify_log
from emr.chart import reading as charts
from emr.medications.model import OrderStatus
from emr.visits import repository as visit_records
from emr.visits import use_cases as visiting
from emr.visits.model import VisitEventKind, VisitStatus
from server.application import audit_coverage as coverage
from server.application import reference_products, references
from server.operations.audit import DEMO_DATABASE, verify_command
from server.platform import database as databases
from server.platform.engines import start_embedded
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.program import a_database, as_owner
from tests.server.release_0_1_0 import (
    ADA,
    AT_ONCE,
    CALEB,
    CHECKPOINT_FOLDER,
    CHECKPOINTS,
    DECISIONS,
    DREW,
    ENTRIES,
    EXPORT,
    KEPT_OUTSIDE,
    KEY,
    MARCUS,
    NOOR,
    OLU,
    REFILLED_II,
    WRITTEN,
)
from tests.server.release_0_1_0.restoring import restore
from tests.server.web_process import Clinic, Running, serving, settings_for, transaction

# Of an in-person visit with a schedule II medicine, and of a block by video.
ALLOWED, BLOCKED = 52, 40
QUESTION = "INSERT INTO agenda_item SELECT gen_random_uuid(), person_id, 'Why?', now(), person_id FROM patient LIMIT 1"
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
    report = await verify_log(conn, KEPT_OUTSIDE, KEY, observers=(coverage.COMPARISON,))
    assert report.findings == ()
    assert (report.size, report.anchored_size, report.unsealed) == (ENTRIES, ENTRIES, 0)
    seen = Coverage.of(report.counts)
    assert seen is not None
    assert (seen.compared, seen.entries_before) == (0, ENTRIES)
    assert seen.rows_before == seen.rows > ENTRIES
    assert (report.decisions, report.checkpoints) == (DECISIONS, 2 * CHECKPOINTS + 1), "in both places, and the newest"
    assert report.first_format == DECISIONS


async def test_an_export_of_version_0_1_0_verifies() -> None:
    lines = EXPORT.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = list(KEPT_OUTSIDE.kept())
    assert len(kept) == CHECKPOINTS
    for outside in ((), kept):
        report = verify_bundle(lines, [KEY], outside).report
        assert report.findings == ()
        assert (report.size, report.anchored_size, report.decisions) == (ENTRIES, ENTRIES, DECISIONS)
        assert report.first_format == DECISIONS
    changed = [line.replace('"patient_state":"FL"', '"patient_state":"TX"') for line in lines]
    found = verify_bundle(changed, [KEY], kept).findings
    assert {one.code for one in found} == {FindingCode.DECISION_ALTERED}


async def test_an_export_of_version_0_1_0_that_was_cut_is_called_shorter() -> None:
    """At its checkpoint of 63: the rows up to there, and the decisions whose entries are among them."""
    rows = [json.loads(line) for line in EXPORT.read_text(encoding="utf-8").splitlines()]
    entries = {row["entry_id"] for row in rows if row.get("leaf_index", 63) < 63}
    cut = [row for row in rows if row.get("entry_id") in entries or "\n80\n" not in row.get("checkpoint", "\n80\n")]
    lines = [json.dumps(row) for row in rows[:1] + cut]
    assert verify_bundle(lines, [KEY]).ok
    verdict = verify_bundle(lines, [KEY], list(KEPT_OUTSIDE.kept()))
    assert [one.sentence for one in verdict.findings] == [
        f"The file ends at 63 entries; a checkpoint of {ENTRIES} is kept elsewhere."
    ]
    assert verdict.summary().endswith(
        "(titrate-log/1): SHORTER than the log; a signed checkpoint vouches for 63 entries"
    )


async def test_an_export_made_now_of_the_old_log_verifies(conn: AsyncConnection) -> None:
    lines = [line async for line in bundle_lines(conn)]
    verdict = verify_bundle(lines, [KEY], list(KEPT_OUTSIDE.kept()))
    assert verdict.findings == ()
    told = DECISIONS - 1  # one was of a name that is unknown: it was recorded as typed, so it is withheld
    assert (verdict.report.size, verdict.report.decisions, verdict.withheld) == (ENTRIES, told, 1)
    assert verdict.report.first_format == told


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


async def test_of_two_visits_in_progress_at_once_the_migration_ends_the_older_and_leaves_a_trace(
    conn: AsyncConnection,
) -> None:
    """Nobody was asked, so the trace is an event of the visit, not an entry of the log."""
    older, newer = AT_ONCE
    for visit, status in ((older, VisitStatus.ENDED), (newer, VisitStatus.IN_PROGRESS)):
        found = await visit_records.get(conn, visit)
        assert (found and found.status) == status
    last = (await visiting.events(conn, older))[-1]
    assert (last.what, last.person, last.detail) == (VisitEventKind.ENDED, DREW, "another_visit_open")
    assert VisitEventKind.ENDED not in {event.what for event in await visiting.events(conn, newer)}


async def test_old_prescriptions_stand_on_the_medicine_lists(conn: AsyncConnection) -> None:
    ada = await charts.read(conn, ADA, WRITTEN)
    lines = {line.current.name: line for line in ada.entries}
    assert set(lines) == {"sertraline", "alprazolam", "melatonin"}
    assert [str(order.daily_total) for order in lines["sertraline"].history] == ["50 mg", "100 mg"]
    assert (await charts.read(conn, MARCUS, WRITTEN)).entries[0].current.visit is None, "signed outside any visit"
    noor = {line.current.name: line.current.status for line in (await charts.read(conn, NOOR, WRITTEN)).entries}
    assert noor == {"buspirone": OrderStatus.HELD, "mirtazapine": OrderStatus.ACTIVE}
    (caleb,) = (await charts.read(conn, CALEB, WRITTEN)).entries
    assert (caleb.current.id, caleb.current.days_supply, caleb.current.refills) == (REFILLED_II, 90, 1)


async def test_old_decisions_and_charts_are_shown_and_the_log_goes_on(
    engines: Engines, migrated: Database, tmp_path: Path
) -> None:
    async with a_database(engines, migrated.name) as there, transaction(there.app_url) as conn:
        known = references.load()
        await coverage.begin(there.owner_url, WRITTEN)
        await reference_products.fill(there.owner_url, known.formulary, known.substances, WRITTEN)
        decided = (await conn.execute(text("SELECT id, product FROM decision"))).all()
        assert len(decided) == DECISIONS
        settings = settings_for(there.app_url, engines.redis(7), free_port(), tmp_path)
        with serving(settings):
            running = Running(settings, f"http://localhost:{settings.port}", Clinic({"drew": DREW, "olu": OLU}))
            drew, olu = await running.as_("drew"), await running.as_("olu")
            chart = await drew.get(f"/patients/{ADA}")
            assert (chart.status_code, "Sertraline" in chart.text) == (200, True), chart.text
            for number, product in decided:
                shown = await olu.get(f"/log/{number}")
                assert (shown.status_code, product in shown.text) == (200, True), shown.text
            for client in running.clients:
                await client.aclose()
        read = (await verify_log(conn, KEPT_OUTSIDE, KEY)).unsealed
        assert read > DECISIONS + 1, "each reading left an entry, and so did the release's products"
        sealed = 0
        async with asyncio.timeout(20):
            while sealed < read:  # other transactions of the cluster may hold the last rows back for a moment
                async with transaction(there.worker_url) as worker:
                    sealed += await sealing.seal(worker, WRITTEN)
        report = await verify_log(conn, KEPT_OUTSIDE, KEY, observers=(coverage.COMPARISON,))
        assert report.findings == ()
        assert (report.size, report.anchored_size, report.unsealed) == (ENTRIES + read, ENTRIES, 0)
        assert (report.decisions, report.first_format) == (DECISIONS, DECISIONS)
        seen = Coverage.of(report.counts)
        assert seen is not None
        assert seen.entries_before == ENTRIES
        async with transaction(there.app_url) as page:
            await page.execute(text(QUESTION))
        (added,) = (await verify_log(conn, KEPT_OUTSIDE, KEY, observers=(coverage.COMPARISON,))).findings
        assert (added.code, "1 were added" in added.sentence) == (FindingCode.RECORD_ADDED, True)


async def test_a_data_folder_of_version_0_1_0_verifies_by_the_operators_command(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with start_embedded(folder, durable=False) as engines:
        known = engines.secrets
        logins = databases.Logins(known.owner_password, known.app_password, known.worker_password)
        await databases.make_roles(engines.superuser_url(), logins)
        owner_url = engines.postgres.url(logins.OWNER, logins.owner_password, DEMO_DATABASE)
        await databases.make_database(databases.with_database(owner_url, "postgres"), DEMO_DATABASE)
        there = Database(
            DEMO_DATABASE,
            owner_url,
            engines.postgres.url(logins.APP, logins.app_password, DEMO_DATABASE),
            engines.postgres.url(logins.WORKER, logins.worker_password, DEMO_DATABASE),
        )
        await restore(there)
        await databases.migrate(there.owner_url)
    shutil.copytree(CHECKPOINT_FOLDER, folder / "checkpoints")
    (folder / "log-key.pem.pub").write_text(f"{KEY}\n", encoding="ascii")
    found = await verify_command(None, folder)
    assert (found.exit_status, found.lines[-1]) == (0, "The log is whole."), found.lines
    assert f"Sealed entries: {ENTRIES}, vouched for outside the database: {ENTRIES}" in found.lines
    assert any(line.startswith(f"Entries from before record digests: {ENTRIES}, rows: ") for line in found.lines)
    (folder / "checkpoints" / f"{ENTRIES:020d}.checkpoint").write_text("nothing signed", encoding="ascii")
    assert (await verify_command(None, folder)).exit_status == 3
