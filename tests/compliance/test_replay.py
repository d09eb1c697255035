"""Decisions are decided again by the sources of their day: what comes out otherwise is told, with both answers."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from compliance.audit.archive import sources, store
from compliance.audit.erasure.purge import PurgeScope, purge
from compliance.audit.findings import FindingCode
from compliance.prescribing.deciding import PrescribingRequest, decide
from compliance.prescribing.decision import Decision
from compliance.prescribing.policy_packs import REFUSE_EVERYTHING, Packs, content_of
from compliance.prescribing.replay.run import (
    EARLIER_FORMAT,
    NO_PACK,
    NO_REFERENCE,
    NOT_READABLE,
    Difference,
    ReplayOutcome,
    replay_log,
)
from compliance.shared.vocabulary import CheckInState, Modality, PrescribingAction
from server.application import references
from tests.compliance.conftest import ADA, NOW, SERTRALINE, Log, visit_of
from tests.compliance.test_verify import verify

KNOWN = references.load()
STRICT = KNOWN.packs.by_id["strict-block"]
OLDER_TEXT = content_of("strict-block").replace(b'\nversion = "2"', b'\nversion = "1.9"', 1)
OLDER = sources.of_pack(OLDER_TEXT)

A, M, C = PrescribingAction, Modality, CheckInState
SEEN = {"modality": M.IN_PERSON, "check_in": C.HOLDS, "days_supply": 30, "refills": 0}
METHYLPHENIDATE = "24 HR methylphenidate hydrochloride 18 MG Extended Release Oral Tablet"
WISHES: dict[str, tuple[str, dict[str, object]]] = {
    "allowed by video": (SERTRALINE, {"days_supply": 30, "refills": 1}),
    "controlled by video": ("Xanax 0.5 mg tablet", {}),
    "controlled with its code": ("lorazepam 1 MG Oral Tablet", {"code": "197901"}),
    "a strength that matters": ("Tylenol with codeine #3", {}),
    "no name that is known": ("Ada's zannix 0.5", {}),
    "a name that hides another": ("alprazolam-ish for Ada", {}),
    "a character not to be seen": ("sertra\u200bline", {}),
    "too long": ("x" * 400, {}),
    "allowed in person": (METHYLPHENIDATE, SEEN),
    "in person, check-in run out": (METHYLPHENIDATE, {**SEEN, "check_in": C.EXPIRED}),
    "in person, refills of II": (METHYLPHENIDATE, {**SEEN, "refills": 1}),
    "in person, too many refills": ("lorazepam 1 MG Oral Tablet", {**SEEN, "refills": 6}),
    "another attends": (SERTRALINE, {"attends": False}),
    "state not known": ("gabapentin 300 mg capsule", {"state": None}),
    "a stricter state": ("gabapentin 300 mg capsule", {"state": "KY"}),
    "text names a controlled one": (SERTRALINE, {"directions": "with Xanax or alprazolam", "indication": "lorazepam"}),
    "stopping what is controlled": ("Ativan", {"action": A.DISCONTINUE}),
    "out of any visit": ("Xanax", {"modality": M.NONE, "attends": False}),
}


def _wish(product: str, changes: dict[str, object]) -> PrescribingRequest:
    fields: dict[str, object] = {"action": A.NEW, "modality": M.VIDEO, "state": "FL", "on": NOW.date(), "attends": True}
    return PrescribingRequest(product=product, **(fields | changes))  # type: ignore[arg-type]  # a test's arguments


async def _record(log: Log, product: str, changes: dict[str, object], made: Decision | None = None) -> int:
    asked = _wish(product, changes)
    decided = made or decide(asked, STRICT, KNOWN.substances, NOW)
    where = None if asked.modality is M.NONE else visit_of(ADA, asked.modality)
    recorded = await log.decide(decided, product=product, encounter_id=where, patient_state=asked.state)
    return recorded.audit_entry_id


async def _replay(log: Log, **period: object) -> tuple[list[Difference], ReplayOutcome]:
    found: list[Difference] = []

    async def tell(one: Difference) -> None:
        found.append(one)

    async with log.app.connect() as conn:
        return found, await replay_log(conn, tell, **period)  # type: ignore[arg-type]  # a test's arguments


async def test_decisions_of_every_kind_come_out_as_they_were_recorded(log: Log) -> None:
    made = [decide(_wish(*wish), STRICT, KNOWN.substances, NOW) for wish in WISHES.values()]
    assert {one.outcome.value for one in made} == {"allow", "block"}
    assert len({one.rule for one in made}) > 8
    refused = decide(_wish(SERTRALINE, {}), REFUSE_EVERYTHING, KNOWN.substances, NOW)
    await _record(log, SERTRALINE, {}, refused)
    other = Packs({STRICT.id: STRICT}, ()).select("gone", NOW.date())
    fallen = decide(_wish(SERTRALINE, {}), other, KNOWN.substances, NOW)
    await _record(log, SERTRALINE, {}, fallen)
    for wish in WISHES.values():
        await _record(log, *wish)
    assert await _replay(log) == ([], ReplayOutcome(replayed=len(WISHES) + 2))
    day = timedelta(days=1)
    assert (await _replay(log, since=NOW + day))[1] == ReplayOutcome()
    assert (await _replay(log, since=NOW - day, until=NOW + day))[1].replayed == len(WISHES) + 2
    async with log.owner() as conn:
        await purge(conn, PurgeScope(ADA), NOW + day)
    found, done = await _replay(log)
    assert (found, done.replayed, done.not_replayed) == ([], len(WISHES) + 2, {})
    assert 0 < done.by_reading < len(WISHES)


async def test_an_older_decision_is_decided_by_its_own_pack(log: Log) -> None:
    async with log.owner() as conn:
        assert await store.keep(conn, OLDER, NOW)
    older = decide(_wish("Xanax", {}), sources.pack_of(OLDER), KNOWN.substances, NOW)
    assert older.pack_version != STRICT.version
    await _record(log, "Xanax", {}, older)
    assert await _replay(log) == ([], ReplayOutcome(replayed=1))


async def test_what_the_archive_does_not_hold_or_no_longer_as_it_was_is_not_replayed(log: Log) -> None:
    await _record(log, "Xanax", {})
    lacking = decide(_wish("Xanax", {}), replace(STRICT, sha256="0" * 64), KNOWN.substances, NOW)
    await _record(log, "Xanax", {}, lacking)
    await _record(log, "Xanax", {}, replace(lacking, pack_sha256=STRICT.sha256, reference_sha256="0" * 64))
    assert (await _replay(log))[1].not_replayed == {NO_PACK: 1, NO_REFERENCE: 1}
    async with log.owner() as conn:
        await conn.execute(text("ALTER TABLE archived_source DISABLE TRIGGER USER"))
        changed = "UPDATE archived_source SET content = replace(convert_from(content, 'UTF8'), 'block', 'allow')::bytea"
        await conn.execute(text(f"{changed} WHERE kind = 'pack'"))
    assert (await _replay(log))[1].not_replayed == {NO_PACK: 3}


async def test_a_decision_that_was_altered_is_named_by_the_verification_and_differs(log: Log) -> None:
    entry = await _record(log, SERTRALINE, {})
    await log.sign()
    altered = 'replace(evidence::text, \'["attends", "yes"]\', \'["attends", "no"]\')::jsonb'
    await log.as_attacker(f"UPDATE decision SET evidence = {altered}")
    assert {one.code for one in (await verify(log)).findings} == {FindingCode.DECISION_ALTERED}
    (one,), done = await _replay(log)
    assert (one.entry_id, done.differing, done.replayed) == (entry, 1, 1)
    assert (one.both.recorded.outcome, one.both.replayed.outcome) == ("allow", "block")
    assert "allow by rule" in str(one.both.recorded)
    assert "(not_attending" in str(one.both.replayed)


async def test_earlier_formats_and_what_cannot_be_read_are_counted(log: Log) -> None:
    for _ in range(3):
        await _record(log, "Xanax", {})
    await log.as_attacker(
        "ALTER TABLE decision DROP CONSTRAINT ck_decision_format",
        "UPDATE decision SET format = 'titrate-decision/2' WHERE audit_entry_id = 1",
        "UPDATE decision SET evidence = '[]' WHERE audit_entry_id = 2",
    )
    assert (await _replay(log))[1] == ReplayOutcome(
        replayed=1, not_replayed=Counter({EARLIER_FORMAT: 1, NOT_READABLE: 1})
    )
