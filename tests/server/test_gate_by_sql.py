"""Around the code: that every guard of the gate is tried, and what no single row shows: columns, clocks and blocks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.errors import Refused
from server.application.prescribe.record import grounds
from server.migrations import grounds_guards, presence_guards
from tests.server import test_gate_decisions_by_sql as decisions
from tests.server import test_gate_prescriptions_by_sql as prescriptions
from tests.server import test_gate_presence_by_sql as presence
from tests.server.gate_rows import Gate, open_gate, switch_off
from tests.server.prescription_rows import NIL, complaint

MINUTE = timedelta(minutes=1)
MOST = timedelta(minutes=85)
"""From now until the check-in of a visit of half an hour that began five minutes ago runs out."""

TRIED_HERE = {"visit_arrived_guard", "front_desk_apart", "check_in_confirmed"}
TRIED_BESIDE = {"medication_order_same"}
"""In `test_written_once.py`."""
OF_NO_ATTEMPT = {
    "uq_attendance_id_visit_id",
    "uq_attendance_treats",
    "uq_check_in_for",
    "ck_site_state",
    "fk_prescription_attendance",
    "fk_prescription_check_in",
    "fk_prescription_confirmation",
}
"""What others point at, and keys that repeat what the key to the decision says."""


async def test_every_guard_of_the_gate_is_tried(conn: AsyncConnection) -> None:
    """Keys to one column alone (a person, a visit, a site) are left out: they are no guard of this gate."""
    asked = """
        SELECT conname FROM pg_constraint
        WHERE contype IN ('c', 'u', 'f') AND conname NOT IN (
            SELECT conname FROM pg_constraint WHERE contype = 'f' AND cardinality(conkey) = 1
            AND conname NOT LIKE '%_confirmation')
        AND (conrelid IN ('attendance'::regclass, 'check_in'::regclass, 'check_in_confirmation'::regclass,
                          'call_join'::regclass, 'site'::regclass)
             OR conrelid IN ('decision'::regclass, 'prescription'::regclass)
             AND conname ~ :new)
    """
    new = "(attendance|check_in|confirmation|treats|seen|format|supply|refills|fk_prescription_decision)$"
    known = set((await conn.execute(text(asked), {"new": new})).scalars())
    known |= {name for _, name, _, _ in (*presence_guards.TRIGGERS, *grounds_guards.TRIGGERS)}
    known |= {"uq_attendance_first", "uq_visit_in_progress"}
    attempts = (*presence.ATTEMPTS, *decisions.ATTEMPTS, *prescriptions.ATTEMPTS)
    tried = {guard.split()[-1] for each in attempts for guard in each.guards}
    assert len(known) > 25
    assert known - tried - OF_NO_ATTEMPT == TRIED_HERE | TRIED_BESIDE


FIXED = {
    "modality": "'video'",
    "prescriber_id": "(SELECT id FROM person WHERE given_name = 'Tomás')",
    "scheduled_start": "now()",
    "scheduled_minutes": "240",
    "site_id": "(SELECT id FROM site)",
    "patient_id": "(SELECT id FROM person WHERE given_name = 'Marcus')",
}


@pytest.mark.parametrize("column", FIXED)
async def test_how_when_where_and_with_whom_a_visit_is_are_beyond_the_applications_reach(
    conn: AsyncConnection, column: str
) -> None:
    gate = await open_gate(conn)
    await gate.book(gate.clinic.ada, "in_person")
    said = await complaint(conn, f"UPDATE visit SET {column} = {FIXED[column]} WHERE status = 'scheduled'")
    assert said == "permission denied for table visit"


@pytest.mark.parametrize("fixed_by", ["a check-in", "having been in the waiting room"])
async def test_what_a_check_in_or_an_arrival_fixed_the_owner_does_not_change_either(
    owner_conn: AsyncConnection, fixed_by: str
) -> None:
    gate = await open_gate(owner_conn)
    visit, free = [await gate.book(gate.clinic.ada, "in_person") for _ in range(2)]
    if fixed_by == "a check-in":
        await gate.check_in(visit)
    else:
        arrived = "INSERT INTO visit_event (visit_id, what, person_id, happened_at) SELECT :id, 'arrived', :ada, now()"
        await gate.run(arrived, id=visit, ada=gate.clinic.ada)
    for column, value in FIXED.items():
        if column == "patient_id":
            continue  # never changes at all
        change = f"UPDATE visit SET {column} = {value} WHERE id = :id"
        await gate.run(change, id=free)
        nested = await owner_conn.begin_nested()
        with pytest.raises(DBAPIError, match="are fixed once the patient has arrived"):
            await gate.run(change, id=visit)
        await nested.rollback()
    await switch_off(owner_conn, "trigger visit visit_arrived_guard")
    await gate.run("UPDATE visit SET scheduled_start = scheduled_start + interval '1 day' WHERE id = :id", id=visit)


async def test_until_when_a_check_in_is_good_is_said_by_the_database(conn: AsyncConnection) -> None:
    gate = await open_gate(conn)
    far = gate.now + timedelta(days=400)
    made = await gate.check_in(valid_until=far, stated_at=far)
    row = (await conn.execute(text("SELECT * FROM check_in WHERE id = :id"), {"id": made})).one()
    assert row.valid_until == gate.seen.scheduled_start + timedelta(minutes=30 + 60)
    assert gate.now <= row.recorded_at < gate.now + MINUTE


async def trouble(gate: Gate, check_in: object, at: datetime) -> object:
    return await gate.ask("SELECT check_in_trouble(:id, :at)", id=check_in, at=at)


async def test_a_check_in_holds_until_its_last_moment(conn: AsyncConnection) -> None:
    gate = await open_gate(conn)
    made = await gate.check_in(confirm=False)
    until = gate.seen.scheduled_start + timedelta(minutes=90)
    assert await trouble(gate, made, gate.now) == "unconfirmed"
    await gate.confirm(made)
    assert [await trouble(gate, made, until + late) for late in (timedelta(), timedelta(microseconds=1))] == [
        None,
        "expired",
    ]


async def test_a_check_in_that_ran_out_buys_no_decision(owner_conn: AsyncConnection) -> None:
    """The application cannot write one that has run out, so the triggers that say its time are off."""
    gate = await open_gate(owner_conn)
    await switch_off(owner_conn, presence.CHECK_IN, "trigger check_in_confirmation check_in_confirmed")
    stated = gate.now - 2 * MINUTE
    await gate.decide(check_in_id=await gate.check_in(stated_at=stated))
    late = await gate.check_in(stated_at=stated, valid_until=gate.now - MINUTE)
    with pytest.raises(DBAPIError, match="does not hold: expired"):
        await gate.decide(check_in_id=late)


async def test_in_a_demo_the_time_that_is_told_counts_and_a_check_in_runs_out_by_it(demo: AsyncConnection) -> None:
    past = datetime.now().astimezone() - timedelta(days=90)
    gate = await open_gate(demo, past)
    for at, goes in ((past + MOST, True), (past + MOST + MINUTE, False)):
        nested = await demo.begin_nested()
        times: dict[str, Any] = {"decided_at": at, "valid_until": at + 15 * MINUTE}
        if goes:
            await gate.decide(**times)
        else:
            with pytest.raises(DBAPIError, match="does not hold: expired"):
                await gate.decide(**times)
        await nested.rollback()
    await gate.join(gate.clinic.ada, at=past - MINUTE)
    assert await trouble(gate, gate.controlled["check_in_id"], past) is None
    await gate.join(gate.clinic.ada, at=past + MINUTE)
    assert await trouble(gate, gate.controlled["check_in_id"], past) == "joined_call"


async def test_without_the_mark_of_a_demo_the_clock_on_the_wall_counts(conn: AsyncConnection) -> None:
    gate = await open_gate(conn)
    told = gate.now - timedelta(days=90)
    long_ago = await gate.book(gate.clinic.ada, "in_person", told)
    with pytest.raises(DBAPIError, match="the time of this visit has passed"):
        await gate.check_in(long_ago, stated_at=told)


@pytest.mark.parametrize("who", ["drew", "tomas", "sofia", "noa"])
async def test_a_block_is_recorded_for_anybody_in_any_visit_and_in_none(conn: AsyncConnection, who: str) -> None:
    gate = await open_gate(conn)
    person = getattr(gate.clinic, who)
    waits = await gate.book(gate.clinic.ada, "video")
    for place in (
        {},
        {"encounter_id": waits, "modality": "video"},
        {"encounter_id": NIL, "modality": "none"},
        {"schedule": "unknown", "product": "unrecognized", "ingredients": "[]"},
    ):
        made = await gate.decide(outcome="block", prescriber_id=person, **place)
        assert await gate.ask("SELECT attendance_id_or_null IS NULL FROM decision WHERE id = :id", id=made)


@pytest.mark.parametrize("action", ["discontinue", "hold", "refer", "taper_from_supply"])
async def test_what_dispenses_nothing_is_allowed_without_attendance_or_check_in(
    conn: AsyncConnection, action: str
) -> None:
    gate = await open_gate(conn)
    await gate.decide(action=action, attendance_id=NIL, check_in_id=NIL, prescriber_id=gate.clinic.tomas)
    with pytest.raises(DBAPIError, match="ck_decision_treats"):
        await gate.decide(action=action, check_in_id=NIL)


ALL_GOOD = {
    "role_grant": "person_id = (SELECT id FROM person WHERE given_name = 'Sofia')",
    "site": "closed_at = NULL",
    "visit": "status = 'in_progress'",
}


@pytest.mark.parametrize("table", ALL_GOOD)
async def test_no_table_of_the_session_stands_in_for_one_that_a_guard_asks(
    owner_conn: AsyncConnection, table: str
) -> None:
    """The application's login may make none; should it ever, it gains nothing by it."""
    gate = await open_gate(owner_conn)
    waits = await gate.book(gate.clinic.ada, "in_person")
    if table == "site":
        await gate.run("UPDATE site SET closed_at = now()")
    await gate.run(f"CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS TABLE public.{table}")
    await gate.run(f"UPDATE pg_temp.{table} SET {ALL_GOOD[table]}")
    by = gate.clinic.sofia if table == "role_grant" else gate.clinic.noa
    attempt = gate.attend(waits, gate.clinic.drew) if table == "visit" else gate.check_in(stated_by=by)
    with pytest.raises(DBAPIError, match=r"only the front desk|this site is closed|only a visit in progress"):
        await attempt


async def test_what_changed_while_it_was_signed_is_said_and_a_fault_of_ours_is_not(conn: AsyncConnection) -> None:
    """A guard's refusal at the moment of writing is a sentence for the prescriber; a broken key is not called one."""
    gate = await open_gate(conn)
    decisions_like_it = gate.decide(product="alprazolam 9 MG Oral Tablet"), gate.decide(check_in_id=UUID(int=9))
    for decide, refused in zip(decisions_like_it, (Refused, IntegrityError), strict=True):
        with pytest.raises(refused), grounds():
            async with conn.begin_nested():
                await decide
