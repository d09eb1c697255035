"""Around the code again: what raw SQL cannot change, and the one thing that a demo's mark relaxes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.prescribing.decision import VALIDITY
from emr.dosing.model import TimeOfDay
from tests.emr.clinic import open_clinic
from tests.emr.medicines import Consultation, clear, consult, proposal
from tests.server.prescription_rows import (
    KEY,
    another_decision,
    another_order,
    complaint,
    copy,
    prescribe,
    row,
)

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


NO_SUPPLY = dict.fromkeys(("product", "supply", "days_supply", "refills", "agreement"))


async def test_a_reported_medicine_is_not_held_as_if_it_were_prescribed_here(
    conn: AsyncConnection, chain: Mapping[str, Any]
) -> None:
    told, ends = uuid4(), {"act": "held", "status": "held", "kind": "prescribed_here"}
    named = {"name": "alprazolam", "ingredients": "alprazolam", "kind": "self_reported", "act": "reported"}
    await copy(conn, "medication_order", chain["order_id"], id=told, chain_id=told, **named, **NO_SUPPLY)
    with pytest.raises(DBAPIError, match="never one chain"):
        await copy(conn, "medication_order", told, chain_id=told, replaces=told, **ends)


@pytest.mark.parametrize("field", ["name", "sentence", "sig"])
async def test_holding_a_medicine_does_not_make_it_another(
    conn: AsyncConnection, chain: Mapping[str, Any], field: str
) -> None:
    held = {"act": "held", "status": "held", "replaces": chain["order_id"], **NO_SUPPLY, field: "alprazolam 2 mg"}
    with pytest.raises(DBAPIError, match="changes nothing else"):
        await copy(conn, "medication_order", chain["order_id"], **held)


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
    "attendance",
    "check_in",
    "check_in_confirmation",
    "call_join",
    "visit_correction",
    "alert_left_open",
    "crisis_contact",
    "crisis_step",
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
    await visit.start("sertraline", "50", TimeOfDay.MORNING)
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
        "CREATE OR REPLACE FUNCTION told_now(told timestamptz) RETURNS timestamptz LANGUAGE sql AS 'SELECT told'",
        "CREATE OR REPLACE FUNCTION check_in_trouble(asked uuid, at timestamptz)"
        " RETURNS text LANGUAGE sql AS 'SELECT NULL'",
        "CREATE OR REPLACE FUNCTION attends_now(asked uuid, visit uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
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
@pytest.mark.parametrize("by_owner", [False, True])
async def test_a_visit_that_has_begun_keeps_its_patient_and_modality(
    conn: AsyncConnection, owner_conn: AsyncConnection, by_owner: bool, change: str
) -> None:
    """Modality decides what law applies; a way back to 'scheduled' would be a way around it."""
    login = owner_conn if by_owner else conn
    visit = await consult(await open_clinic(login))
    statement = f"UPDATE visit SET {change} WHERE id = :id"
    values = {"id": visit.visit.id} | ({"marcus": visit.clinic.marcus} if ":marcus" in change else {})
    granted = by_owner or "status" in change
    reason = r"never change|are fixed|does not go from" if granted else "permission denied"
    with pytest.raises(DBAPIError, match=reason):
        await login.execute(text(statement), values)


async def test_a_visit_that_has_not_begun_is_moved_into_the_clinic_by_no_statement_of_the_application(
    conn: AsyncConnection, visit: Consultation
) -> None:
    other = await visit.clinic.book(start=visit.now + timedelta(hours=2))
    with pytest.raises(DBAPIError, match="permission denied"):
        await conn.execute(text("UPDATE visit SET modality = 'in_person' WHERE id = :id"), {"id": other.id})


async def test_a_visit_with_a_decision_keeps_its_modality_even_before_it_begins(owner_conn: AsyncConnection) -> None:
    """The owner may still correct a visit that has not begun, until something was decided about it."""
    visit = await consult(await open_clinic(owner_conn))
    written = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    other = await visit.clinic.book(start=visit.now + timedelta(hours=2))
    move = text("UPDATE visit SET modality = :to WHERE id = :id")
    for modality in ("in_person", "video"):
        await owner_conn.execute(move, {"to": modality, "id": other.id})
    chain = await row(owner_conn, "prescription", written.prescription)
    await another_decision(owner_conn, chain, outcome="block", encounter_id=other.id)
    with pytest.raises(DBAPIError, match="fk_decision_encounter"):
        await owner_conn.execute(move, {"to": "in_person", "id": other.id})


# A demo's history


async def test_a_marked_database_takes_a_past_and_nothing_else_that_others_refuse(demo: AsyncConnection) -> None:
    visit = await consult(await open_clinic(demo))
    written = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    await demo.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    await demo.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    chain = await row(demo, "prescription", written.prescription)
    past = datetime.now(UTC) - timedelta(days=90)
    until = past + timedelta(minutes=15)
    order = await another_order(demo, chain)
    old = await another_decision(demo, chain, decided_at=past, valid_until=until)
    for statement, change, reason in (
        ("later than it was valid", {"written_at": until + timedelta(seconds=1)}, "no longer valid"),
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


async def runs_out(login: AsyncConnection) -> None:
    """A decision that the use cases made, and others like it: good for fifteen minutes, to the second."""
    visit = await consult(await open_clinic(login))
    written = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    chain = await row(login, "prescription", written.prescription)
    made = await row(login, "decision", chain["decision_id"])
    assert made["valid_until"] - made["decided_at"] == VALIDITY == timedelta(minutes=15)
    for ago, good in ((VALIDITY - timedelta(seconds=30), True), (VALIDITY + timedelta(seconds=1), False)):
        nested, now = await login.begin_nested(), datetime.now(UTC)
        order = await another_order(login, chain)
        decision = await another_decision(login, chain, decided_at=now - ago, valid_until=now - ago + VALIDITY)
        write = prescribe(login, chain, order, decision, valid_until=now - ago + VALIDITY, written_at=now)
        if good:
            await write
        else:
            with pytest.raises(DBAPIError, match="no longer valid"):
                await write
        await nested.rollback()


async def test_a_decision_runs_out_after_fifteen_minutes(conn: AsyncConnection) -> None:
    await runs_out(conn)


async def test_a_decision_runs_out_after_fifteen_minutes_in_a_demo_too(demo: AsyncConnection) -> None:
    """The mark lets a past be told; it does not make a decision last."""
    await runs_out(demo)


async def test_the_use_cases_end_in_the_rows_that_were_tried(visit: Consultation, chain: Mapping[str, Any]) -> None:
    """The premise of all above: what the code writes is what the hand-written rows imitate."""
    conn = visit.clinic.conn
    decision = await row(conn, "decision", chain["decision_id"])
    order = await row(conn, "medication_order", chain["order_id"])
    for column in KEY[3:]:
        assert decision[column] == chain[column]
    assert (order["patient_id"], order["author_id"]) == (chain["patient_id"], chain["prescriber_id"])
    made = proposal("escitalopram", "10", TimeOfDay.MORNING, starts_on=visit.today)
    assert (await clear(visit.clinic, made, "new", visit.visit, now=visit.now)).outcome == "allow"
