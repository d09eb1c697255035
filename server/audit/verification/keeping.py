"""What is kept in Redis of verifications: the request, the progress, where to go on, and the last result.

Nothing here is trusted for a verdict that the database and the checkpoints outside could give: a forged place to go on
from does not fit the next checkpoint, and the nightly pass starts from nothing.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from redis.asyncio import Redis

from compliance.audit.verification.progress import Base, Progress, base_json, base_of
from server.audit.verification.result import Result

ASKED: Final = "titrate:verification:asked"
RUNNING: Final = "titrate:verification:running"
RESUME: Final = "titrate:verification:resume"
BASE: Final = "titrate:verification:base"
RESULT: Final = "titrate:verification:result"

_BROKEN: Final = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Running:
    """A pass under way: `position` of `total` entries, `rate` of them a second, since `began`; `at`: last heard of."""

    whole: bool
    position: int
    total: int
    stage: str
    rate: float
    began: datetime
    at: datetime


async def _text(redis: Redis, key: str) -> str | None:
    found = await redis.get(key)
    return None if found is None else str(found)


async def ask(redis: Redis, now: datetime) -> None:
    """Ask the worker for a whole verification; asking twice is asking once."""
    await redis.set(ASKED, now.isoformat(), nx=True)


async def asked(redis: Redis) -> datetime | None:
    """Since when the worker is asked for one; None: it is not."""
    text = await _text(redis, ASKED)
    return None if text is None else datetime.fromisoformat(text)


async def taken(redis: Redis) -> None:
    """The worker has begun what was asked for."""
    await redis.delete(ASKED)


async def say_running(redis: Redis, running: Running) -> None:
    """Say how far a pass is."""
    body = {
        "whole": running.whole,
        "position": running.position,
        "total": running.total,
        "stage": running.stage,
        "rate": running.rate,
        "began": running.began.isoformat(),
        "at": running.at.isoformat(),
    }
    await redis.set(RUNNING, json.dumps(body))


async def running(redis: Redis) -> Running | None:
    """The pass under way, or stopped in the middle; None without one."""
    text = await _text(redis, RUNNING)
    if text is None:
        return None
    body = json.loads(text)
    times = {name: datetime.fromisoformat(body[name]) for name in ("began", "at")}
    return Running(**{**body, **times})


async def save(redis: Redis, progress: str) -> None:
    """Keep where a pass can go on (`Progress.to_json`)."""
    await redis.set(RESUME, progress)


async def saved(redis: Redis) -> Progress | None:
    """Where a stopped pass can go on; None: there is none, or it cannot be used."""
    text = await _text(redis, RESUME)
    try:
        return None if text is None else Progress.from_json(text)
    except _BROKEN:
        return None


async def over(redis: Redis) -> None:
    """Nothing is under way any more."""
    await redis.delete(RUNNING, RESUME)


async def keep(redis: Redis, result: Result, base: Base | None) -> None:
    """Remember an outcome, and from where the next pass may go on."""
    await redis.set(RESULT, result.to_json())
    if base is not None:
        await redis.set(BASE, json.dumps(base_json(base)))


async def result(redis: Redis) -> Result | None:
    """The last outcome; None: never, or Redis forgot."""
    text = await _text(redis, RESULT)
    try:
        return None if text is None else Result.from_json(text)
    except _BROKEN:
        return None


async def base(redis: Redis) -> Base | None:
    """From where the next pass may go on; None: it starts from nothing."""
    text = await _text(redis, BASE)
    try:
        return None if text is None else base_of(json.loads(text))
    except _BROKEN:
        return None
