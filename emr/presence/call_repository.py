"""Who came into a visit's call and who left it, as rows: the joining before the room heard of it, and what followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, and_, exists, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement, CompoundSelect
from sqlalchemy.sql.selectable import ScalarSelect

from emr.presence.tables import call_join
from emr.shared.ids import PersonId, VisitId
from emr.visits.model import VisitEventKind
from emr.visits.tables import visit, visit_event


@dataclass(frozen=True, slots=True)
class JoinWatermark:
    """How far the rows of joins are settled: from these numbers on somebody may still be without a leave."""

    join: int = 0
    event: int = 0


@dataclass(frozen=True, slots=True)
class OpenJoin:
    """Somebody who came into a visit's call and, as far as the record says, has not left. `since`: aware, UTC."""

    visit: VisitId
    patient: PersonId
    room: str
    person: PersonId
    since: datetime


# In flight while the numbers were read: rows of a transaction that began before it and commits after it.
_IN_FLIGHT = 1_000


async def open_stays(conn: AsyncConnection, after: JoinWatermark) -> tuple[tuple[OpenJoin, ...], JoinWatermark]:
    """Everybody whose coming, numbered `after` or later, no leave follows; and the mark to ask with next time."""
    newest = (await conn.execute(select(_highest(call_join.c.id), _highest(visit_event.c.id)))).one()
    came = _came(after).subquery()
    left = visit_event.alias("gone")
    rows = await conn.execute(
        select(came.c.kind, came.c.id, came.c.at, came.c.visit_id, came.c.person_id, visit.c.patient_id, visit.c.room)
        .join_from(came, visit, visit.c.id == came.c.visit_id)
        .where(
            ~exists().where(
                left.c.visit_id == came.c.visit_id,
                left.c.person_id == came.c.person_id,
                left.c.what == VisitEventKind.LEFT.value,
                left.c.happened_at >= came.c.at,
            )
        )
        .order_by(came.c.at)
    )
    lowest = {"join": int(newest[0]) - _IN_FLIGHT, "event": int(newest[1]) - _IN_FLIGHT}
    stays: dict[tuple[VisitId, PersonId], OpenJoin] = {}
    for row in rows:
        lowest[row.kind] = min(lowest[row.kind], row.id)
        one = OpenJoin(VisitId(row.visit_id), PersonId(row.patient_id), row.room, PersonId(row.person_id), row.at)
        stays[one.visit, one.person] = one
    return tuple(stays.values()), JoinWatermark(max(0, lowest["join"]), max(0, lowest["event"]))


async def stays_since(conn: AsyncConnection, at: VisitId, person: PersonId) -> datetime | None:
    """When that person last came into the visit's call; None: they never did, or have left since."""
    came = _came(JoinWatermark()).subquery()
    last = select(func.max(came.c.at)).where(came.c.visit_id == at, came.c.person_id == person)
    gone = select(func.max(visit_event.c.happened_at)).where(_about(at, person, VisitEventKind.LEFT))
    row = (await conn.execute(select(last.scalar_subquery().label("came"), gone.scalar_subquery().label("gone")))).one()
    if row.came is None or (row.gone is not None and row.gone >= row.came):
        return None
    since: datetime = row.came
    return since


async def is_kept(conn: AsyncConnection, at: VisitId, person: PersonId, what: VisitEventKind, when: datetime) -> bool:
    """Whether that very joining or leaving stands in the record: it may be told twice."""
    known = select(exists().where(_about(at, person, what), visit_event.c.happened_at == when))
    return bool((await conn.execute(known)).scalar_one())


async def reached(conn: AsyncConnection, at: VisitId, person: PersonId) -> datetime | None:
    """When the person was last said to be in the room, of those times that no leave follows; None: there is none."""
    gone = visit_event.alias("gone")
    found: datetime | None = await conn.scalar(
        select(func.max(visit_event.c.happened_at)).where(
            _about(at, person, VisitEventKind.JOINED),
            ~exists().where(
                gone.c.visit_id == at,
                gone.c.person_id == person,
                gone.c.what == VisitEventKind.LEFT.value,
                gone.c.happened_at >= visit_event.c.happened_at,
            ),
        )
    )
    return found


def _came(after: JoinWatermark) -> CompoundSelect[tuple[str, int, object, object, datetime]]:
    """Every joining: as it was written before the room heard of it, and as the room told it."""
    joins = select(
        literal("join").label("kind"),
        call_join.c.id,
        call_join.c.visit_id,
        call_join.c.person_id,
        call_join.c.joined_at.label("at"),
    ).where(call_join.c.id >= after.join)
    events = select(
        literal("event"), visit_event.c.id, visit_event.c.visit_id, visit_event.c.person_id, visit_event.c.happened_at
    ).where(visit_event.c.what == VisitEventKind.JOINED.value, visit_event.c.id >= after.event)
    return union_all(joins, events)


def _about(at: VisitId, person: PersonId, what: VisitEventKind) -> ColumnElement[bool]:
    return and_(visit_event.c.visit_id == at, visit_event.c.person_id == person, visit_event.c.what == what.value)


def _highest(id: Column[int]) -> ScalarSelect[int]:
    """The newest row's number; 0: there is none."""
    return select(func.coalesce(func.max(id), 0)).scalar_subquery()
