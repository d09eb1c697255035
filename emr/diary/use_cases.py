"""Use cases of what patients tell and what is measured: side effects, questions for the visit, doses taken, labs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.diary import repository as records
from emr.diary.events import (
    AdherenceReported,
    ObservationRecorded,
    QuestionMarked,
    QuestionWritten,
    SideEffectFollowed,
    SideEffectReported,
)
from emr.diary.model import (
    Adherence,
    Marked,
    Observation,
    Question,
    QuestionOutcome,
    SideEffect,
    SideEffectSeverity,
    SideEffectUpdate,
)
from emr.people import use_cases as people
from emr.shared import text as words
from emr.shared.clinic_time.days import day_of
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid, NotFound
from emr.shared.ids import DiaryEntryId, ObservationId, PersonId, VisitId
from emr.visits.guard import visit_of

# LOINC: digits, a hyphen and one check digit.
_LOINC = re.compile(r"\d{1,7}-\d")
_QUESTION_MOST = 500


async def report_side_effect(
    context: UseCaseContext,
    patient_id: PersonId,
    name: str,
    severity: SideEffectSeverity,
    started_on: date,
    detail: str | None = None,
) -> SideEffect:
    """The patient tells of a side effect. Raises `Invalid` for no name or a day to come, `NotFound` for no patient."""
    today = await _today(context, patient_id)
    wrong: dict[str, str] = {}
    named = words.line(name, 100)
    if named is None:
        wrong["name"] = "Enter what you noticed, for example night sweats."
    if started_on > today:
        wrong["started_on"] = "Choose today or an earlier day."
    if wrong or named is None:
        raise Invalid(wrong)
    effect = SideEffect(
        id=DiaryEntryId(uuid4()),
        patient=patient_id,
        name=named,
        detail=words.optional("detail", detail, 200),
        since=started_on,
        reported_at=context.now,
        course=(SideEffectUpdate(severity, None, context.now, context.actor),),
    )
    course = await records.add_side_effect(context.conn, effect)
    context.events.append(SideEffectReported(patient=patient_id, visit=None, side_effect=effect.id, course=course))
    return effect


async def follow_side_effect(
    context: UseCaseContext,
    patient_id: PersonId,
    effect_id: DiaryEntryId,
    severity: SideEffectSeverity,
    ended_on: date | None = None,
) -> SideEffect:
    """How a side effect is now, or the day it ended. What was told before stays.

    Raises `NotFound` when it is not this patient's, `Invalid` for an end before its beginning or to come.
    """
    effect = next((one for one in await side_effects(context.conn, patient_id) if one.id == effect_id), None)
    if effect is None:
        raise NotFound
    if ended_on is not None and not effect.since <= ended_on <= await _today(context, patient_id):
        raise Invalid({"ended_on": "Choose a day between its beginning and today."})
    told = SideEffectUpdate(severity, ended_on, context.now, context.actor)
    course = await records.add_course(context.conn, effect_id, told)
    context.events.append(SideEffectFollowed(patient=patient_id, visit=None, side_effect=effect_id, course=course))
    return replace(effect, course=(*effect.course, told))


async def side_effects(conn: AsyncConnection, patient_id: PersonId) -> tuple[SideEffect, ...]:
    """Every side effect told of, by the day it began, with its course: what the timeline's lane is drawn from."""
    return await records.side_effects(conn, patient_id)


async def write_question(context: UseCaseContext, patient_id: PersonId, text: str) -> Question:
    """A question or worry for the next visit. Raises `Invalid` for none, `NotFound` for no patient."""
    await people.patient(context.conn, patient_id)
    said = words.prose(text, _QUESTION_MOST)
    if said is None:
        raise Invalid({"text": f"Enter your question in at most {_QUESTION_MOST} characters."})
    question = Question(DiaryEntryId(uuid4()), patient_id, said, context.now, context.actor, None)
    await records.add_question(context.conn, question)
    context.events.append(QuestionWritten(patient=patient_id, visit=None, item=question.id))
    return question


async def mark_question(
    context: UseCaseContext,
    visit_id: VisitId,
    patient_id: PersonId,
    question_id: DiaryEntryId,
    outcome: QuestionOutcome,
) -> Question:
    """What became of a question in a visit; may be marked again. Raises `NotFound` when it is another patient's."""
    await visit_of(context.conn, visit_id, patient_id)
    question = next((one for one in await records.questions(context.conn, patient_id) if one.id == question_id), None)
    if question is None:
        raise NotFound
    marked = Marked(outcome, visit_id, context.now, context.actor)
    mark = await records.mark_question(context.conn, question_id, marked)
    context.events.append(
        QuestionMarked(patient=patient_id, visit=visit_id, item=question_id, outcome=outcome.value, mark=mark)
    )
    return replace(question, marked=marked)


async def open_questions(conn: AsyncConnection, patient_id: PersonId) -> tuple[Question, ...]:
    """Questions still to be taken up (never marked, or put off), oldest first."""
    return tuple(question for question in await records.questions(conn, patient_id) if question.open)


async def agenda(conn: AsyncConnection, patient_id: PersonId, visit_id: VisitId) -> tuple[Question, ...]:
    """The agenda of a visit: what is open, and what was marked in that very visit, oldest first."""
    return tuple(
        question
        for question in await records.questions(conn, patient_id)
        if question.open or (question.marked is not None and question.marked.visit == visit_id)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DosesTaken:
    """How a medicine was taken over some days, both included."""

    medicine: str
    from_date: date
    to_date: date
    doses_due: int
    doses_taken: int
    detail: str | None = None


async def report_adherence(context: UseCaseContext, patient_id: PersonId, told: DosesTaken) -> Adherence:
    """How many doses were taken. Raises `Invalid` for days or numbers that cannot be, `NotFound` for no patient."""
    today = await _today(context, patient_id)
    wrong: dict[str, str] = {}
    medicine = words.line(told.medicine, 200)
    if medicine is None:
        wrong["medicine"] = "Enter the medicine's name."
    if not told.from_date <= told.to_date <= today:
        wrong["to_date"] = "Choose days up to today, the first before the last."
    if not 0 <= told.doses_taken <= told.doses_due:
        wrong["doses_taken"] = "Enter how many of the doses due were taken."
    if wrong or medicine is None:
        raise Invalid(wrong)
    kept = Adherence(
        medicine=medicine,
        from_date=told.from_date,
        to_date=told.to_date,
        doses_due=told.doses_due,
        doses_taken=told.doses_taken,
        detail=words.optional("detail", told.detail, 200),
        reported_at=context.now,
        reported_by=context.actor,
    )
    id = await records.add_adherence(context.conn, patient_id, kept)
    context.events.append(AdherenceReported(patient=patient_id, visit=None, adherence=id))
    return kept


async def adherence(conn: AsyncConnection, patient_id: PersonId) -> tuple[Adherence, ...]:
    """Everything told about doses taken, oldest first."""
    return await records.adherence(conn, patient_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeasurement:
    """A measurement to be kept: LOINC code, UCUM unit, `observed_at` aware; `source` says where it comes from."""

    code: str
    name: str
    value: Decimal
    unit: str
    observed_at: datetime
    source: str


async def record_observation(context: UseCaseContext, patient_id: PersonId, measured: NewMeasurement) -> Observation:
    """Keep a weight, a lab value or another measurement. Raises `Invalid` for what cannot be one."""
    await people.patient(context.conn, patient_id)
    wrong: dict[str, str] = {}
    if not _LOINC.fullmatch(measured.code):
        wrong["code"] = "Use the LOINC code, for example 29463-7 for body weight."
    if not measured.value.is_finite():
        wrong["value"] = "Enter a number."
    if measured.observed_at > context.now:
        wrong["observed_at"] = "Choose a time that has passed."
    for name in ("name", "unit", "source"):
        if words.line(getattr(measured, name), 200) is None:
            wrong[name] = "Fill this in."
    if wrong:
        raise Invalid(wrong)
    seen = Observation(
        id=ObservationId(uuid4()),
        patient=patient_id,
        code=measured.code,
        name=measured.name.strip(),
        value=measured.value,
        unit=measured.unit.strip(),
        observed_at=measured.observed_at,
        source=measured.source.strip(),
    )
    await records.add_observation(context.conn, seen, context.actor, context.now)
    context.events.append(ObservationRecorded(patient=patient_id, visit=None, observation=seen.id))
    return seen


async def observations(conn: AsyncConnection, patient_id: PersonId, code: str | None = None) -> tuple[Observation, ...]:
    """Measurements of one LOINC code (None: of all), oldest first."""
    return await records.observations(conn, patient_id, code)


async def _today(context: UseCaseContext, patient_id: PersonId) -> date:
    """The patient's calendar day."""
    patient = await people.patient(context.conn, patient_id)
    return day_of(context.now, patient.person.zone)
