"""Decisions are recorded whole, with their entry; the floor holds whatever the code says."""

from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.errors import InvalidEntry
from compliance.audit.typed_text import store, texts
from compliance.prescribing import decision_row, decisions
from compliance.prescribing.decision import Decision
from compliance.shared.tables import audit_content, audit_entry, audit_text, decision
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction, Schedule
from tests.compliance.conftest import (
    ADA,
    DREW,
    LORAZEPAM,
    NOW,
    SERTRALINE,
    VISIT,
    Log,
    a_block,
    a_decision,
    an_entry,
    record,
)

DISPENSING = [one for one in PrescribingAction if one.dispenses]
CONTROLLED = [one for one in Schedule if one.controlled]


@pytest.mark.parametrize("made", [a_decision(), a_block(), a_block(schedule=None, ingredients=())])
async def test_a_decision_is_read_back_as_it_was_made(conn: AsyncConnection, made: Decision) -> None:
    recorded = await record(conn, made)
    found = await decisions.read(conn, recorded.id)
    assert found is not None
    assert found.decision == made
    assert (found.patient_id, found.prescriber_id, found.encounter_id) == (ADA, DREW, VISIT)
    named = "unrecognized" if made.schedule is None else SERTRALINE
    assert (found.product, found.patient_state, found.format) == (named, "FL", "titrate-decision/3")
    assert found.audit_entry_id == recorded.audit_entry_id
    assert found.seal is None


async def test_an_unknown_decision_is_none(conn: AsyncConnection) -> None:
    assert await decisions.read(conn, uuid4()) is None


@pytest.mark.parametrize(("made", "outcome"), [(a_decision(), "allowed"), (a_block(), "blocked")])
async def test_its_entry_holds_ids_and_codes_and_the_digest_of_the_row(
    conn: AsyncConnection, made: Decision, outcome: str
) -> None:
    recorded = await record(conn, made)
    entry = (await conn.execute(select(audit_entry).where(audit_entry.c.id == recorded.audit_entry_id))).one()
    assert (entry.action, entry.outcome, entry.rule) == ("prescription.decide", outcome, made.rule)
    assert (entry.subject_type, entry.subject_id) == ("decision", str(recorded.id))
    assert (entry.actor_id, entry.patient_id, entry.visit_id) == (DREW, ADA, VISIT)
    content = await conn.scalar(
        select(audit_content.c.content).where(audit_content.c.entry_id == recorded.audit_entry_id)
    )
    assert content is not None
    typed = content.pop("typed_product")
    assert content == {
        "prescribing_action": "new",
        "schedule": made.schedule_word,
        "modality": "video",
        "pack": "strict-block",
        "pack_version": "1.4",
    }
    kept = (await conn.execute(select(audit_text))).one()
    assert (kept.entry_id, kept.name, kept.content) == (entry.id, "product", SERTRALINE)
    assert typed == sha256(kept.salt + f'"{SERTRALINE}"'.encode()).hexdigest()
    row = (await conn.execute(select(decision))).one()._asdict()
    assert entry.digest == decision_row.digest_of(decision_row.as_hashed(row))


@pytest.mark.parametrize(
    ("made", "typed", "product"),
    [
        (a_block(), "Xanax for Ada Quist", "alprazolam"),
        (a_block(ingredients=("alprazolam", "lorazepam")), "Xanax, Ativan", "alprazolam + lorazepam"),
        (a_block(ingredients=tuple(f"substance-{n}" for n in range(40))), "forty", "40 substances"),
        (a_block(), LORAZEPAM, LORAZEPAM),
        (a_block(schedule=None, ingredients=("alprazolam",)), "Ada Quist alprazolam", "unrecognized"),
        (a_block(schedule=None, ingredients=()), LORAZEPAM, "unrecognized"),
    ],
)
async def test_the_row_holds_a_canonical_name_and_the_text_lies_beside_it(
    conn: AsyncConnection, made: Decision, typed: str, product: str
) -> None:
    recorded = await record(conn, made, product=typed)
    row = (await conn.execute(select(decision))).one()
    assert (recorded.product, row.product) == (product, product)
    assert await store.read(conn, recorded.audit_entry_id, "product") == typed


async def test_a_text_that_its_entry_does_not_hold_is_not_read(conn: AsyncConnection) -> None:
    recorded = await record(conn, a_block())
    forged = texts.salted("Xanax")
    other = await audit.append(conn, an_entry())
    await store.write(conn, other, "product", forged)
    await store.write(conn, recorded.audit_entry_id, "indication", forged)
    assert await store.read(conn, other, "product") is None
    assert await store.read(conn, recorded.audit_entry_id, "indication") is None


async def test_without_an_encounter_the_nil_id_stands_in_the_row(conn: AsyncConnection) -> None:
    recorded = await record(conn, a_block(modality=Modality.NONE), encounter_id=None)
    assert recorded.encounter_id == decision_row.NOTHING
    found = await decisions.read(conn, recorded.id)
    assert found is not None
    assert found.encounter_id is None


async def test_every_column_of_the_clearance_key_is_not_null(conn: AsyncConnection) -> None:
    key = next(one for one in decision.constraints if one.name == "uq_decision_clearance")
    columns = [column.name for column in key.columns]  # type: ignore[attr-defined]  # a UniqueConstraint
    nullable = await conn.scalars(
        text("SELECT column_name FROM information_schema.columns WHERE table_name='decision' AND is_nullable='YES'")
    )
    assert len(columns) == 12
    assert set(nullable) & set(columns) == set()


@pytest.mark.parametrize(
    ("made", "changes", "field"),
    [
        (a_block(), {"product": "sertra\0line"}, "typed"),
        (a_block(), {"product": "sertra\ud800line"}, "typed"),
        (a_decision(), {"encounter_id": None}, "encounter_id"),
        (a_block(modality=Modality.NONE), {"encounter_id": VISIT}, "encounter_id"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_by_field(
    conn: AsyncConnection, made: Decision, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidEntry) as refused:
        await record(conn, made, **changes)
    assert refused.value.field == field


@pytest.mark.parametrize("action", DISPENSING)
@pytest.mark.parametrize("modality", [Modality.VIDEO, Modality.AUDIO, Modality.NONE])
@pytest.mark.parametrize("schedule", [*CONTROLLED, None])
async def test_no_remote_allowance_of_a_controlled_or_unknown_name_can_be_stored(
    conn: AsyncConnection, action: PrescribingAction, modality: Modality, schedule: Schedule | None
) -> None:
    made = a_decision(action=action, modality=modality, schedule=schedule)
    with pytest.raises(IntegrityError, match="ck_decision_floor"):
        await record(conn, made)


@pytest.mark.parametrize("schedule", [Schedule.I, None])
async def test_schedule_one_and_unknown_names_are_not_allowed_in_person_either(
    conn: AsyncConnection, schedule: Schedule | None
) -> None:
    with pytest.raises(IntegrityError, match="ck_decision_floor"):
        await record(conn, a_decision(modality=Modality.IN_PERSON, schedule=schedule))


@pytest.mark.parametrize(
    ("made", "product"),
    [
        (a_decision(modality=Modality.IN_PERSON, schedule=Schedule.IV, ingredients=("lorazepam",)), LORAZEPAM),
        (a_decision(action=PrescribingAction.DISCONTINUE, schedule=Schedule.IV), SERTRALINE),
        (a_decision(action=PrescribingAction.HOLD, schedule=None), SERTRALINE),
        (a_decision(outcome=DecisionOutcome.BLOCK, schedule=Schedule.I), SERTRALINE),
    ],
)
async def test_the_floor_leaves_room_for_what_the_law_allows(
    conn: AsyncConnection, made: Decision, product: str
) -> None:
    recorded = await record(conn, made, product=product)
    assert recorded.decision == made


async def test_a_decision_that_was_never_valid_is_refused(conn: AsyncConnection) -> None:
    with pytest.raises(IntegrityError, match="ck_decision_valid_until"):
        await record(conn, a_decision(valid_until=NOW - timedelta(seconds=1)))


async def test_a_sealed_decision_says_where_it_stands(log: Log) -> None:
    await log.append(2)
    recorded = await log.decide()
    await log.seal_all()
    async with log.app.connect() as conn:
        found = await decisions.read(conn, recorded.id)
    assert found is not None
    assert found.seal is not None
    assert (found.seal.leaf_index, found.seal.sealed_at, found.seal.checkpoint_size) == (2, NOW, None)
    await log.sign()
    await log.append()
    await log.sign()
    async with log.app.connect() as conn:
        found = await decisions.read(conn, recorded.id)
    assert found is not None
    assert found.seal is not None
    assert found.seal.checkpoint_size == 3
