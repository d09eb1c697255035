"""Booking and holding a visit, on the restricted login's connection."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from emr.presence import attending, joining
from emr.presence.events import VisitAttended
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid, NotFound, Refused
from emr.shared.ids import VisitId
from emr.visits import booking
from emr.visits import repository as records
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from emr.visits.events import PatientAdmitted
from emr.visits.model import Modality, ParticipantRole, Visit, VisitEventKind, VisitStatus
from emr.visits.use_cases import DeviceOutcome
from emr.worklist import line
from tests.emr.clinic import NOW, Clinic, at_home

MINUTE = timedelta(minutes=1)


async def test_a_booked_visit_has_an_unguessable_room_of_its_own(clinic: Clinic) -> None:
    one, other = await clinic.book(), await clinic.book()
    assert one.status is VisitStatus.SCHEDULED
    assert one.room != other.room
    assert len(one.room) == 22  # 128 bits, six a letter


async def test_a_booking_that_cannot_be_is_refused_field_by_field(clinic: Clinic) -> None:
    context = clinic.context(clinic.drew)
    new = NewVisit(patient=clinic.ada, prescriber=clinic.drew, start=NOW - timedelta(hours=1), minutes=3)
    with pytest.raises(Invalid) as refused:
        await booking.book(context, new)
    assert set(refused.value.fields) == {"start", "minutes"}
    with pytest.raises(NotFound):
        await booking.book(context, NewVisit(patient=clinic.sam, prescriber=clinic.drew, start=NOW))
    with pytest.raises(NotFound):
        await booking.book(context, NewVisit(patient=clinic.ada, prescriber=clinic.drew, start=NOW, scales=("mdq",)))


async def test_a_visit_is_held_and_everything_that_happened_is_kept_with_its_time(clinic: Clinic) -> None:
    visit = await clinic.book(scales=())
    events = []
    ada, drew = clinic.context(clinic.ada, NOW - 9 * MINUTE), clinic.context(clinic.drew, NOW)
    await visiting.note_devices(ada, visit.id, clinic.ada, DeviceOutcome.ALL_WORK)
    waiting = await visiting.arrive(ada, visit.id, clinic.ada, at_home())
    assert (waiting.status, waiting.arrived_at) == (VisitStatus.WAITING, NOW - 9 * MINUTE)
    assert (await visiting.admit(drew, visit.id, clinic.ada)).status is VisitStatus.IN_PROGRESS
    for person in (clinic.ada, clinic.drew):
        await joining.note_joined(drew, visit.id, clinic.ada, person)
    await joining.note_left(drew, visit.id, clinic.ada, clinic.ada)
    ended = await visiting.end(drew, visit.id, clinic.ada)
    assert (ended.status, ended.ended_at) == (VisitStatus.ENDED, NOW)
    events = [type(fact).__name__ for fact in (*ada.events, *drew.events)]
    assert events == [
        "DevicesChecked",
        "LocationStated",
        "PatientArrived",
        "PatientAdmitted",
        "VisitAttended",
        "ParticipantJoined",
        "ParticipantJoined",
        "ParticipantLeft",
        "VisitEnded",
    ]
    assert [(event.what, event.person) for event in await visiting.events(clinic.conn, visit.id)] == [
        ("booked", clinic.drew),
        ("devices_checked", clinic.ada),
        ("stated", clinic.ada),
        ("arrived", clinic.ada),
        ("admitted", clinic.drew),
        ("joined", clinic.ada),
        ("joined", clinic.drew),
        ("left", clinic.ada),
        ("ended", clinic.drew),
    ]


async def test_the_location_must_be_said_for_this_visit_not_for_an_earlier_one(clinic: Clinic) -> None:
    await clinic.hold(await clinic.book(start=NOW - timedelta(days=28)))
    offered = await visiting.last_statement(clinic.conn, clinic.ada)
    assert offered is not None
    assert offered.statement == at_home()
    visit = await clinic.book()
    context = clinic.context(clinic.ada)
    with pytest.raises(Refused) as refused:
        await visiting.arrive(context, visit.id, clinic.ada)
    assert refused.value.code == "location_missing"
    await visiting.state_location(context, visit.id, clinic.ada, at_home())
    assert (await visiting.arrive(context, visit.id, clinic.ada)).status is VisitStatus.WAITING


async def test_a_step_asked_for_twice_leaves_one_trace(clinic: Clinic) -> None:
    visit = await clinic.book()
    await visiting.arrive(clinic.context(clinic.ada), visit.id, clinic.ada, at_home())
    context = clinic.context(clinic.drew)
    first = await visiting.admit(context, visit.id, clinic.ada)
    later = clinic.context(clinic.drew, NOW + MINUTE)
    assert await visiting.admit(later, visit.id, clinic.ada) == first
    assert [type(fact) for fact in context.events] == [PatientAdmitted, VisitAttended]
    assert later.events == []
    assert [event.what for event in await visiting.events(clinic.conn, visit.id)].count(VisitEventKind.ADMITTED) == 1


async def test_a_form_of_another_patient_changes_nothing(clinic: Clinic) -> None:
    visit = await clinic.book()
    context = clinic.context(clinic.drew)
    calls = [
        visiting.arrive(context, visit.id, clinic.marcus, at_home()),
        visiting.admit(context, visit.id, clinic.marcus),
        visiting.end(context, visit.id, clinic.marcus),
        visiting.leave_queue(context, visit.id, clinic.marcus),
        visiting.state_location(context, visit.id, clinic.marcus, at_home()),
        joining.note_joined(context, visit.id, clinic.marcus, clinic.marcus),
        booking.invite(context, visit.id, clinic.marcus, clinic.ilse, ParticipantRole.FAMILY),
        booking.cancel(context, visit.id, clinic.marcus),
    ]
    for call in calls:
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.code == "wrong_patient"
    with pytest.raises(NotFound):
        await visiting.admit(context, VisitId(uuid4()), clinic.ada)
    assert context.events == []


async def test_who_leaves_the_waiting_room_may_come_back(clinic: Clinic) -> None:
    visit = await clinic.book()
    context = clinic.context(clinic.ada)
    await visiting.arrive(context, visit.id, clinic.ada, at_home())
    left = await visiting.leave_queue(context, visit.id, clinic.ada)
    assert (left.status, left.arrived_at) == (VisitStatus.SCHEDULED, None)
    assert await line.place_in_queue(clinic.conn, left, NOW) is None
    assert (await visiting.arrive(context, visit.id, clinic.ada)).status is VisitStatus.WAITING


async def test_the_place_in_the_queue_counts_who_is_before_and_who_is_in(clinic: Clinic) -> None:
    ada, marcus = await clinic.book(), await clinic.book(clinic.marcus, start=NOW + 30 * MINUTE)
    await visiting.arrive(clinic.context(clinic.ada), ada.id, clinic.ada, at_home())
    came = clinic.context(clinic.marcus, NOW + 20 * MINUTE)
    waiting = await visiting.arrive(came, marcus.id, clinic.marcus, at_home())
    place = await line.place_in_queue(clinic.conn, waiting, came.now)
    assert place is not None
    assert (place.ahead, place.prescriber_busy) == (1, False)
    await visiting.admit(clinic.context(clinic.drew, came.now), ada.id, clinic.ada)
    place = await line.place_in_queue(clinic.conn, waiting, came.now)
    assert place is not None
    assert (place.ahead, place.prescriber_busy, place.likely_start) == (0, True, NOW + 50 * MINUTE)


async def test_an_invitation_is_given_once_and_taken_back(clinic: Clinic) -> None:
    visit = await clinic.hold(await clinic.book(), end=False)
    context = clinic.context(clinic.drew)
    for _ in range(2):
        await booking.invite(context, visit.id, clinic.ada, clinic.ilse, ParticipantRole.FAMILY)
    assert [one.part for one in await visiting.participants(clinic.conn, visit.id)] == [ParticipantRole.FAMILY]
    await booking.uninvite(context, visit.id, clinic.ada, clinic.ilse)
    with pytest.raises(NotFound):
        await booking.uninvite(context, visit.id, clinic.ada, clinic.ilse)
    await booking.invite(context, visit.id, clinic.ada, clinic.ilse, ParticipantRole.INTERPRETER)
    assert [one.part for one in await visiting.participants(clinic.conn, visit.id)] == [ParticipantRole.INTERPRETER]
    with pytest.raises(Refused) as refused:
        await booking.invite(context, visit.id, clinic.ada, clinic.ada, ParticipantRole.FAMILY)
    assert refused.value.code == "already_in_visit"
    with pytest.raises(Refused) as refused:
        await booking.invite(
            clinic.context(clinic.tomas), visit.id, clinic.ada, clinic.tomas, ParticipantRole.SUPERVISOR
        )
    assert refused.value.code == "oneself"


async def test_only_who_attends_ends_a_visit(clinic: Clinic) -> None:
    visit = await clinic.hold(await clinic.book(), end=False)
    with pytest.raises(Refused) as refused:
        await visiting.end(clinic.context(clinic.tomas), visit.id, clinic.ada)
    assert refused.value.code == "not_attending"
    await attending.take_over(clinic.context(clinic.tomas), visit.id, clinic.ada)
    with pytest.raises(Refused):
        await visiting.end(clinic.context(clinic.drew), visit.id, clinic.ada)
    assert (await visiting.end(clinic.context(clinic.tomas), visit.id, clinic.ada)).status is VisitStatus.ENDED


async def test_what_the_room_tells_is_kept_once_whenever_it_comes_and_a_lost_leave_has_the_time_last_seen(
    clinic: Clinic,
) -> None:
    """Told twice, after the visit's end, of somebody who was taken off it; and two joinings with no leave between."""
    visit = await clinic.hold(await clinic.book(), end=False)
    at = [NOW + one * MINUTE for one in range(6)]

    def said(minute: int) -> UseCaseContext:
        return clinic.context(clinic.ilse, at[minute])

    told = (visit.id, clinic.ada, clinic.ilse)
    assert [await joining.note_joined(said(0), *told) for _ in range(2)] == [True, False]
    assert await joining.note_joined(said(3), *told, seen=at[2])
    await visiting.end(clinic.context(clinic.drew, at[4]), visit.id, clinic.ada)
    assert [await joining.note_left(said(5), *told) for _ in range(2)] == [True, False]
    assert not await joining.note_lost(said(5), *told, None)
    hers = [one for one in await visiting.events(clinic.conn, visit.id) if one.person == clinic.ilse]
    assert [(one.what.value, one.at, one.detail) for one in hers] == [
        ("joined", at[0], None),
        ("left", at[2], "lost"),
        ("joined", at[3], None),
        ("left", at[5], None),
    ]


async def test_a_visit_is_cancelled_before_it_began_and_marked_as_missed_after_it_was_due(clinic: Clinic) -> None:
    context = clinic.context(clinic.drew)
    assert (await booking.cancel(context, (await clinic.book()).id, clinic.ada)).status is VisitStatus.CANCELLED
    assert (await visiting.miss(context, (await clinic.book()).id, clinic.ada)).status is VisitStatus.MISSED
    held = await clinic.hold(await clinic.book())
    with pytest.raises(Refused):
        await booking.cancel(context, held.id, clinic.ada)
    with pytest.raises(Refused):
        await booking.invite(context, held.id, clinic.ada, clinic.ilse, ParticipantRole.FAMILY)


async def test_visits_that_were_due_and_never_began_are_found_to_be_closed(clinic: Clinic) -> None:
    nobody_came, left_waiting = await clinic.book(start=NOW - timedelta(days=1)), await clinic.book()
    await visiting.arrive(clinic.context(clinic.ada), left_waiting.id, clinic.ada, at_home())
    await clinic.hold(await clinic.book(clinic.marcus))
    await clinic.book(start=NOW + MINUTE)
    due = await records.never_held(clinic.conn, NOW + MINUTE)
    assert [visit.id for visit in due] == [nobody_came.id, left_waiting.id]
    for visit in due:
        await visiting.miss(clinic.context(clinic.drew, NOW + MINUTE), visit.id, visit.patient)
    assert await records.never_held(clinic.conn, NOW + MINUTE) == ()


async def refused_by_the_database(clinic: Clinic, statement: str, visit: Visit) -> None:
    with pytest.raises(DBAPIError, match=r"restrict_violation|InsufficientPrivilege|RestrictViolation|permission"):
        async with clinic.conn.begin_nested():
            await clinic.conn.execute(text(statement), {"visit": visit.id, "other": clinic.marcus})


async def test_the_database_keeps_patient_modality_and_course_of_a_visit(clinic: Clinic) -> None:
    visit = await clinic.book()
    # Not even while nothing has begun: meeting otherwise is a new visit.
    await refused_by_the_database(clinic, "UPDATE visit SET modality = 'audio' WHERE id = :visit", visit)
    await clinic.hold(visit, end=False)
    for attempt in (
        "UPDATE visit SET patient_id = :other WHERE id = :visit",
        "UPDATE visit SET modality = 'in_person' WHERE id = :visit",
        "UPDATE visit SET status = 'scheduled', admitted_at = NULL WHERE id = :visit",
        "UPDATE visit SET status = 'scheduled', modality = 'in_person', admitted_at = NULL WHERE id = :visit",
        "UPDATE visit SET prescriber_id = :other WHERE id = :visit",
        "UPDATE visit SET room = 'mine' WHERE id = :visit",
        "DELETE FROM visit WHERE id = :visit",
        "UPDATE visit_event SET what = 'left' WHERE visit_id = :visit",
        "DELETE FROM visit_statement WHERE visit_id = :visit",
        "TRUNCATE visit_event",
    ):
        await refused_by_the_database(clinic, attempt, visit)
    assert (await visiting.end(clinic.context(clinic.drew), visit.id, clinic.ada)).modality is Modality.VIDEO
