"""What was stated and what happened in a visit, and who takes part, as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.contact import ContactStatement, StatedContact
from emr.shared.ids import PersonId, VisitId
from emr.shared.together import any_named, any_of
from emr.visits.model import ParticipantRole, VisitEventKind
from emr.visits.tables import visit as visits
from emr.visits.tables import visit_event, visit_participant, visit_statement


@dataclass(frozen=True, slots=True)
class Participant:
    """A third person in a visit, and in what part."""

    person: PersonId
    part: ParticipantRole
    invited_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """What happened in a visit. `person`: whom it is about; `detail`: a short code or None."""

    what: VisitEventKind
    person: PersonId
    at: datetime
    detail: str | None


async def add_event(
    conn: AsyncConnection,
    visit: VisitId,
    what: VisitEventKind,
    person: PersonId,
    now: datetime,
    detail: str | None = None,
) -> int:
    """The event's number."""
    added = insert(visit_event).values(
        visit_id=visit, what=what.value, person_id=person, happened_at=now, detail=detail
    )
    number: int = (await conn.execute(added.returning(visit_event.c.id))).scalar_one()
    return number


async def events(conn: AsyncConnection, visit: VisitId) -> tuple[Event, ...]:
    """Oldest first."""
    rows = await conn.execute(
        select(visit_event).where(visit_event.c.visit_id == visit).order_by(visit_event.c.happened_at, visit_event.c.id)
    )
    return tuple(Event(VisitEventKind(row.what), PersonId(row.person_id), row.happened_at, row.detail) for row in rows)


async def last_events(
    conn: AsyncConnection, visit_ids: Collection[UUID], what: VisitEventKind, *, by: PersonId | None = None
) -> Mapping[VisitId, Event]:
    """The last event of that kind in each visit that has one; `by`: only those about that person, None: about the
    visit's patient, so that a guest's never stands for theirs."""
    query = (
        select(visit_event)
        .ext(distinct_on(visit_event.c.visit_id))
        .where(any_of(visit_event.c.visit_id, visit_ids), visit_event.c.what == what.value)
        .order_by(visit_event.c.visit_id, visit_event.c.happened_at.desc(), visit_event.c.id.desc())
    )
    theirs = select(visits.c.patient_id).where(visits.c.id == visit_event.c.visit_id).scalar_subquery()
    rows = await conn.execute(query.where(visit_event.c.person_id == (theirs if by is None else by)))
    return {VisitId(row.visit_id): Event(what, PersonId(row.person_id), row.happened_at, row.detail) for row in rows}


async def add_statement(conn: AsyncConnection, visit: VisitId, stated: StatedContact) -> int:
    """The statement's number."""
    said = stated.statement
    added = insert(visit_statement).values(
        visit_id=visit,
        line=said.line,
        city=said.city,
        state=said.state,
        postal=said.postal,
        country=said.country,
        call_back=said.call_back,
        stated_at=stated.at,
        stated_by=stated.by,
    )
    number: int = (await conn.execute(added.returning(visit_statement.c.id))).scalar_one()
    return number


def _stated_of(row: Row[*tuple[object, ...]]) -> StatedContact:
    said = ContactStatement(row.line, row.city, row.state, row.postal, row.country, row.call_back)
    return StatedContact(said, row.stated_at, PersonId(row.stated_by))


_STATEMENTS = (
    select(visit_statement)
    .ext(distinct_on(visit_statement.c.visit_id))
    .where(any_named(visit_statement.c.visit_id, "visits_stated"))
    .order_by(visit_statement.c.visit_id, visit_statement.c.stated_at.desc(), visit_statement.c.id.desc())
)


async def statements(conn: AsyncConnection, visit_ids: Collection[UUID]) -> Mapping[VisitId, StatedContact]:
    """The last statement of each visit that has one."""
    rows = await conn.execute(_STATEMENTS, {"visits_stated": list(visit_ids)})
    return {VisitId(row.visit_id): _stated_of(row) for row in rows}


async def last_statement(conn: AsyncConnection, patient: PersonId) -> StatedContact | None:
    """What the patient said last, in any visit: to be offered again, never to be taken as said."""
    rows = await conn.execute(
        select(visit_statement)
        .join_from(visit_statement, visits)
        .where(visits.c.patient_id == patient)
        .order_by(visit_statement.c.stated_at.desc(), visit_statement.c.id.desc())
        .limit(1)
    )
    row = rows.first()
    return None if row is None else _stated_of(row)


async def invite(
    conn: AsyncConnection, visit: VisitId, person: PersonId, part: ParticipantRole, by: PersonId, now: datetime
) -> int | None:
    """The invitation's number; None when that person is invited already: nothing is written then."""
    added = await conn.execute(
        pg_insert(visit_participant)
        .values(visit_id=visit, person_id=person, part=part.value, invited_at=now, invited_by=by)
        .on_conflict_do_nothing()
        .returning(visit_participant.c.id)
    )
    number: int | None = added.scalar_one_or_none()
    return number


async def uninvite(conn: AsyncConnection, visit: VisitId, person: PersonId, now: datetime) -> bool:
    """False when that person was not invited."""
    ended = await conn.execute(
        update(visit_participant)
        .where(
            visit_participant.c.visit_id == visit,
            visit_participant.c.person_id == person,
            visit_participant.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=func.greatest(now, visit_participant.c.invited_at))
        .returning(visit_participant.c.person_id)
    )
    return ended.first() is not None


_PARTICIPANTS = (
    select(visit_participant)
    .where(any_named(visit_participant.c.visit_id, "visits_joined"), visit_participant.c.withdrawn_at.is_(None))
    .order_by(visit_participant.c.invited_at, visit_participant.c.id)
)


async def participants(conn: AsyncConnection, visit_ids: Collection[UUID]) -> Mapping[VisitId, tuple[Participant, ...]]:
    """Who is invited to each visit, in the order invited; a visit without anybody is absent."""
    rows = await conn.execute(_PARTICIPANTS, {"visits_joined": list(visit_ids)})
    found: dict[VisitId, tuple[Participant, ...]] = {}
    for row in rows:
        one = Participant(PersonId(row.person_id), ParticipantRole(row.part), row.invited_at)
        found[VisitId(row.visit_id)] = (*found.get(VisitId(row.visit_id), ()), one)
    return found


async def guests_of(conn: AsyncConnection, patient: PersonId) -> frozenset[PersonId]:
    """Who was ever invited as a guest to a visit of that patient, whatever became of the invitation."""
    asked = (
        select(visit_participant.c.person_id)
        .join(visits, visits.c.id == visit_participant.c.visit_id)
        .where(visits.c.patient_id == patient, visit_participant.c.part != ParticipantRole.SUPERVISOR.value)
    )
    return frozenset(PersonId(one) for one in (await conn.execute(asked)).scalars())
