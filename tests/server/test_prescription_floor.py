"""Around the code: raw SQL as the application's login, against the floor that the database keeps by itself.

The premise is a chain made by the use cases: a decision that allows, its audit entry, an order, its prescription. Then
the same rows are written by hand with one thing wrong, each in its own way.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.presence import attending
from tests.emr.medicines import Consultation
from tests.server.prescription_rows import (
    KEY,
    NIL,
    another_decision,
    another_order,
    copy,
    prescribe,
    row,
    seen_in_person,
)

# A prescription


async def test_the_premise_a_second_order_with_a_decision_of_its_own_is_prescribed(
    conn: AsyncConnection, chain: Mapping[str, Any]
) -> None:
    order, decision = await another_order(conn, chain), await another_decision(conn, chain)
    await prescribe(conn, chain, order, decision)
    assert (await conn.execute(text("SELECT count(*) FROM prescription"))).scalar_one() == 2


async def test_without_a_decision_there_is_no_prescription(conn: AsyncConnection, chain: Mapping[str, Any]) -> None:
    order = await another_order(conn, chain)
    with pytest.raises(DBAPIError, match="fk_prescription_decision"):
        await prescribe(conn, chain, order, uuid4())


async def test_a_blocked_decision_buys_nothing(conn: AsyncConnection, chain: Mapping[str, Any]) -> None:
    order, decision = await another_order(conn, chain), await another_decision(conn, chain, outcome="block")
    with pytest.raises(DBAPIError, match="fk_prescription_decision"):
        await prescribe(conn, chain, order, decision)


async def test_a_blocked_decision_cannot_be_named_as_such_either(
    conn: AsyncConnection, chain: Mapping[str, Any]
) -> None:
    order, decision = await another_order(conn, chain), await another_decision(conn, chain, outcome="block")
    with pytest.raises(DBAPIError, match="ck_prescription_allowed"):
        await prescribe(conn, chain, order, decision, decision_outcome="block")


async def test_a_decision_is_used_once(conn: AsyncConnection, chain: Mapping[str, Any]) -> None:
    order = await another_order(conn, chain)
    with pytest.raises(DBAPIError, match="uq_prescription_decision_id"):
        await prescribe(conn, chain, order, chain["decision_id"])


async def test_an_expired_decision_buys_nothing(conn: AsyncConnection, chain: Mapping[str, Any]) -> None:
    past = datetime.now(UTC) - timedelta(minutes=16)
    until = past + timedelta(minutes=15)
    order = await another_order(conn, chain)
    decision = await another_decision(conn, chain, decided_at=past, valid_until=until)
    with pytest.raises(DBAPIError, match="no longer valid"):
        await prescribe(conn, chain, order, decision, valid_until=until, written_at=past)


async def test_an_expired_decision_is_not_stretched(conn: AsyncConnection, chain: Mapping[str, Any]) -> None:
    past = datetime.now(UTC) - timedelta(minutes=16)
    order = await another_order(conn, chain)
    decision = await another_decision(conn, chain, decided_at=past, valid_until=past + timedelta(minutes=15))
    with pytest.raises(DBAPIError, match="fk_prescription_decision"):
        await prescribe(conn, chain, order, decision)


OTHERS = (
    ("patient_id", "marcus"),
    ("prescriber_id", "tomas"),
    ("product", "escitalopram 10 MG Oral Tablet"),
    ("modality", "in_person"),
    ("modality", "audio"),
    ("decision_action", "increase"),
    ("decision_action", "renew"),
    ("schedule", "IV"),
    ("encounter_id", NIL),
    ("encounter_id", UUID(int=7)),
    ("valid_until", datetime(2199, 1, 1, tzinfo=UTC)),
)


@pytest.mark.parametrize(("column", "value"), OTHERS, ids=[f"{name}={value}" for name, value in OTHERS])
async def test_a_decision_about_something_else_buys_nothing(
    conn: AsyncConnection, visit: Consultation, chain: Mapping[str, Any], column: str, value: object
) -> None:
    """The order fits the prescription in each case, so that only the decision's key is in the way."""
    wrong = getattr(visit.clinic, value) if value in ("marcus", "tomas") else value
    fitting = {"patient_id": "patient_id", "prescriber_id": "author_id", "product": "product"}
    order = await another_order(conn, chain, **({fitting[column]: wrong} if column in fitting else {}))
    decision = await another_decision(conn, chain)
    with pytest.raises(DBAPIError, match=r"fk_prescription_decision|ck_prescription_schedule"):
        await prescribe(conn, chain, order, decision, **{column: wrong})


@pytest.mark.parametrize("column", ["patient_id", "prescriber_id", "product"])
async def test_a_fitting_decision_does_not_help_an_order_about_something_else(
    conn: AsyncConnection, visit: Consultation, chain: Mapping[str, Any], column: str
) -> None:
    """Decision and prescription agree; the order is for Ada, by Drew, of 50 mg of sertraline."""
    clinic, order = visit.clinic, await another_order(conn, chain)
    wrong = {"patient_id": clinic.marcus, "prescriber_id": clinic.tomas, "product": "sertraline 25 MG Oral Tablet"}
    change: dict[str, Any] = {column: wrong[column]}
    if column == "patient_id":
        his = await clinic.hold(await clinic.book(clinic.marcus, start=visit.now), end=False)
        treats = await attending.attending(conn, his.id)
        change |= {"encounter_id": his.id, "attendance_id": treats and treats.id}
    if column == "prescriber_id":
        treats = await attending.take_over(clinic.context(clinic.tomas, visit.now), visit.visit.id, clinic.ada)
        change |= {"attendance_id": treats.id}
    decision = await another_decision(conn, chain, **change)
    with pytest.raises(DBAPIError, match="fk_prescription_order_id_patient_id_prescriber_id_product"):
        await prescribe(conn, chain, order, decision, **change)


@pytest.mark.parametrize("column", KEY)
async def test_no_column_of_the_key_may_be_empty(conn: AsyncConnection, chain: Mapping[str, Any], column: str) -> None:
    """With a NULL in it PostgreSQL would skip the whole foreign key."""
    order, decision = await another_order(conn, chain), await another_decision(conn, chain)
    with pytest.raises(DBAPIError, match=f'null value in column "{column}"'):
        await prescribe(conn, chain, order, decision, **{column: None})


@pytest.mark.parametrize("column", [name.removeprefix("decision_") for name in KEY if name != "decision_id"])
async def test_no_column_of_the_decisions_side_may_be_empty(
    conn: AsyncConnection, chain: Mapping[str, Any], column: str
) -> None:
    if column == "audit_entry_id":
        with pytest.raises(DBAPIError, match="null value"):
            await copy(conn, "decision", chain["decision_id"], audit_entry_id=None)
        return
    with pytest.raises(DBAPIError, match=f'null value in column "{column}"'):
        await another_decision(conn, chain, **{column: None})


async def test_the_key_names_every_column_that_a_decision_is_about(conn: AsyncConnection) -> None:
    asked = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'fk_prescription_decision'"
    definition = (await conn.execute(text(asked))).scalar_one()
    for column in KEY[:-1]:
        assert column in definition.split("REFERENCES")[0]


async def test_an_audit_entry_that_is_not_there_buys_nothing(conn: AsyncConnection, chain: Mapping[str, Any]) -> None:
    order, decision = await another_order(conn, chain), await another_decision(conn, chain)
    with pytest.raises(DBAPIError, match="fk_prescription_audit_entry_id"):
        await prescribe(conn, chain, order, decision, audit_entry_id=2**40)


# A decision below the floor

BELOW = (
    {"schedule": "IV"},
    {"schedule": "II"},
    {"schedule": "V", "action": "renew"},
    {"schedule": "III", "action": "decrease"},
    {"schedule": "IV", "action": "increase"},
    {"schedule": "IV", "action": "continue"},
    {"schedule": "unknown"},
    {"schedule": "IV", "modality": "none", "encounter_id": NIL},
    {"schedule": "unknown", "modality": "none", "encounter_id": NIL},
)


@pytest.mark.parametrize("change", BELOW, ids=[" ".join(map(str, change.values())) for change in BELOW])
async def test_a_remote_decision_below_the_floor_cannot_be_written(
    conn: AsyncConnection, chain: Mapping[str, Any], change: Mapping[str, Any]
) -> None:
    with pytest.raises(DBAPIError, match="ck_decision_floor"):
        await another_decision(conn, chain, **change)


@pytest.mark.parametrize("change", BELOW, ids=[" ".join(map(str, change.values())) for change in BELOW])
async def test_the_same_as_a_block_can_be_written(
    conn: AsyncConnection, chain: Mapping[str, Any], change: Mapping[str, Any]
) -> None:
    named = {"product": "unrecognized"} if change["schedule"] == "unknown" else {}
    made = await another_decision(conn, chain, **change, **named, outcome="block")
    assert (await row(conn, "decision", made))["outcome"] == "block"


@pytest.mark.parametrize("schedule", ["I", "unknown"])
async def test_schedule_one_and_unknown_are_not_allowed_in_person_either(
    conn: AsyncConnection, visit: Consultation, chain: Mapping[str, Any], schedule: str
) -> None:
    change = await seen_in_person(visit)
    await another_decision(conn, chain, **change, schedule="IV")  # the premise: the others are
    with pytest.raises(DBAPIError, match="ck_decision_floor"):
        await another_decision(conn, chain, **change, schedule=schedule)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"encounter_id": NIL}, "ck_decision_encounter"),
        ({"modality": "none"}, "ck_decision_encounter"),
        ({"encounter_id": UUID(int=7)}, "fk_decision_encounter"),
        ({"modality": "in_person"}, "fk_decision_encounter"),
        ({"modality": "in_person", "schedule": "II", "check_in_id": UUID(int=7)}, "fk_decision_encounter"),
        ({"modality": "fax"}, "ck_decision_modality"),
        ({"action": "refill"}, "ck_decision_action"),
        ({"schedule": "VI", "outcome": "block"}, "ck_decision_schedule"),
        ({"outcome": "maybe"}, "ck_decision_outcome"),
        ({"valid_until": datetime(2000, 1, 1, tzinfo=UTC)}, "ck_decision_valid_until"),
    ],
)
async def test_a_decision_agrees_with_its_encounters_own_row(
    conn: AsyncConnection, chain: Mapping[str, Any], change: Mapping[str, Any], constraint: str
) -> None:
    """A video visit cannot be called in person, and no decision stands without knowing where it was made."""
    with pytest.raises(DBAPIError, match=constraint):
        await another_decision(conn, chain, **change)


async def test_a_decision_for_another_patient_than_the_visits_cannot_be_written(
    conn: AsyncConnection, visit: Consultation, chain: Mapping[str, Any]
) -> None:
    with pytest.raises(DBAPIError, match="fk_decision_encounter"):
        await another_decision(conn, chain, patient_id=visit.clinic.marcus)
