"""What patients tell between visits, and what is measured."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from emr.diary import use_cases as diary
from emr.diary.model import QuestionOutcome, SideEffectSeverity
from emr.diary.use_cases import DosesTaken, NewMeasurement
from emr.shared.errors import Invalid, NotFound, Refused
from emr.shared.ids import DiaryEntryId
from tests.emr.clinic import NOW, Clinic

DAY = timedelta(days=1)


async def test_a_side_effect_is_told_followed_and_ended_and_its_course_is_kept(clinic: Clinic) -> None:
    told = clinic.context(clinic.ada, NOW - 10 * DAY)
    effect = await diary.report_side_effect(
        told, clinic.ada, "Night sweats", SideEffectSeverity.MODERATE, date(2026, 11, 9), "most nights"
    )
    assert (effect.words, effect.since, effect.until) == ("Night sweats, moderate", date(2026, 11, 9), None)
    await diary.follow_side_effect(
        clinic.context(clinic.ada, NOW - DAY), clinic.ada, effect.id, SideEffectSeverity.MILD
    )
    await diary.follow_side_effect(
        clinic.context(clinic.ada), clinic.ada, effect.id, SideEffectSeverity.MILD, date(2026, 11, 23)
    )
    (kept,) = await diary.side_effects(clinic.conn, clinic.ada)
    assert (kept.words, kept.until) == ("Night sweats, mild", date(2026, 11, 23))
    then = kept.as_of(NOW - 2 * DAY)
    assert then is not None
    assert (then.severity, then.ended_on) == (SideEffectSeverity.MODERATE, None)
    assert kept.as_of(NOW - 11 * DAY) is None


async def test_a_side_effect_of_tomorrow_or_of_another_patient_is_refused(clinic: Clinic) -> None:
    context = clinic.context(clinic.ada)
    with pytest.raises(Invalid) as refused:
        await diary.report_side_effect(context, clinic.ada, " ", SideEffectSeverity.MILD, date(2026, 11, 25))
    assert set(refused.value.fields) == {"name", "started_on"}
    effect = await diary.report_side_effect(context, clinic.ada, "Nausea", SideEffectSeverity.MILD, date(2026, 11, 24))
    with pytest.raises(NotFound):
        await diary.follow_side_effect(context, clinic.marcus, effect.id, SideEffectSeverity.MILD)
    with pytest.raises(Invalid):
        await diary.follow_side_effect(context, clinic.ada, effect.id, SideEffectSeverity.MILD, date(2026, 11, 1))


async def test_a_question_stays_open_until_it_is_answered(clinic: Clinic) -> None:
    context = clinic.context(clinic.ada, NOW - DAY)
    sweating = await diary.write_question(context, clinic.ada, " Is the sweating from the sertraline? ")
    sleep = await diary.write_question(clinic.context(clinic.ada), clinic.ada, "Could a higher dose help me sleep?")
    visit = await clinic.hold(await clinic.book(), end=False)
    drew = clinic.context(clinic.drew)
    await diary.mark_question(drew, visit.id, clinic.ada, sweating.id, QuestionOutcome.ANSWERED)
    await diary.mark_question(drew, visit.id, clinic.ada, sleep.id, QuestionOutcome.DEFERRED)
    assert [one.id for one in await diary.open_questions(clinic.conn, clinic.ada)] == [sleep.id]
    assert [one.id for one in await diary.agenda(clinic.conn, clinic.ada, visit.id)] == [sweating.id, sleep.id]
    later = await clinic.book(start=NOW + 28 * DAY)
    assert [one.id for one in await diary.agenda(clinic.conn, clinic.ada, later.id)] == [sleep.id]
    # A mark may be corrected; the last one stands.
    again = await diary.mark_question(drew, visit.id, clinic.ada, sweating.id, QuestionOutcome.DEFERRED)
    assert again.open
    assert len(await diary.open_questions(clinic.conn, clinic.ada)) == 2


async def test_a_question_of_another_patient_cannot_be_marked(clinic: Clinic) -> None:
    question = await diary.write_question(clinic.context(clinic.ada), clinic.ada, "Why?")
    visit = await clinic.book(clinic.marcus)
    context = clinic.context(clinic.drew)
    for unknown in (question.id, DiaryEntryId(uuid4())):
        with pytest.raises(NotFound):
            await diary.mark_question(context, visit.id, clinic.marcus, unknown, QuestionOutcome.ANSWERED)
    with pytest.raises(Refused):
        await diary.mark_question(context, visit.id, clinic.ada, question.id, QuestionOutcome.ANSWERED)
    with pytest.raises(Invalid):
        await diary.write_question(context, clinic.ada, "\n")


async def test_doses_taken_are_of_those_due_and_of_days_gone_by(clinic: Clinic) -> None:
    context = clinic.context(clinic.ada)
    first, last = date(2026, 10, 27), date(2026, 11, 23)
    told = DosesTaken(medicine="Sertraline", from_date=first, to_date=last, doses_due=28, doses_taken=26)
    assert (await diary.report_adherence(context, clinic.ada, told),) == await diary.adherence(clinic.conn, clinic.ada)
    wrong = DosesTaken(medicine="", from_date=last, to_date=first, doses_due=2, doses_taken=3)
    with pytest.raises(Invalid) as refused:
        await diary.report_adherence(context, clinic.ada, wrong)
    assert set(refused.value.fields) == {"medicine", "to_date", "doses_taken"}


async def test_a_measurement_keeps_its_decimal_its_unit_and_its_code(clinic: Clinic) -> None:
    context = clinic.context(clinic.drew)
    for days, value in ((30, "72.40"), (1, "71.9")):
        weight = NewMeasurement(
            code="29463-7",
            name="Body weight",
            value=Decimal(value),
            unit="kg",
            observed_at=NOW - days * DAY,
            source="told by the patient",
        )
        await diary.record_observation(context, clinic.ada, weight)
    kept = await diary.observations(clinic.conn, clinic.ada, "29463-7")
    assert [(one.value, one.unit) for one in kept] == [(Decimal("72.40"), "kg"), (Decimal("71.9"), "kg")]
    assert await diary.observations(clinic.conn, clinic.ada, "2951-2") == ()
    assert len(await diary.observations(clinic.conn, clinic.ada)) == 2
    bad = NewMeasurement(code="weight", name="", value=Decimal("NaN"), unit=" ", observed_at=NOW + DAY, source="")
    with pytest.raises(Invalid) as refused:
        await diary.record_observation(context, clinic.ada, bad)
    assert set(refused.value.fields) == {"code", "name", "value", "unit", "observed_at", "source"}


async def test_what_was_told_cannot_be_rewritten(clinic: Clinic) -> None:
    await diary.write_question(clinic.context(clinic.ada), clinic.ada, "Why?")
    for attempt in ("UPDATE agenda_item SET text = 'x'", "DELETE FROM agenda_item", "TRUNCATE observation"):
        with pytest.raises(DBAPIError):
            async with clinic.conn.begin_nested():
                await clinic.conn.execute(text(attempt))
