"""Around the code: visits, attendances, check-ins and calls by raw SQL, each with what refuses it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.ids import PersonId
from tests.server.gate_rows import Act, Gate, attempt, open_gate, refused_without_guards, switch_off, wrong_ones_let_in

ATTENDANCE = "trigger attendance attendance_recorded"
CHECK_IN = "trigger check_in check_in_recorded"
GRANT = "INSERT INTO role_grant (id, person_id, role, granted_at) VALUES (gen_random_uuid(), :person, :role, now())"
CLOSE = "UPDATE site SET closed_at = now()"
REVOKE = "UPDATE role_grant SET revoked_at = now() WHERE person_id = :person AND role = :role"


async def a_second_visit_begins(gate: Gate) -> None:
    await gate.begin(await gate.book(gate.clinic.ada, "video"))


async def it_begins_after_the_first_has_ended(gate: Gate) -> None:
    await gate.end(gate.seen.id)
    await a_second_visit_begins(gate)


async def attend_one_that_waits(gate: Gate) -> None:
    await gate.attend(await gate.book(gate.clinic.ada, "in_person"), gate.clinic.drew)


async def attend_one_that_began(gate: Gate) -> None:
    await gate.end(gate.seen.id)
    visit = await gate.book(gate.clinic.ada, "in_person")
    await gate.begin(visit)
    await gate.attend(visit, gate.clinic.drew)


def taken_over_by(person: str) -> Act:
    return lambda gate: gate.take_over(getattr(gate.clinic, person))


async def taken_over_by_who_was_a_prescriber(gate: Gate) -> None:
    await gate.run(REVOKE, person=gate.clinic.tomas, role="prescriber")
    await gate.take_over(gate.clinic.tomas)


async def two_take_over_from_one(gate: Gate) -> None:
    first = gate.controlled["attendance_id"]
    for prescriber in (gate.clinic.tomas, gate.clinic.jonah):
        await gate.attend(gate.seen.id, prescriber, replaces=first)


async def one_after_the_other(gate: Gate) -> None:
    for prescriber in (gate.clinic.tomas, gate.clinic.jonah):
        await gate.take_over(prescriber)


async def attend_first_again(gate: Gate) -> None:
    await gate.attend(gate.seen.id, gate.clinic.tomas)


async def take_over_from_another_visit(gate: Gate) -> None:
    his = await gate.ask("SELECT id FROM attendance WHERE visit_id = :id", id=gate.video.id)
    await gate.attend(gate.seen.id, gate.clinic.tomas, replaces=his)


async def attend_a_video_visit_as_if_in_person(gate: Gate) -> None:
    his = await gate.ask("SELECT id FROM attendance WHERE visit_id = :id", id=gate.video.id)
    await gate.attend(gate.video.id, gate.clinic.tomas, replaces=his, patient=gate.clinic.marcus)


def checked_in_by(name: str) -> Act:
    return lambda gate: gate.check_in(stated_by=getattr(gate.clinic, name))


def checked_in_by_one_of_the_two(which: str) -> Act:
    """Somebody at the front desk who is the patient, or passes for the prescriber."""

    async def act(gate: Gate) -> None:
        if which == "patient":
            await gate.run(GRANT, person=gate.clinic.ada, role="front_desk")
            await gate.check_in(stated_by=gate.clinic.ada)
        else:
            await gate.check_in(prescriber=gate.clinic.noa)

    return act


async def checked_in_by_who_left_the_desk(gate: Gate) -> None:
    await gate.run(REVOKE, person=gate.clinic.noa, role="front_desk")
    await gate.check_in()


def checked_in_for_video(says: str) -> Act:
    return lambda gate: gate.check_in(gate.video.id, patient=gate.clinic.marcus, modality=says)


async def checked_in_at_a_closed_site(gate: Gate) -> None:
    await gate.run(CLOSE)
    await gate.check_in()


async def checked_in_after_the_end(gate: Gate) -> None:
    await gate.end(gate.seen.id)
    await gate.check_in()


def checked_in_for_a_visit_of(hours: float) -> Act:
    async def act(gate: Gate) -> None:
        start = gate.now + timedelta(hours=hours)
        await gate.check_in(await gate.book(gate.clinic.ada, "in_person", start))

    return act


async def joined_a_call_of_a_visit_in_person(gate: Gate) -> None:
    await gate.join(gate.clinic.ada, gate.seen.id)


async def joined_a_call(gate: Gate) -> None:
    await gate.join(PersonId(gate.clinic.marcus))


def ran(statement: str) -> Act:
    return lambda gate: gate.run(statement)


async def opened_the_site_again(gate: Gate) -> None:
    await gate.run(CLOSE)
    await gate.run("UPDATE site SET closed_at = NULL")


noa_checks_in: Act = checked_in_by("noa")
ATTEMPTS = (
    attempt(
        "a second visit of one patient begins",
        a_second_visit_begins,
        it_begins_after_the_first_has_ended,
        "uq_visit_in_progress",
        "index uq_visit_in_progress",
    ),
    attempt(
        "a visit that has not begun is attended",
        attend_one_that_waits,
        attend_one_that_began,
        "only a visit in progress",
        ATTENDANCE,
    ),
    attempt("the front desk attends", taken_over_by("noa"), taken_over_by("tomas"), "only a prescriber", ATTENDANCE),
    attempt(
        "who was a prescriber attends",
        taken_over_by_who_was_a_prescriber,
        taken_over_by("tomas"),
        "only a prescriber",
        ATTENDANCE,
    ),
    attempt(
        "two take over from one",
        two_take_over_from_one,
        one_after_the_other,
        "uq_attendance_replaces",
        "constraint attendance uq_attendance_replaces",
    ),
    attempt(
        "a visit is attended first by two",
        attend_first_again,
        taken_over_by("tomas"),
        "uq_attendance_first",
        "index uq_attendance_first",
    ),
    attempt(
        "one takes over from another visit",
        take_over_from_another_visit,
        taken_over_by("tomas"),
        "fk_attendance_replaces_visit_id",
        "constraint attendance fk_attendance_replaces_visit_id",
    ),
    attempt(
        "a video visit is attended as one in person",
        attend_a_video_visit_as_if_in_person,
        taken_over_by("tomas"),
        "fk_attendance_visit_id_patient_id_modality",
        "constraint attendance fk_attendance_visit_id_patient_id_modality",
    ),
    *(
        attempt(f"{who} checks in", checked_in_by(who), noa_checks_in, "only the front desk", CHECK_IN)
        for who in ("tomas", "sofia", "sam")
    ),
    attempt(
        "Drew checks in his own patient",
        checked_in_by("drew"),
        noa_checks_in,
        "only the front desk",
        CHECK_IN,
        "constraint check_in ck_check_in_second_person",
    ),
    attempt(
        "who left the desk checks in",
        checked_in_by_who_left_the_desk,
        noa_checks_in,
        "only the front desk",
        CHECK_IN,
    ),
    *(
        attempt(
            f"the {which} checks in",
            checked_in_by_one_of_the_two(which),
            noa_checks_in,
            "ck_check_in_second_person",
            "constraint check_in ck_check_in_second_person",
        )
        for which in ("patient", "prescriber")
    ),
    attempt(
        "a video visit is checked in for",
        checked_in_for_video("video"),
        noa_checks_in,
        "ck_check_in_modality",
        "constraint check_in ck_check_in_modality",
    ),
    attempt(
        "a video visit is checked in for as one in person",
        checked_in_for_video("in_person"),
        noa_checks_in,
        "fk_check_in_visit_id_patient_id_modality",
        "constraint check_in fk_check_in_visit_id_patient_id_modality",
    ),
    attempt("a closed site", checked_in_at_a_closed_site, noa_checks_in, "this site is closed", CHECK_IN),
    attempt("a visit that is over", checked_in_after_the_end, noa_checks_in, "a visit that is over", CHECK_IN),
    attempt(
        "too late",
        checked_in_for_a_visit_of(-1.6),
        checked_in_for_a_visit_of(-1.4),
        "time of this visit has passed",
        CHECK_IN,
    ),
    attempt(
        "ahead of its time",
        checked_in_for_a_visit_of(16 / 60),
        checked_in_for_a_visit_of(14 / 60),
        "check-in opens 15 minutes before",
        CHECK_IN,
    ),
    attempt(
        "a call of a visit in person",
        joined_a_call_of_a_visit_in_person,
        joined_a_call,
        "has no call",
        "trigger call_join call_join_recorded",
    ),
    attempt(
        "a grant is dated back",
        ran("UPDATE role_grant SET granted_at = '2020-01-01' WHERE role = 'front_desk'"),
        lambda gate: gate.run(REVOKE, person=gate.clinic.noa, role="front_desk"),
        "may only be ended",
        "trigger role_grant role_grant_guard",
    ),
    attempt(
        "a site moves to another state",
        ran("UPDATE site SET state = 'TX'"),
        ran(CLOSE),
        "may only be ended",
        "trigger site site_guard",
    ),
    attempt(
        "a closed site opens again",
        opened_the_site_again,
        ran(CLOSE),
        "may only be ended",
        "trigger site site_guard",
    ),
)


async def test_presence_is_not_made_up_by_rows(conn: AsyncConnection) -> None:
    assert await wrong_ones_let_in(await open_gate(conn), ATTEMPTS) == []


async def test_without_its_guard_each_row_goes_in(owner_conn: AsyncConnection) -> None:
    assert await refused_without_guards(await open_gate(owner_conn), ATTEMPTS) == []


async def test_a_check_in_that_ran_out_is_not_confirmed(owner_conn: AsyncConnection) -> None:
    """The application cannot write one that has run out, so the trigger that says its time is off."""
    gate = await open_gate(owner_conn)
    await switch_off(owner_conn, CHECK_IN)
    late = await gate.check_in(confirm=False, valid_until=gate.now - timedelta(minutes=1))
    nested = await owner_conn.begin_nested()
    with pytest.raises(DBAPIError, match="this check-in has run out"):
        await gate.confirm(late)
    await nested.rollback()
    await gate.confirm(await gate.check_in(confirm=False))
    await switch_off(owner_conn, "trigger check_in_confirmation check_in_confirmed")
    await gate.confirm(late)
