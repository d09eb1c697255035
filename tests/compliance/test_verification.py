"""The fast way reads what the careful one reads, a pass goes on where another stopped, and observers see each row."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import canonical as leaf
from compliance.audit import entries as audit
from compliance.audit.entries import EntryOutcome
from compliance.audit.findings import FindingCode, Findings, VerificationReport
from compliance.audit.verification.content import canonical_content
from compliance.audit.verification.progress import Base, Progress, VerificationStage
from compliance.audit.verification.quick import quick_page
from compliance.audit.verification.rows import Sealed
from compliance.audit.verify import verify_log
from compliance.shared.tables import audit_entry
from tests.compliance.conftest import ADA, Log, an_entry


async def test_the_database_writes_metadata_as_it_is_hashed_whatever_is_in_it(log: Log) -> None:
    async with log.app.begin() as conn:
        await audit.append(conn, an_entry(subject_id='“quoted” "plain" back\\slash / 𝒳 é'))
        await audit.append(conn, an_entry(actor_id=None, subject_id=None, patient_id=None, visit_id=None))
        await audit.append(conn, an_entry(outcome=EntryOutcome.REFUSED, digest="ab" * 32))
    await log.as_attacker(
        "UPDATE audit_entry SET rule = E'a\\tb\\nc\\rd\\be\\ff' ||"
        " chr(1) || chr(31) || chr(127) || chr(8232) WHERE id = 2",
        "UPDATE audit_entry SET epoch = 7 WHERE id = 3",
    )
    await log.seal_all()
    async with log.app.connect() as conn:
        rows = (await conn.execute(select(*audit.metadata_columns()).order_by(audit_entry.c.id))).all()
        careful = [leaf.metadata_bytes(row._asdict()).decode() for row in rows]
        page = await quick_page(conn, 0, 10)
    assert page is not None
    assert [row.metadata for row in page] == careful
    assert '"epoch":"7","format":"titrate-entry/2"' in careful[2]


@pytest.mark.parametrize("value", [{}, {"b": "1", "a": ["x", None, {"z": "é", "y": "\u2028"}]}, ["" * 3], None])
def test_a_content_has_the_bytes_that_were_hashed(value: object) -> None:
    stored = {None: "null"}.get(value) if value is None else str(value).replace("'", '"').replace("None", "null")
    assert stored is not None
    assert canonical_content(stored) == canonical_content(stored) == leaf.canonical(value)


class Seen:
    """Keeps the numbers of the entries that it sees, and counts those about Ada."""

    def __init__(self) -> None:
        self.entries: list[int | None] = []
        self.ended: list[bool] = []

    async def page(self, conn: AsyncConnection, rows: Sequence[Sealed], found: Findings) -> Mapping[str, int]:
        assert await conn.scalar(text("SELECT 1")) == 1
        self.entries += [row.entry_id for row in rows]
        return {"of Ada": sum(row.patient_id == str(ADA) for row in rows)}

    async def end(self, conn: AsyncConnection, found: Findings, *, whole: bool) -> Mapping[str, int]:
        self.ended.append(whole)
        found.add(FindingCode.ROW_UNREADABLE, "Said by the observer.")
        return {"ended": 1}


class Stopped(Exception):
    """The verification was stopped in the middle."""


async def _stopped_after(log: Log, pages: int, resume: Progress | None = None) -> str:
    """What was last said by a verification that is stopped after so many pages."""
    told: list[str] = []

    async def tell(progress: Progress) -> None:
        told.append(progress.to_json())
        if len(told) == pages:
            raise Stopped

    async with log.app.connect() as conn:
        with pytest.raises(Stopped):
            await verify_log(conn, log.store, log.signer.verifier, page_rows=2, tell=tell, resume=resume)
    return told[-1]


async def _verified(log: Log, **how: object) -> tuple[VerificationReport, Progress]:
    told: list[str] = []

    async def tell(progress: Progress) -> None:
        told.append(progress.to_json())

    async with log.app.connect() as conn:
        report = await verify_log(
            conn,
            log.store,
            log.signer.verifier,
            page_rows=2,
            tell=tell,
            **how,  # type: ignore[arg-type]  # a test's
        )
    return report, Progress.from_json(told[-1])


@pytest.fixture
async def signed(log: Log) -> Log:
    """Seven entries, two of them decisions, under three checkpoints of different hours."""
    for hours, count in ((0, 2), (1, 1), (2, 2)):
        await log.append(count)
        if count == 2:
            await log.decide()
        await log.sign(at=datetime.now(UTC) + timedelta(hours=hours))
    return log


async def test_an_observer_sees_every_row_once_and_its_counts_are_told(signed: Log) -> None:
    seen = Seen()
    report, _ = await _verified(signed, observers=[seen])
    assert seen.entries == [1, 2, 3, 4, 5, 6, 7]
    assert seen.ended == [True]
    assert dict(report.counts) | {"of Ada": 7, "ended": 1} == dict(report.counts)
    assert [one.sentence for one in report.findings] == ["Said by the observer."]


async def test_a_verification_stopped_after_any_page_goes_on_and_says_the_same(signed: Log) -> None:
    await signed.as_attacker(
        "UPDATE audit_entry SET rule = 'x' WHERE id = 2",
        "UPDATE audit_content SET content = '{}' WHERE entry_id = 6",
        "DELETE FROM decision WHERE audit_entry_id = 3",
        "DELETE FROM checkpoint WHERE size = 4",
    )
    whole, _ = await _verified(signed)
    assert len(whole.findings) == 4
    text_of, pages = "", 0
    while VerificationStage.DONE not in text_of.split('"')[:6]:
        pages += 1
        resume = Progress.from_json(text_of) if text_of else None
        text_of = await _stopped_after(signed, 1, resume)
    assert pages >= 6
    report, _ = await _verified(signed, resume=Progress.from_json(text_of))
    assert report == whole


async def test_a_later_pass_looks_at_what_is_new_alone_and_finds_it(signed: Log) -> None:
    _, progress = await _verified(signed)
    base = progress.state.base
    assert base is not None
    assert (base.size, base.place[2]) == (7, 7)
    await signed.as_attacker("UPDATE audit_entry SET rule = 'x' WHERE id = 2")
    await signed.append(3)
    await signed.decide()
    await signed.sign()
    seen = Seen()
    report, later = await _verified(signed, base=base, observers=[seen])
    assert seen.entries == [8, 9, 10, 11]
    assert seen.ended == [False]
    assert (report.size, report.since, report.anchored_size, report.decisions) == (11, 7, 11, 3)
    assert [one.sentence for one in report.findings] == ["Said by the observer."]
    assert later.state.base is not None
    assert later.state.base.size == 11
    await signed.as_attacker(
        "UPDATE audit_entry SET rule = 'x' WHERE id = 9", "DELETE FROM decision WHERE audit_entry_id = 11"
    )
    report, _ = await _verified(signed, base=base)
    assert {one.code for one in report.findings} == {FindingCode.ENTRY_ALTERED, FindingCode.DECISION_MISSING}


async def test_a_base_that_is_not_that_of_this_log_is_no_pass(signed: Log) -> None:
    _, progress = await _verified(signed)
    base = progress.state.base
    assert base is not None
    forged = Base(base.size, tuple(sha256(peak).digest() for peak in base.peaks), base.place)
    await signed.append(2)
    await signed.sign()
    report, _ = await _verified(signed, base=forged)
    assert {one.code for one in report.findings} == {FindingCode.TREE_ALTERED, FindingCode.LOG_REWRITTEN}


async def test_a_log_that_became_shorter_than_the_base_is_verified_whole(signed: Log) -> None:
    _, progress = await _verified(signed)
    await signed.as_attacker(
        "DELETE FROM audit_leaf WHERE leaf_index >= 5",
        "DELETE FROM audit_content WHERE entry_id >= 6",
        "DELETE FROM audit_text WHERE entry_id >= 6",
        "DELETE FROM decision WHERE audit_entry_id >= 6",
        "DELETE FROM audit_entry WHERE id >= 6",
        "DELETE FROM checkpoint WHERE size > 5",
    )
    report, _ = await _verified(signed, base=progress.state.base)
    assert report.since == 0
    assert {one.code for one in report.findings} == {FindingCode.TAIL_MISSING, FindingCode.CHECKPOINT_MISSING}
