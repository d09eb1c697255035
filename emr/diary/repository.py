"""Side effects, questions, adherence and observations as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, func, insert, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.diary import tables as t
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
from emr.shared.ids import DiaryEntryId, ObservationId, PersonId, VisitId
from emr.shared.together import any_of


async def add_side_effect(conn: AsyncConnection, effect: SideEffect) -> int:
    """With the first word of its course, whose number is given."""
    first = effect.course[0]
    await conn.execute(
        insert(t.side_effect).values(
            id=effect.id,
            patient_id=effect.patient,
            name=effect.name,
            detail=effect.detail,
            started_on=effect.since,
            reported_at=effect.reported_at,
            reported_by=first.by,
        )
    )
    return await add_course(conn, effect.id, first)


async def add_course(conn: AsyncConnection, effect: DiaryEntryId, course: SideEffectUpdate) -> int:
    """The number of what was told."""
    added = insert(t.side_effect_course).values(
        side_effect_id=effect,
        severity=course.severity.value,
        ended_on=course.ended_on,
        reported_at=course.at,
        reported_by=course.by,
    )
    number: int = (await conn.execute(added.returning(t.side_effect_course.c.id))).scalar_one()
    return number


async def side_effects(conn: AsyncConnection, patient: PersonId) -> tuple[SideEffect, ...]:
    """By the day they began, oldest first."""
    rows = await conn.execute(
        select(
            t.side_effect,
            t.side_effect_course.c.severity,
            t.side_effect_course.c.ended_on,
            t.side_effect_course.c.reported_at.label("told_at"),
            t.side_effect_course.c.reported_by.label("told_by"),
        )
        .join_from(t.side_effect, t.side_effect_course)
        .where(t.side_effect.c.patient_id == patient)
        .order_by(t.side_effect.c.started_on, t.side_effect.c.id, t.side_effect_course.c.id)
    )
    found: dict[DiaryEntryId, SideEffect] = {}
    for row in rows:
        id = DiaryEntryId(row.id)
        told = SideEffectUpdate(SideEffectSeverity(row.severity), row.ended_on, row.told_at, PersonId(row.told_by))
        before = found[id].course if id in found else ()
        found[id] = SideEffect(id, patient, row.name, row.detail, row.started_on, row.reported_at, (*before, told))
    return tuple(found.values())


async def add_question(conn: AsyncConnection, question: Question) -> None:
    await conn.execute(
        insert(t.agenda_item).values(
            id=question.id,
            patient_id=question.patient,
            text=question.text,
            written_at=question.written_at,
            written_by=question.written_by,
        )
    )


async def mark_question(conn: AsyncConnection, question: DiaryEntryId, marked: Marked) -> int:
    """The number of the mark."""
    added = insert(t.agenda_outcome).values(
        item_id=question,
        visit_id=marked.visit,
        outcome=marked.outcome.value,
        marked_at=marked.at,
        marked_by=marked.by,
    )
    number: int = (await conn.execute(added.returning(t.agenda_outcome.c.id))).scalar_one()
    return number


_LAST = (
    select(t.agenda_outcome)
    .ext(distinct_on(t.agenda_outcome.c.item_id))
    .order_by(t.agenda_outcome.c.item_id, t.agenda_outcome.c.id.desc())
    .subquery()
)
_QUESTIONS = (
    select(t.agenda_item, _LAST.c.outcome, _LAST.c.visit_id, _LAST.c.marked_at, _LAST.c.marked_by)
    .join_from(t.agenda_item, _LAST, _LAST.c.item_id == t.agenda_item.c.id, isouter=True)
    .where(t.agenda_item.c.patient_id == bindparam("questions_of"))
    .order_by(t.agenda_item.c.written_at, t.agenda_item.c.id)
)


async def questions(conn: AsyncConnection, patient: PersonId) -> tuple[Question, ...]:
    """Oldest first, whatever became of them."""
    rows = await conn.execute(_QUESTIONS, {"questions_of": patient})
    found = []
    for row in rows:
        marked = None
        if row.outcome is not None:
            marked = Marked(QuestionOutcome(row.outcome), VisitId(row.visit_id), row.marked_at, PersonId(row.marked_by))
        found.append(
            Question(DiaryEntryId(row.id), patient, row.text, row.written_at, PersonId(row.written_by), marked)
        )
    return tuple(found)


async def count_open_questions(conn: AsyncConnection, patients: Collection[UUID]) -> Mapping[PersonId, int]:
    """How many questions each patient has open (never marked, or put off); a patient without any is absent."""
    last = _LAST
    rows = await conn.execute(
        select(t.agenda_item.c.patient_id, func.count())
        .join_from(t.agenda_item, last, last.c.item_id == t.agenda_item.c.id, isouter=True)
        .where(
            any_of(t.agenda_item.c.patient_id, patients),
            or_(last.c.outcome.is_(None), last.c.outcome == QuestionOutcome.DEFERRED.value),
        )
        .group_by(t.agenda_item.c.patient_id)
    )
    return {PersonId(patient): count for patient, count in rows}


async def add_adherence(conn: AsyncConnection, patient: PersonId, told: Adherence) -> UUID:
    """The id of what was told."""
    id = uuid4()
    await conn.execute(
        insert(t.adherence).values(
            id=id,
            patient_id=patient,
            medicine=told.medicine,
            from_date=told.from_date,
            to_date=told.to_date,
            doses_due=told.doses_due,
            doses_taken=told.doses_taken,
            detail=told.detail,
            reported_at=told.reported_at,
            reported_by=told.reported_by,
        )
    )
    return id


async def adherence(conn: AsyncConnection, patient: PersonId) -> tuple[Adherence, ...]:
    """Oldest first."""
    rows = await conn.execute(
        select(t.adherence).where(t.adherence.c.patient_id == patient).order_by(t.adherence.c.reported_at)
    )
    return tuple(
        Adherence(
            medicine=row.medicine,
            from_date=row.from_date,
            to_date=row.to_date,
            doses_due=row.doses_due,
            doses_taken=row.doses_taken,
            detail=row.detail,
            reported_at=row.reported_at,
            reported_by=PersonId(row.reported_by),
        )
        for row in rows
    )


async def add_observation(conn: AsyncConnection, seen: Observation, by: PersonId, now: datetime) -> None:
    await conn.execute(
        insert(t.observation).values(
            id=seen.id,
            patient_id=seen.patient,
            code=seen.code,
            name=seen.name,
            value=seen.value,
            unit=seen.unit,
            observed_at=seen.observed_at,
            source=seen.source,
            recorded_at=now,
            recorded_by=by,
        )
    )


async def observations(conn: AsyncConnection, patient: PersonId, code: str | None) -> tuple[Observation, ...]:
    """Oldest first; `code` None: of every kind."""
    query = select(t.observation).where(t.observation.c.patient_id == patient)
    if code is not None:
        query = query.where(t.observation.c.code == code)
    rows = await conn.execute(query.order_by(t.observation.c.observed_at, t.observation.c.id))
    return tuple(
        Observation(
            id=ObservationId(row.id),
            patient=patient,
            code=row.code,
            name=row.name,
            value=row.value,
            unit=row.unit,
            observed_at=row.observed_at,
            source=row.source,
        )
        for row in rows
    )
