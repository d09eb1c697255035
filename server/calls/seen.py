"""When the worker last saw each person in the room of a call, in Redis: the time of a leave that nobody told."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from emr.shared.ids import PersonId, VisitId
from server.application.context import House

_KEY: Final = "titrate:seen-in-calls"
_KEEP_S: Final = 2 * 24 * 3600

Who = tuple[VisitId, PersonId]


async def last(house: House, who: Who) -> datetime | None:
    """None: nobody knows, or not any more."""
    kept = await house.redis.hget(_KEY, _field(who))
    return None if kept is None else datetime.fromisoformat(str(kept))


async def remember(house: House, those: Collection[Who], now: datetime) -> None:
    """They are in the room of their visit now."""
    if those:
        await house.redis.hset(_KEY, mapping={_field(who): now.isoformat() for who in those})
        await house.redis.expire(_KEY, _KEEP_S)


async def forget(house: House, those: Collection[Who]) -> None:
    """Their leave is on record."""
    if those:
        await house.redis.hdel(_KEY, *(_field(who) for who in those))


def _field(who: Who) -> str:
    visit, person = who
    return f"{visit}/{person}"
