"""Around the code: raw SQL as the application's login, against the floor that the database keeps by itself.

The premise is a chain made by the use cases: a decision that allows, its audit entry, an order, its prescription. Then
the same rows are written by hand with one thing wrong, each in its own way.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.dose import Moment
from emr.visit import Modality
from server import database as databases
from tests.conftest import Database
from tests.emr.clinic import open_clinic
from tests.emr.medicines import Consultation, clear, consult, proposal

NIL = UUID(int=0)
KEY = (
    "decision_id",
    "decision_outcome",
    "decision_action",
    "encounter_id",
    "modality",
    "schedule",
    "patient_id",
    "prescriber_id",
    "product",
    "valid_until",
    "audit_entry_id",
)


@pytest.fixture
async def visit(conn: AsyncConnection) -> Consultation:
    """Drew with Ada by video, in progress; the transaction is the application's and is rolled back."""
    return await consult(await open_clinic(conn))


@pytest.fixture
async def chain(visit: Consultation) -> Mapping[str, Any]:
    """The row of a prescription that the use cases wrote."""
    written = await visit.start("sertraline", "50", Moment.MORNING)
    await visit.clinic.conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    await visit.clinic.conn.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    return await row(visit.clinic.conn, "prescription", written.prescription)


async def row(conn: AsyncConnection, table: str, id: UUID) -> Mapping[str, Any]:
    found = await conn.execute(text(f"SELECT * FROM {table} WHERE id = :id"), {"id": id})
    return dict(found.mappings().one())


async def copy(conn: AsyncConnection, table: str, of: UUID, **changes: Any) -> UUID:
    """Write a row again under an id of its own, with changes; what PostgreSQL generates is left to it."""
    values = {"id": uuid4(), **changes}
    asked = "SELECT column_name FROM information_schema.columns WHERE table_name = :table AND is_generated = 'NEVER'"
    columns = (await conn.execute(text(asked), {"table": table})).scalars().all()
    chosen = [f"CAST(:{name} AS {_TYPES.get(name, 'text')})" if name in values else f"t.{name}" for name in columns]
    statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(chosen)} FROM {table} t WHERE t.id = :of"
    await conn.execute(text(statement), {**values, "of": of})
    made: UUID = values["id"]
    return made


_TYPES = {
    "id": "uuid",
    "chain_id": "uuid",
    "replaces": "uuid",
    "order_id": "uuid",
    "decision_id": "uuid",
    "patient_id": "uuid",
    "prescriber_id": "uuid",
    "author_id": "uuid",
    "encounter_id": "uuid",
    "audit_entry_id": "bigint",
    "valid_until": "timestamptz",
    "decided_at": "timestamptz",
    "written_at": "timestamptz",
}


async def another_order(conn: AsyncConnection, chain: Mapping[str, Any], **changes: Any) -> UUID:
    """A second order like the first, current in a chain of its own, which still lacks its prescription."""
    made = uuid4()
    await copy(conn, "medication_order", chain["order_id"], id=made, chain_id=made, **changes)
    pointer = "INSERT INTO medication_current VALUES (:id, :patient, :id, now())"
    await conn.execute(text(pointer), {"id": made, "patient": changes.get("patient_id", chain["patient_id"])})
    return made


async def another_decision(conn: AsyncConnection, chain: Mapping[str, Any], **changes: Any) -> UUID:
    """A second decision like the first, with an audit entry of its own."""
    entry = (
        "INSERT INTO audit_entry (transaction_id, occurred_at, recorded_at, actor_role, action, outcome, rule,"
        " subject_type, content_digest) SELECT 0, now(), now(), actor_role, action, outcome, rule, subject_type,"
        " content_digest FROM audit_entry WHERE id = :id RETURNING id"
    )
    entry_id = (await conn.execute(text(entry), {"id": chain["audit_entry_id"]})).scalar_one()
    return await copy(conn, "decision", chain["decision_id"], audit_entry_id=entry_id, **changes)


async def prescribe(
    conn: AsyncConnection, chain: Mapping[str, Any], order: UUID, decision: UUID, **changes: Any
) -> None:
    """A prescription for the order under the decision, all constraints looked at."""
    entry = (await conn.execute(text("SELECT audit_entry_id FROM decision WHERE id = :id"), {"id": decision})).scalar()
    wanted = {"order_id": order, "decision_id": decision, "audit_entry_id": entry or chain["audit_entry_id"], **changes}
    await copy(conn, "prescription", chain["id"], **wanted)
    await conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def complaint(conn: AsyncConnection, statement: str) -> str:
    """What the database says to a statement; the transaction goes on."""
    nested = await conn.begin_nested()
    with pytest.raises(DBAPIError) as refused:
        await conn.execute(text(statement))
    await nested.rollback()
    return str(refused.value.orig)


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
    """Decision and prescription agree; the order is for Ada, by Drew, of sertraline."""
    wrong = {"patient_id": visit.clinic.marcus, "prescriber_id": visit.clinic.tomas, "product": "alprazolam 0.5 MG"}
    order, change = await another_order(conn, chain), {column: wrong[column]}
    if column == "patient_id":  # of Marcus there is no such visit, so the decision is one without an encounter
        change |= {"encounter_id": NIL, "modality": "none"}
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
    made = await another_decision(conn, chain, **change, outcome="block")
    assert (await row(conn, "decision", made))["outcome"] == "block"


@pytest.mark.parametrize("schedule", ["I", "unknown"])
async def test_schedule_one_and_unknown_are_not_allowed_in_person_either(
    conn: AsyncConnection, visit: Consultation, chain: Mapping[str, Any], schedule: str
) -> None:
    in_person = await visit.clinic.book(start=visit.now + timedelta(hours=2), modality=Modality.IN_PERSON)
    change: dict[str, Any] = {"modality": "in_person", "encounter_id": in_person.id}
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
        ({"modality": "in_person", "schedule": "II"}, "fk_decision_encounter"),
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


# An order, a visit, and what is written once


async def test_an_order_that_prescribes_needs_its_prescription(conn: AsyncConnection, chain: Mapping[str, Any]) -> None:
    await another_order(conn, chain)
    with pytest.raises(DBAPIError, match="needs its prescription"):
        await conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def test_a_change_needs_a_decision_about_a_change(conn: AsyncConnection, chain: Mapping[str, Any]) -> None:
    """A decision to start does not buy a raise."""
    second = await copy(conn, "medication_order", chain["order_id"], act="revised", replaces=chain["order_id"])
    pointer = "UPDATE medication_current SET order_id = :to WHERE order_id = :at"
    await conn.execute(text(pointer), {"to": second, "at": chain["order_id"]})
    decision = await another_decision(conn, chain)
    with pytest.raises(DBAPIError, match="needs its prescription"):
        await prescribe(conn, chain, second, decision)


WRITTEN_ONCE = (
    "decision",
    "prescription",
    "medication_order",
    "audit_entry",
    "audit_content",
    "audit_leaf",
    "checkpoint",
    "note_seal",
    "visit_statement",
    "visit_event",
    "identity",
)


@pytest.mark.parametrize("table", WRITTEN_ONCE)
async def test_what_is_written_once_is_not_changed_by_the_application(
    conn: AsyncConnection, chain: Mapping[str, Any], table: str
) -> None:
    assert chain
    asked = (
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = :table AND is_generated = 'NEVER' AND is_identity = 'NO'"
    )
    column = (await conn.execute(text(asked), {"table": table})).scalars().first()
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        assert "permission denied" in await complaint(conn, statement)


@pytest.mark.parametrize("table", WRITTEN_ONCE[:7])
async def test_not_even_the_owner_changes_it_in_passing(owner_conn: AsyncConnection, table: str) -> None:
    visit = await consult(await open_clinic(owner_conn))
    await visit.start("sertraline", "50", Moment.MORNING)
    await owner_conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert "written once" in await complaint(owner_conn, f"TRUNCATE {table} CASCADE")
    if table in ("audit_leaf", "checkpoint"):
        return  # nothing is sealed in this transaction, so there is no row to change
    for statement in (f"UPDATE {table} SET {first_column(table)} = {first_column(table)}", f"DELETE FROM {table}"):
        assert "written once" in await complaint(owner_conn, statement)


def first_column(table: str) -> str:
    return {"audit_content": "salt", "audit_entry": "rule"}.get(table, "patient_id")


async def test_the_guards_cannot_be_switched_off_by_the_application(
    conn: AsyncConnection, chain: Mapping[str, Any]
) -> None:
    assert chain
    for statement in (
        "SET session_replication_role = replica",
        "ALTER TABLE decision DISABLE TRIGGER ALL",
        "DROP TRIGGER decision_written_once ON decision",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE OR REPLACE FUNCTION prescription_too_late(valid_until timestamptz, recorded_at timestamptz)"
        " RETURNS boolean LANGUAGE sql AS 'SELECT false'",
        "INSERT INTO demo_mark VALUES (now())",
        "ALTER TABLE prescription DROP CONSTRAINT fk_prescription_decision",
        "CREATE TABLE public.mine (n int)",
        "SET ROLE titrate_owner",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ):
        said = await complaint(conn, statement)
        assert "permission denied" in said or "must be owner" in said, (statement, said)


async def test_a_temporary_table_does_not_stand_in_for_the_mark_of_a_demo(
    conn: AsyncConnection, chain: Mapping[str, Any]
) -> None:
    """The clock's check names its table with its schema: a table of the session must not switch it off."""
    nested = await conn.begin_nested()
    try:
        await conn.execute(text("CREATE TEMPORARY TABLE demo_mark (marked_at timestamptz)"))
        await conn.execute(text("INSERT INTO demo_mark VALUES (now())"))
    except DBAPIError:
        await nested.rollback()  # it may not even make one
    past = datetime.now(UTC) - timedelta(minutes=16)
    until = past + timedelta(minutes=15)
    order = await another_order(conn, chain)
    decision = await another_decision(conn, chain, decided_at=past, valid_until=until)
    with pytest.raises(DBAPIError, match="no longer valid"):
        await prescribe(conn, chain, order, decision, valid_until=until, written_at=past)


@pytest.mark.parametrize(
    "change", ["modality = 'in_person'", "patient_id = :marcus", "status = 'scheduled'", "prescriber_id = :marcus"]
)
async def test_a_visit_that_has_begun_keeps_its_patient_and_modality(
    conn: AsyncConnection, visit: Consultation, change: str
) -> None:
    """Modality decides what law applies; a way back to 'scheduled' would be a way around it."""
    statement = f"UPDATE visit SET {change} WHERE id = :id"
    values = {"id": visit.visit.id} | ({"marcus": visit.clinic.marcus} if ":marcus" in change else {})
    with pytest.raises(DBAPIError, match=r"never change|are fixed|does not go from"):
        await conn.execute(text(statement), values)


async def test_a_visit_that_has_not_begun_may_still_be_moved_into_the_clinic(
    conn: AsyncConnection, visit: Consultation
) -> None:
    other = await visit.clinic.book(start=visit.now + timedelta(hours=2))
    await conn.execute(text("UPDATE visit SET modality = 'in_person' WHERE id = :id"), {"id": other.id})


async def test_a_visit_with_a_decision_keeps_its_modality_even_before_it_begins(
    conn: AsyncConnection, visit: Consultation, chain: Mapping[str, Any]
) -> None:
    other = await visit.clinic.book(start=visit.now + timedelta(hours=2))
    await another_decision(conn, chain, encounter_id=other.id)
    with pytest.raises(DBAPIError, match="fk_decision_encounter"):
        await conn.execute(text("UPDATE visit SET modality = 'in_person' WHERE id = :id"), {"id": other.id})


# A demo's history


@pytest.fixture
async def demo(database: Database) -> AsyncIterator[AsyncConnection]:
    """The application's login in a transaction that sees this database marked as a demo's; the mark is gone after."""
    engine = databases.one_shot_engine(database.owner_url)
    async with engine.begin() as owner:
        await databases.mark_demo(owner, datetime.now(UTC))
    application = databases.one_shot_engine(database.app_url)
    async with application.connect() as connection:
        transaction = await connection.begin()
        yield connection
        await transaction.rollback()
    await application.dispose()
    async with engine.begin() as owner:
        await owner.execute(text("SET ROLE titrate_owner"))
        await owner.execute(text("DELETE FROM demo_mark"))
    await engine.dispose()


async def test_a_marked_database_takes_a_past_and_nothing_else_that_others_refuse(demo: AsyncConnection) -> None:
    visit = await consult(await open_clinic(demo))
    written = await visit.start("sertraline", "50", Moment.MORNING)
    await demo.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    await demo.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    chain = await row(demo, "prescription", written.prescription)
    past = datetime.now(UTC) - timedelta(days=90)
    until = past + timedelta(minutes=15)
    order = await another_order(demo, chain)
    old = await another_decision(demo, chain, decided_at=past, valid_until=until)
    for statement, change, reason in (
        ("later than it was valid", {"written_at": until + timedelta(seconds=1)}, "ck_prescription_in_time"),
        ("another product", {"product": "escitalopram 10 MG Oral Tablet"}, "fk_prescription"),
        ("stretched", {"valid_until": until + timedelta(days=1)}, "fk_prescription_decision"),
        ("no decision", {"decision_id": uuid4()}, "fk_prescription_decision"),
    ):
        nested = await demo.begin_nested()
        with pytest.raises(DBAPIError, match=reason):
            await prescribe(demo, chain, order, old, **{"valid_until": until, "written_at": past, **change})
        await nested.rollback()
        assert statement
    await prescribe(demo, chain, order, old, valid_until=until, written_at=past)
    with pytest.raises(DBAPIError, match="ck_decision_floor"):
        await another_decision(demo, chain, schedule="IV")


async def test_the_use_cases_end_in_the_rows_that_were_tried(visit: Consultation, chain: Mapping[str, Any]) -> None:
    """The premise of all above: what the code writes is what the hand-written rows imitate."""
    conn = visit.clinic.conn
    decision = await row(conn, "decision", chain["decision_id"])
    order = await row(conn, "medication_order", chain["order_id"])
    for column in KEY[3:]:
        assert decision[column] == chain[column]
    assert (order["patient_id"], order["author_id"]) == (chain["patient_id"], chain["prescriber_id"])
    made = proposal("escitalopram", "10", Moment.MORNING, starts_on=visit.today)
    assert (await clear(visit.clinic, made, "new", visit.visit, now=visit.now)).outcome == "allow"
