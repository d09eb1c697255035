"""Around the code: decisions by raw SQL, each with what refuses it.

What holds of presence itself is in `test_gate_presence_by_sql.py`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.server.gate_rows import Act, Gate, attempt, open_gate, refused_without_guards, wrong_ones_let_in
from tests.server.prescription_rows import NIL

DECIDED = "trigger decision decision_grounded"
TREATS, SEEN = "constraint decision ck_decision_treats", "constraint decision ck_decision_seen"
TO_ATTENDANCE, TO_CHECK_IN = "constraint decision fk_decision_attendance", "constraint decision fk_decision_check_in"
ELSEWHERE = UUID(int=7)
BLOCKED = {"outcome": "block", "schedule": "IV"}


def decided(**changes: Any) -> Act:
    """A decision about alprazolam in person that differs in this."""
    return lambda gate: gate.decide(**changes)


def decided_plainly(**changes: Any) -> Act:
    """A decision about sertraline in person that differs in this."""
    return lambda gate: gate.decide(like=gate.plain, **changes)


def in_the_video_visit(**changes: Any) -> Act:
    """A decision for Marcus by video: about sertraline, or what `changes` say; "alprazolam" stands for its product."""

    async def act(gate: Gate) -> None:
        his = await gate.ask("SELECT id FROM attendance WHERE visit_id = :id", id=gate.video.id)
        product = gate.controlled["product"] if "alprazolam" in changes.get("ingredients", "") else None
        there = {"encounter_id": gate.video.id, "patient_id": gate.clinic.marcus, "modality": "video"}
        named = {"product": product} if product else {}
        await gate.decide(like=gate.plain, **there, attendance_id=his, **named, **changes)

    return act


def with_a_check_in(act: str) -> Act:
    """A decision that rests on a check-in of which something is wrong."""

    async def decide(gate: Gate) -> None:
        clinic, made = gate.clinic, None
        attended = gate.controlled["attendance_id"]
        match act:
            case "unconfirmed":
                made = await gate.check_in(confirm=False)
            case "confirmed":
                made = await gate.check_in()
            case "of another visit":
                made = await gate.check_in(await gate.book(clinic.ada, "in_person"))
            case "of another prescriber":
                made = await gate.check_in(prescriber=clinic.tomas)
            case "of another patient":
                his = await gate.book(clinic.marcus, "in_person")
                made = await gate.check_in(his, patient=clinic.marcus)
            case "before the patient joined a call":
                made = await gate.check_in()
                await gate.join(clinic.ada)
            case "before the prescriber joined a call":
                made = await gate.check_in()
                await gate.join(clinic.drew)
            case "after both had joined a call":
                for person in (clinic.ada, clinic.drew):
                    await gate.join(person)
                made = await gate.check_in()
            case "before somebody else joined a call":
                made = await gate.check_in()
                await gate.join(clinic.marcus)
            case "before two take-overs":
                made = await gate.check_in()
                await gate.take_over(clinic.tomas)
                attended = await gate.take_over(clinic.drew)
            case "after two take-overs":
                await gate.take_over(clinic.tomas)
                attended = await gate.take_over(clinic.drew)
                made = await gate.check_in()
        await gate.decide(check_in_id=made, attendance_id=attended)

    return decide


async def after_a_take_over(gate: Gate) -> None:
    await gate.take_over(gate.clinic.tomas)
    await gate.decide(like=gate.plain)


async def by_who_took_over(gate: Gate) -> None:
    attended = await gate.take_over(gate.clinic.tomas)
    await gate.decide(like=gate.plain, attendance_id=attended, prescriber_id=gate.clinic.tomas)


async def by_who_does_not_attend(gate: Gate) -> None:
    await gate.decide(like=gate.plain, prescriber_id=gate.clinic.tomas)


async def by_an_attendance_of_another_visit(gate: Gate) -> None:
    his = await gate.ask("SELECT id FROM attendance WHERE visit_id = :id", id=gate.video.id)
    await gate.decide(like=gate.plain, attendance_id=his)


async def after_the_end(gate: Gate) -> None:
    await gate.end(gate.seen.id)
    await gate.decide(like=gate.plain)


a_decision, a_plain_one = decided(), decided_plainly()
checked_in = with_a_check_in("confirmed")
ATTEMPTS = (
    attempt("none treats", decided_plainly(attendance_id=NIL), a_plain_one, "ck_decision_treats", TREATS),
    attempt(
        "a block is treated by",
        decided_plainly(**BLOCKED, attendance_id=ELSEWHERE),
        decided_plainly(**BLOCKED),
        "ck_decision_treats",
        TREATS,
        TO_ATTENDANCE,
    ),
    attempt("none checked in", decided(check_in_id=NIL), a_decision, "ck_decision_seen", SEEN),
    attempt(
        "a check-in of what needs none",
        decided_plainly(check_in_id=ELSEWHERE),
        a_plain_one,
        "ck_decision_seen",
        SEEN,
        TO_CHECK_IN,
        "constraint decision fk_decision_confirmation",
    ),
    attempt("taken over", after_a_take_over, by_who_took_over, "does not attend this visit now", DECIDED),
    attempt("the visit has ended", after_the_end, a_plain_one, "does not attend this visit now", DECIDED),
    attempt("a colleague", by_who_does_not_attend, by_who_took_over, "fk_decision_attendance", TO_ATTENDANCE),
    attempt(
        "another visit's attendance",
        by_an_attendance_of_another_visit,
        a_plain_one,
        "fk_decision_attendance",
        TO_ATTENDANCE,
    ),
    *(
        attempt(f"a check-in {whose}", with_a_check_in(whose), checked_in, "fk_decision_check_in", TO_CHECK_IN)
        for whose in ("of another visit", "of another prescriber", "of another patient")
    ),
    attempt(
        "an unconfirmed check-in",
        with_a_check_in("unconfirmed"),
        checked_in,
        "fk_decision_confirmation",
        "constraint decision fk_decision_confirmation",
        DECIDED,
    ),
    *(
        attempt(
            f"a check-in before the {who} joined a call",
            with_a_check_in(f"before the {who} joined a call"),
            with_a_check_in(right),
            "joined_call",
            DECIDED,
        )
        for who, right in (
            ("patient", "after both had joined a call"),
            ("prescriber", "before somebody else joined a call"),
        )
    ),
    attempt(
        "a check-in before take-overs",
        with_a_check_in("before two take-overs"),
        with_a_check_in("after two take-overs"),
        "taken_over",
        DECIDED,
    ),
    attempt(
        "alprazolam by video called uncontrolled",
        in_the_video_visit(ingredients='["alprazolam"]'),
        in_the_video_visit(),
        "scheduled more strictly",
        DECIDED,
    ),
    attempt("alprazolam called V", decided(schedule="V"), decided(schedule="II"), "scheduled more strictly", DECIDED),
    attempt("other ingredients", decided(ingredients='["buspirone"]'), a_decision, "not the ingredients", DECIDED),
    attempt("no ingredients", decided(ingredients="[]"), a_decision, "not the ingredients", DECIDED),
    attempt("no product of the release", decided(product="Xanax"), a_decision, "not one of the release", DECIDED),
    *(
        attempt(
            f"an earlier format: {number}",
            decided(format=f"titrate-decision/{number}"),
            a_decision,
            "ck_decision_format",
            "constraint decision ck_decision_format",
        )
        for number in (1, 2)
    ),
)


async def test_no_decision_says_more_than_it_rests_on(conn: AsyncConnection) -> None:
    assert await wrong_ones_let_in(await open_gate(conn), ATTEMPTS) == []


async def test_without_its_guard_each_decision_goes_in(owner_conn: AsyncConnection) -> None:
    assert await refused_without_guards(await open_gate(owner_conn), ATTEMPTS) == []


async def test_a_session_of_another_time_zone_falls_under_no_earlier_law(owner_conn: AsyncConnection) -> None:
    """From today on (UTC) sertraline is scheduled; in a session that is a day behind it is so no less."""
    gate = await open_gate(owner_conn)
    scheduled = (
        "INSERT INTO reference_product SELECT product, (now() AT TIME ZONE 'UTC')::date, ingredients,"
        " order_ingredients, order_name, 'IV' FROM reference_product WHERE product = :product"
    )
    await gate.decide(like=gate.plain)
    await gate.run(scheduled, product=gate.plain["product"])
    for zone in ("UTC", "XXX24"):
        await gate.run(f"SET LOCAL TIME ZONE '{zone}'")
        nested = await owner_conn.begin_nested()
        with pytest.raises(DBAPIError, match="scheduled more strictly"):
            await gate.decide(like=gate.plain)
        await nested.rollback()
    await gate.decide(like=gate.plain, schedule="IV", check_in_id=gate.controlled["check_in_id"])
