"""Around the code: raw SQL as the application's login, and as the owner, against what the database itself keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Schedule
from emr.dosing.model import TimeOfDay
from emr.medications import repository as records
from emr.medications.clearance import NOTHING
from emr.medications.model import Act, ChainId, Order
from emr.prescribing import list_use_cases as medicating
from emr.prescribing import use_cases as prescribing
from emr.shared.ids import OrderId
from tests.emr.clinic import Clinic, open_clinic
from tests.emr.medicines import FORMULARY, Anything, Consultation, clear, consult, proposal


@pytest.fixture
async def visit(clinic: Clinic) -> Consultation:
    """Drew with Ada, in a visit that is in progress."""
    return await consult(clinic)


async def settled(conn: AsyncConnection) -> None:
    """Runs the checks that wait for the end of a transaction."""
    await conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def row(conn: AsyncConnection, table: str, id: UUID) -> dict[str, Any]:
    """A row without what PostgreSQL generates itself."""
    found = await conn.execute(text(f"SELECT * FROM {table} WHERE id = :id"), {"id": id})
    return {name: value for name, value in found.mappings().one().items() if not name.endswith("_or_null")}


async def refused(conn: AsyncConnection, statement: str, values: dict[str, Any] | None = None) -> str:
    """The database's complaint about a statement; the transaction goes on."""
    nested = await conn.begin_nested()

    async def attempt() -> None:
        await conn.execute(text(statement), values or {})
        await settled(conn)

    with pytest.raises(DBAPIError) as complaint:
        await attempt()
    await nested.rollback()
    await conn.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    return str(complaint.value.orig)


@pytest.mark.parametrize("table", ["medication_order", "prescription"])
async def test_nothing_written_is_changed_or_taken_away(visit: Consultation, table: str) -> None:
    await visit.start("sertraline", "50", TimeOfDay.MORNING)
    conn = visit.clinic.conn
    assert "permission denied" in await refused(conn, f"UPDATE {table} SET written_at = now()")
    assert "permission denied" in await refused(conn, f"DELETE FROM {table}")
    assert "permission denied" in await refused(conn, f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("table", ["medication_order", "prescription"])
async def test_not_even_the_owner_changes_what_was_written(owner_conn: AsyncConnection, table: str) -> None:
    visit = await consult(await open_clinic(owner_conn))
    await visit.start("sertraline", "50", TimeOfDay.MORNING)
    await settled(owner_conn)
    assert "written once" in await refused(owner_conn, f"UPDATE {table} SET written_at = now()")
    assert "written once" in await refused(owner_conn, f"DELETE FROM {table}")


async def insert(conn: AsyncConnection, table: str, values: dict[str, Any]) -> str:
    names = ", ".join(values)
    marks = ", ".join(f"CAST(:{name} AS {_TYPES.get(name, 'text')})" for name in values)
    return await refused(conn, f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


_TYPES = {
    "id": "uuid",
    "chain_id": "uuid",
    "replaces": "uuid",
    "order_id": "uuid",
    "patient_id": "uuid",
    "prescriber_id": "uuid",
    "author_id": "uuid",
    "visit_id": "uuid",
    "decision_id": "uuid",
    "encounter_id": "uuid",
    "attendance_id": "uuid",
    "check_in_id": "uuid",
    "audit_entry_id": "bigint",
    "written_at": "timestamptz",
    "recorded_at": "timestamptz",
    "valid_until": "timestamptz",
    "starts_on": "date",
    "as_needed": "boolean",
    "daily_total": "numeric",
    "days_supply": "integer",
    "refills": "integer",
    "dose": "jsonb",
    "supply": "jsonb",
    "answers": "jsonb",
}


async def copied(conn: AsyncConnection, order: Order, **changes: Any) -> dict[str, Any]:
    """The row of an order as raw SQL might write it again, a follower of itself, with changes."""
    values = await row(conn, "medication_order", order.id)
    for name in ("dose", "supply", "answers"):
        values[name] = None if values[name] is None else json.dumps(values[name])
    return values | {"id": uuid4(), "replaces": order.id, "act": "revised"} | changes


async def test_an_order_around_the_code_needs_its_prescription(visit: Consultation) -> None:
    order = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    values = await copied(visit.clinic.conn, order)
    assert "needs its prescription" in await insert(visit.clinic.conn, "medication_order", values)


async def test_an_order_around_the_code_keeps_patient_and_ingredients(visit: Consultation) -> None:
    order = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    conn = visit.clinic.conn
    held = {"act": "held", "status": "held", "product": None, "supply": None, "days_supply": None, "refills": None}
    held |= {"agreement": None}
    for change in ({"patient_id": visit.clinic.marcus}, {"ingredients": "alprazolam"}, {"chain_id": uuid4()}):
        values = await copied(conn, order, **held, **change)
        assert "fk_medication_order_replaces" in await insert(conn, "medication_order", values)


async def test_a_chain_cannot_fork_nor_go_on_after_a_stop(visit: Consultation) -> None:
    order = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    conn = visit.clinic.conn
    ended = await medicating.stop(
        visit.clinic.context(visit.clinic.drew, visit.now),
        patient_id=visit.clinic.ada,
        order_id=order.id,
        reason="Done",
    )
    fork = await copied(conn, order)
    assert "uq_medication_order_replaces" in await insert(conn, "medication_order", fork)
    after = await copied(conn, order, replaces=ended.id)
    assert "started anew" in await insert(conn, "medication_order", after)


async def test_the_pointer_moves_only_forward(visit: Consultation) -> None:
    first = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    other = (await visit.start("buspirone", "10", TimeOfDay.MORNING)).order
    conn = visit.clinic.conn
    back = "UPDATE medication_current SET order_id = :to WHERE order_id = :at"
    second = (await visit.revise(first, "75", "increase", TimeOfDay.MORNING)).order
    assert "only to the order that replaces" in await refused(conn, back, {"to": first.id, "at": second.id})
    assert "only to the order that replaces" in await refused(conn, back, {"to": other.id, "at": second.id})
    assert "permission denied" in await refused(conn, "DELETE FROM medication_current")


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("decision_outcome", "block", "ck_prescription_allowed"),
        ("decision_action", "hold", "ck_prescription_action"),
        ("schedule", "IV", "ck_prescription_schedule"),
        ("schedule", "unknown", "ck_prescription_schedule"),
        ("attendance_id", NOTHING, "ck_prescription_treats"),
        ("check_in_id", UUID(int=7), "ck_prescription_seen"),
        ("modality", "fax", "ck_prescription_modality"),
        ("product", "alprazolam 0.5 MG Oral Tablet", "fk_prescription_order_id"),
        ("patient_id", UUID(int=7), "fk_prescription_order_id"),
        ("prescriber_id", UUID(int=7), "fk_prescription_order_id"),
    ],
)
async def test_a_prescription_around_the_code_is_stopped(
    visit: Consultation, field: str, value: object, complaint: str
) -> None:
    written = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    values = await row(visit.clinic.conn, "prescription", written.prescription)
    another = replace(written.order, id=OrderId(uuid4()), replaces=None, act=Act.STARTED)
    another = replace(another, chain=ChainId(another.id))
    await records.add(visit.clinic.conn, another)
    values |= {"id": uuid4(), "order_id": another.id, "decision_id": uuid4()}
    assert complaint in await insert(visit.clinic.conn, "prescription", values | {field: value})


async def test_a_prescription_is_written_once_for_an_order_and_once_for_a_decision(visit: Consultation) -> None:
    written = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    values = await row(visit.clinic.conn, "prescription", written.prescription)
    for change, complaint in (
        ({"decision_id": uuid4()}, "uq_prescription_order_id"),
        ({"order_id": uuid4()}, "uq_prescription_decision_id"),
    ):
        answer = await insert(visit.clinic.conn, "prescription", values | {"id": uuid4()} | change)
        assert complaint in answer


async def test_a_prescription_has_no_empty_column(visit: Consultation) -> None:
    written = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    values = await row(visit.clinic.conn, "prescription", written.prescription)
    for name in values.keys() - {"recorded_at"}:
        complaint = await insert(visit.clinic.conn, "prescription", values | {"id": uuid4(), name: None})
        supply = name in ("days_supply", "refills")  # rows of version 0.1.0 hold none
        assert ("ck_prescription_supply" if supply else "null value in column") in complaint, name


async def test_a_decision_that_has_run_out_by_the_databases_clock_buys_nothing(visit: Consultation) -> None:
    past = visit.now - timedelta(days=1)
    made = proposal("sertraline", "50", TimeOfDay.MORNING, starts_on=visit.today)
    clearance = await clear(visit.clinic, made, "new", visit.visit, now=past)
    with pytest.raises(IntegrityError, match="no longer valid"):
        await prescribing.start(
            visit.clinic.context(visit.clinic.drew, past),
            formulary=FORMULARY,
            visit_id=visit.visit.id,
            patient_id=visit.clinic.ada,
            proposal=made,
            answers=Anything(),
            clearance=clearance,
        )


async def test_a_controlled_medicine_is_prescribed_in_person_only(clinic: Clinic) -> None:
    """The floor beneath every policy: even a clearance that says otherwise is stopped by the database."""
    visit = await consult(clinic)
    made = proposal("lorazepam", "0.5", TimeOfDay.NIGHT, starts_on=visit.today)
    with pytest.raises(IntegrityError, match="scheduled more strictly"):
        async with clinic.conn.begin_nested():
            await clear(clinic, made, "new", visit.visit, now=visit.now)
    other = proposal("sertraline", "50", TimeOfDay.MORNING, starts_on=visit.today)
    uncontrolled = await clear(clinic, other, "new", visit.visit, now=visit.now)
    lying = replace(uncontrolled, product=made.product, schedule=Schedule.IV.value)
    with pytest.raises(IntegrityError, match=r"ck_prescription_schedule|fk_prescription"):
        await prescribing.start(
            clinic.context(clinic.drew, visit.now),
            formulary=FORMULARY,
            visit_id=visit.visit.id,
            patient_id=clinic.ada,
            proposal=made,
            answers=Anything(),
            clearance=lying,
        )
