"""Every way of tampering we could think of is found and named. The attacker owns the tables and writes plain SQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from compliance.audit import canonical as leaf
from compliance.audit import entries as audit
from compliance.audit import merkle
from compliance.audit.checkpoint import Checkpoint, Signer
from compliance.audit.store import DirectoryStore
from compliance.audit.verify import FindingCode, VerificationFinding, VerificationReport, verify_log
from compliance.shared.tables import audit_entry, audit_leaf
from compliance.shared.vocabulary import NIL
from server.migrations.log_limits import LIMITS
from tests.compliance.conftest import BEGIN_ANEW, NOW, ORIGIN, Log, a_block, a_log, open_clinic
from tests.conftest import Engines

Code = FindingCode


async def verify(log: Log, **changes: object) -> VerificationReport:
    """Verify as the application's login does, by pages small enough that there are several."""
    options: dict[str, object] = {"store": log.store, "keys": log.signer.verifier, "page_rows": 3} | changes
    async with log.app.connect() as conn:
        return await verify_log(conn, **options)  # type: ignore[arg-type]  # a test's arguments


def codes(report: VerificationReport) -> set[FindingCode]:
    return {one.code for one in report.findings}


def only(report: VerificationReport, code: FindingCode) -> VerificationFinding:
    """The one finding of that code; it is an error when there are several."""
    (found,) = [one for one in report.findings if one.code is code]
    return found


@pytest.fixture(scope="module")
def filled(
    engines: Engines, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, Signer]]:
    """A database, folder and key with ten sealed entries under two checkpoints, made once and copied for each test."""
    folder, signer = tmp_path_factory.mktemp("outside"), Signer.generate(ORIGIN)
    with asyncio.Runner() as runner:
        opening = a_log(engines, template, folder, signer)
        log = runner.run(opening.__aenter__())
        runner.run(_fill(log))
        yield log.name, folder, signer
        runner.run(opening.__aexit__(None, None, None))


async def _fill(log: Log) -> None:
    """Two of the entries are decisions: entries 4 and 8."""
    async with log.app.begin() as conn:
        await open_clinic(conn)
    await log.append(3)
    await log.decide()
    await log.sign()
    await log.append(3)
    await log.decide(a_block(), product="Xanax 0.5 mg tablet")
    await log.append(2)
    await log.sign()


@pytest.fixture
async def full(engines: Engines, filled: tuple[str, Path, Signer], tmp_path: Path) -> AsyncIterator[Log]:
    """A copy of the filled log, found intact before the test touches it."""
    name, outside, signer = filled
    folder = tmp_path / "outside"
    shutil.copytree(outside, folder)
    async with a_log(engines, name, folder, signer) as log:
        report = await verify(log)
        assert (report.ok, report.findings, report.exit_status) == (True, (), 0)
        assert (report.size, report.anchored_size, report.anchored_entry_id) == (10, 10, 10)
        assert (report.decisions, report.checkpoints, report.unsealed) == (2, 4, 0)
        yield log


async def test_an_empty_log_is_intact(log: Log) -> None:
    report = await verify(log)
    assert report.ok
    assert (report.size, report.root) == (0, merkle.EMPTY_ROOT)


async def test_the_root_is_that_of_the_leaves(full: Log) -> None:
    hashes = await full.rows("SELECT encode(leaf_hash, 'hex') FROM audit_leaf ORDER BY leaf_index")
    assert (await verify(full)).root == merkle.root([bytes.fromhex(str(one)) for (one,) in hashes])


async def test_entries_that_wait_for_sealing_or_signing_are_no_damage(full: Log) -> None:
    await full.append(2)
    await full.seal_all()
    await full.append(1)
    report = await verify(full)
    assert report.ok
    assert (report.size, report.anchored_size, report.unsealed) == (12, 10, 1)


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'refused'",
        "actor_id = gen_random_uuid()",
        "occurred_at = occurred_at - interval '1 hour'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "rule = 'own-patient '",
        "visit_id = NULL",
        "digest = repeat('0', 64)",
        "content_digest = sha256('x')",
        "transaction_id = transaction_id + 1",
    ],
)
async def test_an_altered_entry_is_named(full: Log, change: str) -> None:
    await full.as_attacker(f"UPDATE audit_entry SET {change} WHERE id = 6")
    report = await verify(full)
    assert codes(report) == {Code.ENTRY_ALTERED}
    assert (only(report, Code.ENTRY_ALTERED).entry_id, only(report, Code.ENTRY_ALTERED).leaf_index) == (6, 5)
    assert report.exit_status == 3


async def test_an_altered_leaf_is_named_and_breaks_the_tree(full: Log) -> None:
    await full.as_attacker("UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE entry_id = 6")
    report = await verify(full)
    assert codes(report) == {Code.ENTRY_ALTERED, Code.TREE_ALTERED, Code.LOG_REWRITTEN}
    assert only(report, Code.TREE_ALTERED).leaf_index == 4
    assert report.anchored_size == 4


# What a row may hold at most, which an owner can take away.
UNLIMITED = tuple(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}" for table, name in LIMITS)


@pytest.mark.parametrize("change", ['content = \'{"status": "ended"}\'', "salt = sha256('x')", "content = '[1, {}]'"])
async def test_altered_content_is_named(full: Log, change: str) -> None:
    await full.as_attacker(*UNLIMITED, f"UPDATE audit_content SET {change} WHERE entry_id = 2")
    report = await verify(full)
    assert codes(report) == {Code.CONTENT_ALTERED}
    assert only(report, Code.CONTENT_ALTERED).entry_id == 2


async def test_removed_content_is_named(full: Log) -> None:
    await full.as_attacker("DELETE FROM audit_content WHERE entry_id = 2")
    report = await verify(full)
    assert codes(report) == {Code.CONTENT_MISSING}


LOOSE = (
    "ALTER TABLE audit_leaf DROP CONSTRAINT fk_audit_leaf_previous",
    "ALTER TABLE audit_leaf DROP CONSTRAINT fk_audit_leaf_entry_id",
    "ALTER TABLE audit_content DROP CONSTRAINT fk_audit_content_entry_id",
    "ALTER TABLE decision DROP CONSTRAINT fk_decision_audit_entry_id",
    "ALTER TABLE decision DROP CONSTRAINT fk_decision_attendance",
    "ALTER TABLE decision DROP CONSTRAINT fk_decision_check_in",
    "ALTER TABLE decision DROP CONSTRAINT fk_decision_confirmation",
    "ALTER TABLE decision DROP CONSTRAINT ck_decision_format",
    "ALTER TABLE decision DROP CONSTRAINT ck_decision_treats",
    "ALTER TABLE decision DROP CONSTRAINT ck_decision_seen",
)


async def test_an_entry_removed_from_under_its_leaf_is_named(full: Log) -> None:
    await full.as_attacker(*LOOSE, "DELETE FROM audit_entry WHERE id = 6")
    report = await verify(full)
    assert codes(report) == {Code.ENTRY_MISSING}
    assert only(report, Code.ENTRY_MISSING).entry_id == 6


async def test_an_entry_removed_with_its_leaf_leaves_a_hole_that_is_named(full: Log) -> None:
    await full.as_attacker(
        *LOOSE,
        "DELETE FROM audit_leaf WHERE entry_id = 6",
        "DELETE FROM audit_content WHERE entry_id = 6",
        "DELETE FROM audit_entry WHERE id = 6",
    )
    report = await verify(full)
    assert codes(report) == {Code.LEAF_MISSING}
    assert only(report, Code.LEAF_MISSING).leaf_index == 5
    assert report.root is None
    assert report.anchored_size == 4


async def test_an_entry_removed_with_the_rest_moved_up_is_seen_by_the_tree_and_the_count(full: Log) -> None:
    await full.as_attacker(
        *LOOSE,
        "DELETE FROM audit_leaf WHERE entry_id = 6",
        "DELETE FROM audit_content WHERE entry_id = 6",
        "DELETE FROM audit_entry WHERE id = 6",
        *(f"UPDATE audit_leaf SET leaf_index = {at - 1} WHERE leaf_index = {at}" for at in range(6, 10)),
    )
    report = await verify(full)
    assert codes(report) == {Code.TAIL_MISSING}
    assert "the last 1 are missing" in only(report, Code.TAIL_MISSING).sentence


def _inserted(transaction_id: str) -> str:
    return (
        "INSERT INTO audit_entry (id, transaction_id, occurred_at, recorded_at, actor_role, action, outcome, rule,"
        " subject_type, content_digest) OVERRIDING SYSTEM VALUE SELECT max(id) + 1,"
        f" {transaction_id}, now(), now(), 'prescriber', 'visit.admit', 'allowed', 'own-patient', 'visit', sha256('')"
        " FROM audit_entry"
    )


async def test_an_entry_of_a_transaction_that_has_not_been_is_named(full: Log) -> None:
    """As in a database that was restored without its counter: which of the two it is, its operator knows."""
    await full.as_attacker(_inserted("9000000000000"))
    assert codes(await verify(full)) == {Code.COUNTER_BEHIND}


@pytest.mark.parametrize("number", ["min(transaction_id)", "max(transaction_id) - 1"])
async def test_an_entry_slipped_in_where_sealing_had_passed_is_named(full: Log, number: str) -> None:
    await full.as_attacker(_inserted(number))
    report = await verify(full)
    assert codes(report) == {Code.ENTRY_ADDED}
    assert only(report, Code.ENTRY_ADDED).entry_id == 11
    assert report.unsealed == 1


async def test_a_back_dated_entry_with_a_perfect_leaf_is_known_by_its_place(full: Log) -> None:
    await full.as_attacker(
        _inserted("min(transaction_id)").replace("sha256('')", "sha256('{}')"),
        "ALTER TABLE audit_content DROP CONSTRAINT ck_audit_content_salt",
        "INSERT INTO audit_content (entry_id, salt, content) SELECT max(id), '', '{}' FROM audit_entry",
    )
    async with full.owner() as conn:
        row = (await conn.execute(select(*audit.metadata_columns()).where(audit_entry.c.id == 11))).one()._asdict()
        forged = {"leaf_index": 10, "entry_id": 11, "leaf_hash": leaf.leaf_hash(row, sha256(b"{}").digest())}
        await conn.execute(insert(audit_leaf).values(sealed_at=NOW, **forged))
    report = await verify(full)
    assert codes(report) == {Code.ENTRY_ADDED}
    assert (only(report, Code.ENTRY_ADDED).entry_id, only(report, Code.ENTRY_ADDED).leaf_index) == (11, 10)


async def test_a_place_taken_twice_is_named(full: Log) -> None:
    await full.as_attacker(
        *LOOSE,
        "ALTER TABLE audit_leaf DROP CONSTRAINT pk_audit_leaf, DROP CONSTRAINT uq_audit_leaf_entry_id",
        "INSERT INTO audit_leaf (leaf_index, entry_id, leaf_hash, sealed_at)"
        " SELECT leaf_index, entry_id, leaf_hash, sealed_at FROM audit_leaf WHERE leaf_index = 4",
    )
    report = await verify(full)
    added = [one for one in report.findings if one.code is Code.ENTRY_ADDED]
    assert added
    assert {one.leaf_index for one in added} == {4}


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'block'",
        "product = 'Sertraline 50 mg tablet'",
        "reasons = '[]'",
        'evidence = \'[["matched", "text"]]\'',
        "valid_until = valid_until + interval '1 day'",
        "prescriber_id = gen_random_uuid()",
        "patient_state = NULL",
        "citations = '7'",
        "attendance_id = gen_random_uuid()",
        "check_in_id = gen_random_uuid()",
        "format = 'titrate-decision/1'",
        f"format = 'titrate-decision/1', attendance_id = '{NIL}'",
        "format = 'titrate-decision/2'",
        "format = 'titrate-decision/4'",
    ],
)
async def test_an_altered_decision_is_named(full: Log, change: str) -> None:
    await full.as_attacker(*LOOSE, *UNLIMITED, f"UPDATE decision SET {change} WHERE audit_entry_id = 4")
    report = await verify(full)
    assert codes(report) == {Code.DECISION_ALTERED}
    assert only(report, Code.DECISION_ALTERED).entry_id == 4


@pytest.mark.parametrize(
    ("statement", "code", "entry"),
    [
        ("UPDATE audit_text SET content = 'Xanax 1 mg tablet' WHERE entry_id = 8", Code.CONTENT_ALTERED, 8),
        ("UPDATE audit_text SET salt = salt || salt WHERE entry_id = 8", Code.CONTENT_ALTERED, 8),
        ("UPDATE audit_text SET entry_id = 5 WHERE entry_id = 4", Code.CONTENT_ALTERED, 5),
        ("INSERT INTO audit_text SELECT entry_id, 'reason', salt, content FROM audit_text", Code.CONTENT_ALTERED, 4),
        ("DELETE FROM audit_text WHERE entry_id = 8", Code.CONTENT_MISSING, 8),
        ("DROP TABLE audit_text", Code.TABLE_UNREADABLE, None),
    ],
)
async def test_a_text_that_is_not_as_it_was_typed_is_named(
    full: Log, statement: str, code: FindingCode, entry: int | None
) -> None:
    async with full.owner() as conn:
        await conn.execute(text("ALTER TABLE audit_text DISABLE TRIGGER USER"))
        await conn.execute(text(statement))
    report = await verify(full)
    assert (report.findings[0].code, report.findings[0].entry_id) == (code, entry)


async def test_a_removed_decision_is_named(full: Log) -> None:
    await full.as_attacker("DELETE FROM decision WHERE audit_entry_id = 8")
    report = await verify(full)
    assert codes(report) == {Code.DECISION_MISSING}
    assert only(report, Code.DECISION_MISSING).entry_id == 8


@pytest.mark.parametrize("entry", ["5", "999"])
async def test_a_decision_moved_to_another_entry_is_named(full: Log, entry: str) -> None:
    await full.as_attacker(*LOOSE, f"UPDATE decision SET audit_entry_id = {entry} WHERE audit_entry_id = 4")
    report = await verify(full)
    assert codes(report) == {Code.DECISION_UNPROVEN, Code.DECISION_MISSING}


async def test_a_forged_decision_without_an_entry_of_its_own_is_named(full: Log) -> None:
    columns = (
        "outcome, action, encounter_id, modality, schedule, patient_id, prescriber_id, product, valid_until,"
        " decided_at, patient_state, rule, ingredients, reasons, citations, obligations, ways_forward, evidence,"
        " pack_id, pack_version, pack_sha256, reference_sha256, format, attendance_id, check_in_id"
    )
    await full.as_attacker(
        f"INSERT INTO decision (id, audit_entry_id, {columns})"
        f" SELECT gen_random_uuid(), 5, {columns} FROM decision WHERE audit_entry_id = 4"
    )
    report = await verify(full)
    assert codes(report) == {Code.DECISION_UNPROVEN}
    assert only(report, Code.DECISION_UNPROVEN).entry_id == 5


DROP_TAIL = (
    "DELETE FROM audit_leaf WHERE leaf_index >= 7",
    "DELETE FROM audit_text WHERE entry_id >= 8",
    "DELETE FROM audit_content WHERE entry_id >= 8",
    "DELETE FROM decision WHERE audit_entry_id >= 8",
    "DELETE FROM audit_entry WHERE id >= 8",
)


async def test_a_dropped_tail_is_named_with_its_length(full: Log) -> None:
    await full.as_attacker(*DROP_TAIL)
    report = await verify(full)
    assert codes(report) == {Code.TAIL_MISSING}
    assert "the last 3 are missing" in only(report, Code.TAIL_MISSING).sentence


async def test_a_tail_dropped_with_its_checkpoint_is_known_from_outside(full: Log) -> None:
    await full.as_attacker(*DROP_TAIL, "DELETE FROM checkpoint WHERE size = 10")
    report = await verify(full)
    assert codes(report) == {Code.TAIL_MISSING, Code.CHECKPOINT_MISSING}


async def test_deleted_checkpoints_are_named(full: Log) -> None:
    await full.as_attacker("DELETE FROM checkpoint")
    report = await verify(full)
    assert codes(report) == {Code.CHECKPOINT_MISSING}
    assert [one.sentence for one in report.findings] == [
        "The checkpoint of 4 entries kept outside is not in the database.",
        "The checkpoint of 10 entries kept outside is not in the database.",
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("note = replace(note, E'\\n10\\n', E'\\n11\\n')", Code.CHECKPOINT_UNREADABLE),
        ("note = 'nothing'", Code.CHECKPOINT_UNREADABLE),
        ("root = sha256('x')", Code.CHECKPOINT_ALTERED),
        ("peaks = ''", Code.CHECKPOINT_ALTERED),
        ("note = (SELECT note FROM checkpoint WHERE size = 4)", Code.CHECKPOINT_ALTERED),
    ],
)
async def test_an_altered_checkpoint_is_named(full: Log, change: str, code: FindingCode) -> None:
    await full.as_attacker(f"UPDATE checkpoint SET {change} WHERE size = 10")
    assert codes(await verify(full)) == {code}


async def _rewrite(log: Log, signer: Signer) -> None:
    """Write another history of the same length with a tree and checkpoints of its own, signed by `signer`."""
    await log.as_attacker(*BEGIN_ANEW)
    forger = replace(log, store=DirectoryStore(log.folder.parent / "thrown away"), signer=signer)
    for count in (4, 6):
        await forger.append(count)
        await forger.sign()
    intact = await verify(forger)
    assert intact.ok


async def test_a_log_and_tree_rewritten_consistently_with_the_logs_own_key_is_seen_from_outside(full: Log) -> None:
    await _rewrite(full, full.signer)
    report = await verify(full)
    assert codes(report) == {Code.CHECKPOINT_DISAGREES, Code.LOG_REWRITTEN}
    assert report.anchored_size == 0
    assert report.anchored_entry_id is None


async def test_a_log_and_tree_rewritten_with_another_key_is_seen_from_outside(full: Log) -> None:
    await _rewrite(full, Signer.generate(ORIGIN))
    report = await verify(full)
    assert codes(report) == {Code.KEY_UNKNOWN, Code.LOG_REWRITTEN}


async def test_a_store_that_lost_a_checkpoint_is_named(full: Log) -> None:
    (full.folder / f"{4:020d}.checkpoint").unlink()
    assert codes(await verify(full)) == {Code.CHECKPOINT_NOT_KEPT}


async def test_an_empty_store_is_named(full: Log, tmp_path: Path) -> None:
    report = await verify(full, store=DirectoryStore(tmp_path / "never used"))
    assert codes(report) == {Code.STORE_EMPTY}
    assert report.anchored_size == 0


async def test_a_store_that_cannot_be_read_is_named(full: Log) -> None:
    class Broken(DirectoryStore):
        def _sizes(self) -> list[int]:
            raise PermissionError(13, "Permission denied")

    assert Code.STORE_UNREADABLE in codes(await verify(full, store=Broken(full.folder)))


async def test_a_damaged_or_renamed_file_outside_is_named(full: Log) -> None:
    (full.folder / f"{7:020d}.checkpoint").write_bytes(b"\xff")
    (full.folder / f"{9:020d}.checkpoint").write_text((full.folder / "latest").read_text())
    assert codes(await verify(full)) == {Code.CHECKPOINT_UNREADABLE, Code.CHECKPOINT_ALTERED}


async def test_sealed_entries_that_nothing_vouches_for_are_not_called_intact(log: Log) -> None:
    await log.append()
    await log.seal_all()
    assert codes(await verify(log)) == {Code.NOTHING_SIGNED}


async def test_the_wrong_public_key_says_so(full: Log) -> None:
    report = await verify(full, keys=Signer.generate(ORIGIN).verifier)
    assert Code.KEY_UNKNOWN in codes(report)
    assert report.anchored_size == 0


async def test_old_and_new_keys_verify_a_log_together(full: Log) -> None:
    old, full.signer = full.signer, Signer.generate(ORIGIN)
    head = Checkpoint(ORIGIN, 10, (await verify(full, keys=old.verifier)).root or b"")
    both = head.signed([old, full.signer])
    await full.as_attacker(f"UPDATE checkpoint SET note = '{both}' WHERE size = 10")
    assert (await verify(full, keys=[old.verifier, full.signer.verifier])).ok


BROKEN_VIEW = (
    "ALTER TABLE audit_entry RENAME TO audit_entry_real",
    "CREATE VIEW audit_entry AS SELECT id, transaction_id, occurred_at, recorded_at, actor_id, actor_role, action,"
    " outcome, CASE WHEN id = 6 THEN (1 / (id - 6))::text ELSE rule END AS rule, subject_type, subject_id, patient_id,"
    " visit_id, digest, content_digest, epoch FROM audit_entry_real",
    "GRANT SELECT ON audit_entry TO titrate_app",
)


async def test_an_unreadable_row_is_named_and_the_rest_is_still_verified(full: Log) -> None:
    async with full.owner() as conn:
        for statement in BROKEN_VIEW:
            await conn.execute(text(statement))
    report = await verify(full)
    assert codes(report) == {Code.ROW_UNREADABLE}
    assert (only(report, Code.ROW_UNREADABLE).entry_id, report.size, report.anchored_size) == (6, 10, 10)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("ALTER TABLE audit_entry DROP COLUMN rule", Code.TABLE_UNREADABLE),
        ("ALTER TABLE audit_leaf RENAME TO elsewhere", Code.TABLE_UNREADABLE),
        ("ALTER TABLE decision DROP COLUMN reasons", Code.TABLE_UNREADABLE),
        ("ALTER TABLE checkpoint RENAME note TO notes", Code.TABLE_UNREADABLE),
    ],
)
async def test_a_table_that_cannot_be_read_is_named(full: Log, damage: str, code: FindingCode) -> None:
    async with full.owner() as conn:
        await conn.execute(text(damage))
    assert code in codes(await verify(full))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_entry SET occurred_at = 'infinity', recorded_at = '-infinity'",
        "UPDATE audit_entry SET occurred_at = '290000-01-01Z', recorded_at = '4000-01-01 BC'",
        "ALTER TABLE audit_leaf DROP CONSTRAINT ck_audit_leaf_leaf_hash; UPDATE audit_leaf SET leaf_hash = ''",
        "ALTER TABLE audit_entry ALTER COLUMN rule DROP NOT NULL; UPDATE audit_entry SET rule = NULL",
        "ALTER TABLE audit_entry ALTER transaction_id DROP NOT NULL; UPDATE audit_entry SET transaction_id = NULL",
        "ALTER TABLE audit_content ALTER COLUMN content DROP NOT NULL; UPDATE audit_content SET content = NULL",
        "UPDATE audit_content SET content = (repeat('[', 3000) || repeat(']', 3000))::jsonb",
        "ALTER TABLE audit_entry ALTER COLUMN rule TYPE bytea USING rule::bytea",
        "UPDATE decision SET decided_at = '-infinity', valid_until = 'infinity', evidence = '{\"a\": 1e400}'",
    ],
)
async def test_hostile_values_never_crash_the_verification(full: Log, damage: str) -> None:
    await full.as_attacker(*LOOSE, *UNLIMITED, *damage.split("; "))
    report = await verify(full)
    assert not report.ok
    assert report.size == 10


async def test_findings_beyond_the_limit_are_counted(full: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.audit.findings.MOST_FINDINGS", 4)
    await full.as_attacker("UPDATE audit_entry SET rule = 'x'")
    report = await verify(full)
    assert (len(report.findings), report.more) == (4, 6)


async def test_verifying_while_others_write_and_seal_raises_no_false_alarm(full: Log) -> None:
    async def work() -> None:
        for _ in range(6):
            await full.append(2)
            await full.decide(now=NOW + timedelta(minutes=1))
            await full.sign()

    async with asyncio.TaskGroup() as group:
        writing = group.create_task(work())
        while not writing.done():
            report = await verify(full)
            assert report.findings == ()
    assert (await verify(full)).size == 28


async def test_an_entry_that_is_dated_back_before_it_is_sealed_is_named(log: Log) -> None:
    await log.append(2)
    await log.sign()
    (forged,) = await log.append()
    await log.as_attacker(
        f"UPDATE audit_entry SET recorded_at = recorded_at - interval '1 hour' WHERE id = {forged}",
    )
    await log.append()
    await log.sign()
    report = await verify(log)
    assert codes(report) == {Code.TIME_OUT_OF_BOUNDS}
    assert only(report, Code.TIME_OUT_OF_BOUNDS).entry_id == forged


async def test_an_entry_that_is_dated_ahead_is_named(log: Log) -> None:
    (forged,) = await log.append()
    await log.as_attacker(
        f"UPDATE audit_entry SET recorded_at = recorded_at + interval '1 hour' WHERE id = {forged}",
    )
    await log.sign()
    assert only(await verify(log), Code.TIME_OUT_OF_BOUNDS).entry_id == forged


async def test_a_newest_checkpoint_that_was_set_back_or_taken_away_is_named(full: Log) -> None:
    (full.folder / "latest").unlink()
    assert codes(await verify(full)) - {Code.STORE_BEHIND} == {Code.LATEST_DIFFERS}, "what it copied waits again"
    (full.folder / f"{10:020d}.checkpoint").write_text((await full.rows("SELECT note FROM checkpoint"))[-1][0])  # type: ignore[arg-type]
    (full.folder / "latest").write_text((full.folder / f"{4:020d}.checkpoint").read_text())
    assert codes(await verify(full)) == {Code.LATEST_DIFFERS}


async def test_a_copy_that_lags_is_named(full: Log) -> None:
    await full.as_attacker("UPDATE checkpoint SET at = at - interval '5 minutes' WHERE size = 10")
    (full.folder / "latest").unlink()
    (full.folder / "latest").write_text((full.folder / f"{4:020d}.checkpoint").read_text())
    report = await verify(full)
    assert codes(report) == {Code.STORE_BEHIND}
    assert "the last 6 are vouched for by nobody else" in only(report, Code.STORE_BEHIND).sentence


async def test_what_was_put_aside_is_named_until_it_is_taken_away(full: Log) -> None:
    (full.folder / "set-aside").mkdir()
    (full.folder / "set-aside" / "latest.0123").write_text("x")
    assert codes(await verify(full)) == {Code.CHECKPOINT_SET_ASIDE}


async def test_an_entry_that_waits_too_long_for_its_seal_is_named(full: Log) -> None:
    (late,) = await full.append()
    await full.as_attacker(f"UPDATE audit_entry SET recorded_at = recorded_at - interval '5 minutes' WHERE id = {late}")
    assert codes(await verify(full)) == {Code.SEAL_STALLED}


async def test_a_log_that_is_shorter_than_it_was_known_to_be_is_named_whatever_the_copies_say(full: Log) -> None:
    await full.as_attacker(*DROP_TAIL, "DELETE FROM checkpoint WHERE size = 10")
    (full.folder / "latest").unlink()
    (full.folder / "latest").write_text((full.folder / f"{4:020d}.checkpoint").read_text())
    assert codes(await verify(full)) == set(), "nobody else kept a longer one"
    assert codes(await verify(full, at_least=10)) == {Code.TAIL_MISSING}
