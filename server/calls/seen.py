"""When the worker last saw each person in the room of a call, in Redis: the time of a leave that nobody told."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from emr.shared.ids import PersonId, VisitId
from server.application.context import AppContext

_KEY: Final = "titrate:seen-in-calls"
_KEEP_S: Final = 2 * 24 * 3600

Who = tuple[VisitId, PersonId]


async def last(app_context: AppContext, who: Who) -> datetime | None:
    """None: nobody knows, or not any more."""
    kept = await app_context.redis.hget(_KEY, _field(who))
    return None if kept is None else datetime.fromisoformat(str(kept))


async def remember(app_context: AppContext, visit_people: Collection[Who], now: datetime) -> None:
    """They are in the room of their visit now."""
    if visit_people:
        await app_context.redis.hset(_KEY, mapping={_field(who): now.isoformat() for who in visit_people})
        await app_context.redis.expire(_KEY, _KEEP_S)


async def forget(app_context: AppContext, visit_people: Collection[Who]) -> None:
    """Their leave is on record."""
    if visit_people:
        await app_context.redis.hdel(_KEY, *(_field(who) for who in visit_people))


def _field(who: Who) -> str:
    visit, person = who
    return f"{visit}/{person}"
