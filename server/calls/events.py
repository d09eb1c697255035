"""What the media process reports becomes events of the visit: who joined and left, and when."""

import logging
from collections.abc import Iterable
from contextlib import aclosing
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import DataError, IntegrityError

from emr.presence import joining
from emr.shared.context import UseCaseContext
from emr.shared.ids import PersonId, VisitId
from emr.visits import queries as visit_records
from emr.visits import use_cases as visiting
from emr.visits.model import Visit
from server.application import recording
from server.application.actors import person_key, visit_key
from server.application.context import AppContext
from server.application.effects import outbox
from server.application.effects.doing import after_commit
from server.application.effects.outbox import Effect
from server.calls import seen as seen_in_calls
from server.platform import database_clock as clocks
from signaling.bus.envelopes import RoomEvent

log = logging.getLogger("titrate.worker")

# A visit that nobody ended is over for certain after this long; one that nobody came to is missed.
MISSED_AFTER = timedelta(hours=2)
GROUP = "visit-facts"
# The rule by which the program ends a visit that everybody has left.
ABANDONED = "schedule.abandoned"


async def follow(app_context: AppContext) -> None:
    """Record joins and leaves until cancelled. Each event is taken by one worker and acknowledged after commit."""
    async with aclosing(app_context.bus.events(GROUP, "worker")) as events:
        async for event in events:
            await record(app_context, event)


async def record(app_context: AppContext, event: RoomEvent) -> None:
    """Keep one event with its time, once however often it comes, and tell the visit's pages.

    It is what happened: it is kept after the visit's end too, and of who was taken off the visit. A device check's room
    is no visit's: skipped. What no record can hold (no such visit or person, no time) is said in the program's log.
    """
    if event.what not in ("joined", "left"):
        return
    try:
        visit_id, person_id, at = VisitId(UUID(event.visit)), PersonId(UUID(event.participant)), event.happened_at
        if at.tzinfo is None:
            raise ValueError
        if not await _kept(app_context, event, visit_id, person_id, at):
            return
    except (ValueError, IntegrityError, DataError) as error:
        log.error("an event of a room cannot be kept (%s): %s", type(error).__name__, event.what)
        return
    # Their own pages too: whoever is in a call admits nobody to another.
    await after_commit(app_context, (), [(visit_key(visit_id), "presence"), (person_key(person_id), "presence")])


async def _kept(
    app_context: AppContext, event: RoomEvent, visit_id: VisitId, person_id: PersonId, at: datetime
) -> bool:
    """Whether it was written now. Raises what the database says of a person who is not in it."""
    seen = await seen_in_calls.last(app_context, (visit_id, person_id)) if event.what == "joined" else None
    async with app_context.database.begin() as conn:
        visit = await visit_records.get(conn, visit_id)
        if visit is None or visit.room != event.room:
            return False
        context = UseCaseContext(conn, person_id, at)
        if event.what == "joined":
            new = await joining.note_joined(context, visit_id, visit.patient, person_id, seen=seen)
        else:
            new = await joining.note_left(context, visit_id, visit.patient, person_id)
        await write(context, "call.presence")
    return new


async def close_missed(app_context: AppContext) -> None:
    """Mark visits that nobody came to as missed, by the database's clock. Raises ``ClockWrong``."""
    async with app_context.database.begin() as conn:
        now = await clocks.compared(conn, app_context)
    await close_missed_at(app_context, now)


async def close_missed_at(app_context: AppContext, now: datetime) -> None:
    """As `close_missed`, by a time that is known to be right: a demo's history is told by its own."""
    effects: list[Effect] = []
    async with app_context.database.begin() as conn:
        overdue = await visit_records.never_held(conn, now - MISSED_AFTER)
        for visit in overdue:
            context = UseCaseContext(conn, visit.prescriber, now)
            await visiting.miss(context, visit.id, visit.patient)
            await write(context, "schedule.missed", by_program=True)
            effects.append(outbox.end_room(visit.room))
        await outbox.write(conn, effects)
    await after_commit(app_context, effects, _queues(overdue))


async def end_abandoned(app_context: AppContext) -> None:
    """End visits that went on long beyond their likely end and that nobody is in the call of.

    A visit left open would keep its patient from beginning another one. The rule's time is a setting, the clock the
    database's. Raises ``ClockWrong``.
    """
    after = timedelta(minutes=app_context.settings.visit_abandoned_minutes)
    async with app_context.database.begin() as conn:
        now = await clocks.compared(conn, app_context)
        ended: list[Visit] = []
        for visit in await visit_records.never_ended(conn, now - after):
            if any(not one.away for one in await app_context.bus.presence(visit.room)):
                continue
            context = UseCaseContext(conn, visit.prescriber, now)
            await visiting.end(context, visit.id, visit.patient, by_program=True)
            await write(context, ABANDONED, by_program=True)
            ended.append(visit)
        effects = [outbox.end_room(visit.room) for visit in ended]
        await outbox.write(conn, effects)
    await after_commit(app_context, effects, [*_queues(ended), *((visit_key(visit.id), "visit") for visit in ended)])


def _queues(visits: Iterable[Visit]) -> list[tuple[str, str]]:
    """Whose day these visits stand on."""
    return [(person_key(person), "queue") for visit in visits for person in (visit.prescriber, visit.patient)]


async def write(context: UseCaseContext, rule: str, *, by_program: bool = False) -> None:
    """Entries of what happened at a desk, which the program saw by itself."""
    await recording.record(context, actor_id=None if by_program else context.actor, role="program", rule=rule)
