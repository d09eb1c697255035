"""Asking and answering scales; the alert that stands the moment a safety item is answered."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from emr.questionnaires import use_cases as answering
from emr.questionnaires.scales_file import Urgency
from emr.shared.errors import NotFound, Refused
from emr.shared.ids import AlertId
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.worklist import line
from tests.emr.clinic import NOW, Clinic, at_home

PHQ9 = {f"q{n}": 1 for n in range(1, 9)} | {"q9": 0}


async def test_the_usual_scales_are_due_from_the_booking_on(clinic: Clinic) -> None:
    visit = await clinic.book()
    asked = await answering.asked_in(clinic.conn, visit.id)
    assert [(one.scale, one.open, one.answers) for one in asked] == [("phq9", True, {}), ("gad7", True, {})]


async def test_a_scale_that_is_open_is_not_asked_twice_but_may_be_asked_again_once_answered(clinic: Clinic) -> None:
    visit = await clinic.book()
    context = clinic.context(clinic.drew)
    first = await answering.request(context, visit.id, clinic.ada, "phq9")
    assert first == (await answering.asked_in(clinic.conn, visit.id))[0]
    assert context.events == []
    await answering.answer(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", PHQ9)
    again = await answering.request(context, visit.id, clinic.ada, "phq9")
    assert again.request != first.request
    assert (await answering.form(clinic.conn, visit.id, clinic.ada, "phq9")).request == again.request


async def test_a_whole_scale_is_scored_and_becomes_a_point_of_the_curve(clinic: Clinic) -> None:
    visit = await clinic.book()
    context = clinic.context(clinic.ada)
    answered = await answering.answer(context, visit.id, clinic.ada, "phq9", PHQ9 | {"difficulty": 1})
    assert answered.response is not None
    assert (answered.response.total, answered.response.severity) == (8, "mild")
    assert (answered.missing, answered.alerts, answered.crisis) == ({}, (), False)
    assert await answering.history(clinic.conn, clinic.ada, "phq9") == (answered.response,)
    assert await answering.history(clinic.conn, clinic.ada, "gad7") == ()
    assert type(context.events[-1]).__name__ == "ScaleAnswered"


async def test_item_9_raises_its_alert_when_answered_though_nothing_else_is(clinic: Clinic) -> None:
    visit = await clinic.book()
    context = clinic.context(clinic.ada)
    answered = await answering.answer_item(context, visit.id, clinic.ada, "phq9", "q9", 1)
    assert answered.response is None
    assert answered.crisis
    (alert,) = await answering.alerts(clinic.conn, visit.id)
    assert (alert,) == answered.alerts
    assert (alert.item, alert.value, alert.urgency, alert.acknowledged) == ("q9", 1, Urgency.SAME_SESSION, None)
    assert [type(event).__name__ for event in context.events] == ["ScaleItemAnswered", "SafetyAlertRaised"]


async def test_item_9_in_an_unfinished_form_raises_its_alert_and_the_answers_are_kept(clinic: Clinic) -> None:
    visit = await clinic.book()
    sent = {"q1": 2, "q9": 2, "q2": 77, "nonsense": 1}
    answered = await answering.answer(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", sent)
    assert answered.response is None
    assert set(answered.missing) == {f"q{n}" for n in range(2, 9)}
    assert [alert.urgency for alert in answered.alerts] == [Urgency.IMMEDIATE]
    assert (await answering.form(clinic.conn, visit.id, clinic.ada, "phq9")).answers == {"q1": 2, "q9": 2}


async def test_a_safety_answer_that_is_taken_back_keeps_its_alert(clinic: Clinic) -> None:
    visit = await clinic.book()
    context = clinic.context(clinic.ada)
    for value in (1, 1, 0, 1, 2):
        last = await answering.answer_item(context, visit.id, clinic.ada, "phq9", "q9", value)
    assert [alert.value for alert in last.alerts] == [2]
    assert [alert.value for alert in await answering.alerts(clinic.conn, visit.id)] == [1, 2]
    calmer = await answering.answer_item(context, visit.id, clinic.ada, "phq9", "q9", 0)
    assert not calmer.crisis
    assert len(await answering.alerts_of_patient(clinic.conn, clinic.ada)) == 2


async def test_answers_given_one_by_one_are_scored_with_the_rest(clinic: Clinic) -> None:
    visit = await clinic.book()
    for item in ("q1", "q2", "q3"):
        await answering.answer_item(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", item, 3)
    rest = {item: value for item, value in PHQ9.items() if item not in ("q1", "q2", "q3")}
    answered = await answering.answer(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", rest)
    assert answered.response is not None
    assert answered.response.total == 14


async def test_a_finished_form_sent_again_is_granted_and_other_answers_are_refused(clinic: Clinic) -> None:
    visit = await clinic.book()
    first = await answering.answer(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", PHQ9)
    context = clinic.context(clinic.ada)
    assert (await answering.answer(context, visit.id, clinic.ada, "phq9", PHQ9)).response == first.response
    assert context.events == []
    for call in (
        answering.answer(context, visit.id, clinic.ada, "phq9", PHQ9 | {"q1": 0}),
        answering.answer_item(context, visit.id, clinic.ada, "phq9", "q1", 0),
    ):
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.code == "already_answered"


async def test_what_was_not_asked_or_does_not_exist_cannot_be_answered(clinic: Clinic) -> None:
    visit = await clinic.book(scales=("gad7",))
    context = clinic.context(clinic.ada)
    for scale, item, value in (("phq9", "q1", 1), ("gad7", "q9", 1), ("gad7", "q1", 4), ("mdq", "q1", 1)):
        with pytest.raises(NotFound):
            await answering.answer_item(context, visit.id, clinic.ada, scale, item, value)
    for call in (
        answering.answer(context, visit.id, clinic.marcus, "gad7", {}),
        answering.form(clinic.conn, visit.id, clinic.marcus, "gad7"),
        answering.request(context, visit.id, clinic.marcus, "gad7"),
    ):
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.code == "wrong_patient"


async def test_an_answer_begun_in_the_visit_counts_after_it_but_nothing_new_is_asked(clinic: Clinic) -> None:
    visit = await clinic.hold(await clinic.book())
    late = await answering.answer_item(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", "q9", 3)
    assert len(late.alerts) == 1
    with pytest.raises(Refused):
        await answering.request(clinic.context(clinic.drew), visit.id, clinic.ada, "pcl5")
    other = await clinic.book()
    await booking.cancel(clinic.context(clinic.drew), other.id, clinic.ada)
    with pytest.raises(Refused):
        await answering.answer_item(clinic.context(clinic.ada), other.id, clinic.ada, "phq9", "q9", 3)


async def test_the_first_to_take_up_an_alert_stands(clinic: Clinic) -> None:
    visit = await clinic.book()
    raised = await answering.answer_item(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", "q9", 1)
    alert = raised.alerts[0].id
    drew, tomas = clinic.context(clinic.drew), clinic.context(clinic.tomas, NOW + timedelta(minutes=1))
    first = await answering.acknowledge(drew, visit.id, clinic.ada, alert, "Called Ada; safe at home with Ilse.")
    assert first.acknowledged is not None
    assert await answering.acknowledge(tomas, visit.id, clinic.ada, alert, "") == first
    assert (first.acknowledged.by, len(drew.events), tomas.events) == (clinic.drew, 1, [])
    other = await clinic.book(clinic.marcus)
    for unknown in (AlertId(uuid4()), alert):
        with pytest.raises(NotFound):
            await answering.acknowledge(drew, other.id, clinic.marcus, unknown)


async def test_a_prescriber_sees_every_alert_that_nobody_has_taken_up_and_no_colleagues(clinic: Clinic) -> None:
    visit = await clinic.book()
    raised = await answering.answer_item(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", "q9", 1)
    assert await answering.open_alerts(clinic.conn, clinic.drew) == raised.alerts
    assert await answering.open_alerts(clinic.conn, clinic.tomas) == ()
    await answering.acknowledge(clinic.context(clinic.drew), visit.id, clinic.ada, raised.alerts[0].id)
    assert await answering.open_alerts(clinic.conn, clinic.drew) == ()


async def test_an_unread_alert_brings_a_patient_to_the_front_of_the_queue(clinic: Clinic) -> None:
    ada, marcus = await clinic.book(), await clinic.book(clinic.marcus, start=NOW + timedelta(minutes=10))
    for visit in (ada, marcus):
        await visiting.arrive(clinic.context(visit.patient), visit.id, visit.patient, at_home())
    raised = await answering.answer_item(clinic.context(clinic.marcus), marcus.id, clinic.marcus, "phq9", "q9", 1)

    async def ahead() -> list[int]:
        places = [await line.place_in_queue(clinic.conn, visit, NOW) for visit in (ada, marcus)]
        return [place.ahead for place in places if place]

    assert await ahead() == [1, 0]
    await answering.acknowledge(clinic.context(clinic.drew), marcus.id, clinic.marcus, raised.alerts[0].id)
    assert await ahead() == [0, 1]


async def test_the_database_keeps_answers_and_alerts_as_they_were_given(clinic: Clinic) -> None:
    visit = await clinic.book()
    await answering.answer(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", PHQ9 | {"q9": 1})
    for table in ("scale_request", "scale_answer", "scale_response", "safety_alert"):
        for attempt in (f"DELETE FROM {table}", f"UPDATE {table} SET scale = 'x'", f"TRUNCATE {table}"):
            with pytest.raises(DBAPIError):
                async with clinic.conn.begin_nested():
                    await clinic.conn.execute(
                        text(attempt.replace("scale =", "item =") if table == "scale_answer" else attempt)
                    )
