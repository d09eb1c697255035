"""The prescriber's day and waiting room, and a patient's visits to come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import event

from emr.diary import use_cases as diary
from emr.notes import use_cases as noting
from emr.questionnaires import use_cases as answering
from emr.shared.ids import PersonId
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.visits.model import ParticipantRole, Visit, VisitStatus
from emr.visits.use_cases import DeviceOutcome
from emr.worklist import reading as day
from tests.emr.clinic import NOW, Clinic, at_home

DAY = timedelta(days=1)
START, END = NOW - timedelta(hours=10), NOW + timedelta(hours=14)
ANSWERS = {f"q{n}": 1 for n in range(1, 10)}


async def arrive(clinic: Clinic, visit: Visit, minutes_before: int = 0) -> None:
    context = clinic.context(visit.patient, visit.scheduled_start - timedelta(minutes=minutes_before))
    await visiting.arrive(context, visit.id, visit.patient, at_home())


async def test_a_day_lists_its_visits_by_time_and_no_others(clinic: Clinic) -> None:
    later, first = await clinic.book(start=NOW + timedelta(hours=1)), await clinic.book(clinic.marcus)
    await clinic.book(start=NOW + DAY)
    await clinic.book(prescriber=clinic.tomas)
    gone = await clinic.book()
    await booking.cancel(clinic.context(clinic.drew), gone.id, clinic.ada)
    rows = await day.day(clinic.conn, clinic.drew, START, END)
    assert [row.visit.id for row in rows] == [first.id, later.id]
    assert [row.patient.person.name for row in rows] == ["Marcus Oyelaran", "Ada Lindqvist"]
    assert await day.day(clinic.conn, clinic.sam, START, END) == ()


async def test_a_row_tells_what_was_done_before_the_visit(clinic: Clinic) -> None:
    for weeks in (8, 4):
        held = await clinic.book(start=NOW - timedelta(weeks=weeks), scales=("phq9",))
        context = clinic.context(clinic.ada, held.scheduled_start)
        await answering.answer(context, held.id, clinic.ada, "phq9", ANSWERS | {"q1": 3 - weeks // 4, "q9": 0})
        await clinic.hold(held)
    visit = await clinic.book()
    ada = clinic.context(clinic.ada)
    (row,) = await day.day(clinic.conn, clinic.drew, START, END)
    assert (row.scales_answered, row.totals, row.stated, row.devices, row.alerts, row.note, row.questions) == (
        (0, 2),
        (8, 9),
        None,
        None,
        (),
        None,
        0,
    )
    await visiting.note_devices(ada, visit.id, clinic.ada, DeviceOutcome.AUDIO_ONLY)
    await visiting.note_devices(clinic.context(clinic.ilse), visit.id, clinic.ada, DeviceOutcome.ALL_WORK)
    await answering.answer(ada, visit.id, clinic.ada, "phq9", ANSWERS)
    await diary.write_question(ada, clinic.ada, "Why?")
    await booking.invite(clinic.context(clinic.drew), visit.id, clinic.ada, clinic.ilse, ParticipantRole.INTERPRETER)
    await arrive(clinic, visit, 7)
    await noting.save(clinic.context(clinic.drew), visit.id, clinic.ada, 0, {"plan": "prepared"})
    (row,) = await day.day(clinic.conn, clinic.drew, START, END)
    assert (row.scales_answered, row.totals, row.questions, row.waited_minutes(NOW)) == ((1, 2), (8, 9, 9), 1, 7)
    assert row.stated is not None
    assert row.stated.statement.place_words == "Home, 412 W Swann Ave, Tampa FL"
    assert row.devices is not None
    assert row.devices.detail == "audio_only"
    assert [alert.value for alert in row.alerts] == [1]
    assert row.note is not None
    assert row.note.signed_at is None
    assert [one.part for one in row.invited] == [ParticipantRole.INTERPRETER]
    await answering.acknowledge(clinic.context(clinic.drew), visit.id, clinic.ada, row.alerts[0].id, "Asked.")
    (row,) = await day.day(clinic.conn, clinic.drew, START, END)
    assert row.alerts == ()


async def test_the_waiting_room_is_in_the_order_of_the_queue(clinic: Clinic) -> None:
    ada, marcus = await clinic.book(), await clinic.book(clinic.marcus, start=NOW + timedelta(minutes=10))
    await arrive(clinic, ada)
    await arrive(clinic, marcus)
    assert [row.visit.id for row in await day.waiting(clinic.conn, clinic.drew)] == [ada.id, marcus.id]
    await answering.answer_item(clinic.context(clinic.marcus), marcus.id, clinic.marcus, "phq9", "q9", 1)
    assert [row.visit.id for row in await day.waiting(clinic.conn, clinic.drew)] == [marcus.id, ada.id]
    await visiting.admit(clinic.context(clinic.drew), marcus.id, clinic.marcus)
    assert [row.visit.id for row in await day.waiting(clinic.conn, clinic.drew)] == [ada.id]
    assert await day.waiting(clinic.conn, clinic.tomas) == ()


@asynccontextmanager
async def counted(clinic: Clinic) -> AsyncIterator[list[str]]:
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    sync = clinic.conn.sync_connection
    event.listen(sync, "before_cursor_execute", note)
    yield statements
    event.remove(sync, "before_cursor_execute", note)


async def test_a_full_day_costs_as_many_queries_as_a_short_one(clinic: Clinic) -> None:
    async def cost() -> int:
        async with counted(clinic) as statements:
            await day.day(clinic.conn, clinic.drew, START, END)
        return len(statements)

    await clinic.book()
    short = await cost()
    for n in range(1, 12):
        await clinic.book(clinic.marcus if n % 2 else clinic.ada, start=NOW + timedelta(minutes=30 * n))
    assert await cost() == short <= 12


async def test_a_patient_sees_the_visits_to_come_and_what_to_do_before(clinic: Clinic) -> None:
    await clinic.hold(await clinic.book(start=NOW - 28 * DAY))
    later, visit = await clinic.book(start=NOW + 28 * DAY), await clinic.book()
    await clinic.book(start=NOW - 2 * DAY)  # nobody came, nobody marked it: it is no visit to come
    mine = await day.ahead(clinic.conn, clinic.ada, NOW)
    assert [one.visit.id for one in mine] == [visit.id, later.id]
    assert mine[0].prescriber.name_words == "Dr. Drew Marsh"
    assert (mine[0].part, mine[0].stated, mine[0].devices) == (None, None, None)
    assert [one.scale for one in mine[0].due] == ["phq9", "gad7"]
    assert [one.visit.join_open(NOW) for one in mine] == [True, False]
    await answering.answer(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", ANSWERS)
    await visiting.note_devices(clinic.context(clinic.ada), visit.id, clinic.ada, DeviceOutcome.ALL_WORK)
    (now, _) = await day.ahead(clinic.conn, clinic.ada, NOW)
    assert [one.scale for one in now.due] == ["gad7"]
    assert now.devices is not None


async def test_somebody_invited_sees_the_visit_but_not_what_the_patient_is_asked(clinic: Clinic) -> None:
    visit = await clinic.book()

    async def seen(person: PersonId) -> list[tuple[object, ...]]:
        return [(one.visit.id, one.part, one.asked, one.devices) for one in await day.ahead(clinic.conn, person, NOW)]

    assert await seen(clinic.ilse) == []
    await booking.invite(clinic.context(clinic.drew), visit.id, clinic.ada, clinic.ilse, ParticipantRole.FAMILY)
    await visiting.note_devices(clinic.context(clinic.ada), visit.id, clinic.ada, DeviceOutcome.ALL_WORK)
    assert await seen(clinic.ilse) == [(visit.id, ParticipantRole.FAMILY, (), None)]
    held = await clinic.hold(visit)
    assert held.status is VisitStatus.ENDED
    assert await seen(clinic.ilse) == []
