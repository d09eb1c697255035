"""The owner erases one patient's content: the proof of everything still holds, and nothing else may be gone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from compliance.audit import canonical as leaf
from compliance.audit import entries as audit
from compliance.audit.bundle import verify_bundle
from compliance.audit.erasure.missing import AwaitedPurges, KnownPurges, Purge
from compliance.audit.erasure.purge import PurgeScope, count, purge
from compliance.audit.export import bundle_lines
from compliance.audit.findings import FindingCode, Findings
from compliance.audit.typed_text import store
from tests.compliance.conftest import ADA, MARCUS, NOW, Log, a_block, an_entry
from tests.compliance.test_verify import verify

LATER = datetime(2026, 12, 1, tzinfo=UTC)


async def _of_two_patients(log: Log) -> None:
    """Entries 1 to 3 and the decision of entry 4 are Ada's, 5 is Marcus's."""
    await log.append(3)
    await log.decide(a_block(), product="Xanax for Ada")
    async with log.app.begin() as conn:
        await audit.append(conn, an_entry(patient_id=MARCUS))
    await log.sign()


async def _purge(log: Log, wanted: PurgeScope) -> int:
    async with log.owner() as conn:
        entry = (await purge(conn, wanted, LATER)).entry_id
    await log.sign()
    return entry


async def _missing(log: Log) -> list[int | None]:
    """The entries that the verification names as lacking their content; a bundle, where more is left out, is whole."""
    report = await verify(log)
    async with log.app.connect() as conn:
        lines = [line async for line in bundle_lines(conn)]
    verdict = verify_bundle(lines, [log.signer.verifier])
    assert (verdict.findings, verdict.report.erased) == ((), report.erased)
    assert {one.code for one in report.findings} <= {FindingCode.CONTENT_MISSING}
    return [one.entry_id for one in report.findings]


async def test_after_a_purge_log_and_bundle_are_whole_and_another_patients_content_is_there(log: Log) -> None:
    await _of_two_patients(log)
    async with log.owner() as conn:
        assert await count(conn, PurgeScope(ADA)) == 4
    said = await _purge(log, PurgeScope(ADA))
    assert await _missing(log) == []
    assert (await verify(log)).erased == 4
    kept = await log.rows("SELECT entry_id FROM audit_content ORDER BY entry_id")
    assert [row[0] for row in kept] == [5, said]
    assert await log.rows("SELECT content FROM audit_text") == []
    async with log.owner() as conn:
        assert await store.read(conn, 4, "product") is None
        assert await count(conn, PurgeScope(ADA)) == 0


async def test_what_is_gone_without_a_purge_after_it_is_named(log: Log) -> None:
    await _of_two_patients(log)
    said = await _purge(log, PurgeScope(ADA))
    (later,) = await log.append(1)
    await log.sign()
    await log.as_attacker(f"DELETE FROM audit_content WHERE entry_id IN (5, {said}, {later})")
    assert await _missing(log) == [1, 2, 3, 4, 5, said, later]


async def test_a_purge_of_entries_before_a_day_excuses_no_later_ones(log: Log) -> None:
    await log.append(2)
    async with log.app.begin() as conn:
        await audit.append(conn, an_entry(occurred_at=NOW + timedelta(days=1)))
    said = await _purge(log, PurgeScope(ADA, NOW.date() + timedelta(days=1)))
    assert await _missing(log) == []
    assert await log.rows("SELECT entry_id FROM audit_content ORDER BY entry_id") == [(3,), (said,)]
    await log.as_attacker("DELETE FROM audit_content WHERE entry_id = 3")
    assert await _missing(log) == [3]


async def _as_owner(log: Log, statement: str, said_of: object) -> None:
    """A statement of the owner, after an entry that speaks of a purge of somebody (None: no entry)."""
    async with log.owner() as conn:
        if said_of:
            await audit.append(conn, an_entry(action="content.purge", patient_id=said_of))
        await conn.execute(text(statement))


async def test_the_owner_erases_nothing_without_saying_so_of_that_patient(log: Log) -> None:
    await _of_two_patients(log)
    for table in ("audit_content", "audit_text"):
        deletion, change = f"DELETE FROM {table} WHERE entry_id = 4", f"UPDATE {table} SET salt = salt"
        for statement in (deletion, change, f"TRUNCATE {table}"):
            for said_of in (None, MARCUS):
                with pytest.raises(DBAPIError, match="written once"):
                    await _as_owner(log, statement, said_of)
        with pytest.raises(DBAPIError, match="written once"):
            await _as_owner(log, change, ADA)


async def test_the_applications_login_cannot_purge(log: Log) -> None:
    await _of_two_patients(log)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with log.app.begin() as conn:
            await purge(conn, PurgeScope(ADA), LATER)
    assert await _missing(log) == []


@pytest.mark.parametrize(
    ("changes", "before", "erased"),
    [
        ({}, None, 1),
        ({}, "2026-11-25", 1),
        ({}, "2026-11-24", 0),
        ({"patient_id": str(MARCUS)}, None, 0),
        ({"patient_id": None}, None, 0),
        ({"outcome": "refused"}, None, 0),
        ({"action": "content.read"}, None, 0),
    ],
)
def test_only_a_later_purge_of_that_patient_and_day_excuses(
    changes: dict[str, str | None], before: str | None, erased: int
) -> None:
    """In a file, where the purge comes further down, and in a database, which is asked for it, alike."""
    about = dict.fromkeys(leaf.METADATA_FIELDS) | {"action": "visit.read", "patient_id": str(ADA)}
    gone = about | {"occurred_at": leaf.instant(NOW), "transaction_id": "5", "entry_id": "7"}
    purged = about | {"action": "content.purge", "outcome": "allowed"} | changes
    awaited, known = AwaitedPurges(), KnownPurges()
    awaited.missing(7, 6, gone)
    awaited.met(purged, "{}" if before is None else f'{{"before":"{before}"}}')
    if (purged["action"], purged["outcome"]) == ("content.purge", "allowed"):
        known.learn([Purge(purged["patient_id"] or "", (0, 6, 9), before)])
    known.missing(7, 6, gone)
    for one in (awaited, known):
        found, counts = Findings(), dict[str, int]()
        one.settle(found, counts)
        assert counts == {"erased": erased}
        assert [each.entry_id for each in found.listed] == [7] * (1 - erased)


@pytest.mark.parametrize(("place", "excused"), [((0, 5, 8), True), ((0, 5, 7), False), ((0, 4, 9), False)])
def test_an_earlier_purge_excuses_nothing(place: tuple[int, int, int], excused: bool) -> None:
    about = dict.fromkeys(leaf.METADATA_FIELDS) | {"action": "visit.read", "patient_id": str(ADA)}
    gone = about | {"occurred_at": leaf.instant(NOW), "transaction_id": "5", "entry_id": "7"}
    assert Purge(str(ADA), place, None).excuses(gone) is excused
