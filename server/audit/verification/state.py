"""What an officer is told of verifications: asked for, under way, without a worker, done, or never."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from redis.asyncio import Redis

from server.audit.verification import keeping
from server.audit.verification.keeping import Running
from server.audit.verification.result import Result

ANSWERS_WITHIN: Final = timedelta(seconds=8)
"""The worker takes what it is asked within a second or two, and says every second how far it is."""


class Phase(StrEnum):
    """What goes on now."""

    IDLE = "idle"
    WAITING = "waiting"
    RUNNING = "running"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class VerificationState:
    """The `phase`; how far a pass is, or was when the worker stopped; and the last result, both None where none is."""

    phase: Phase
    running: Running | None
    result: Result | None


async def read(redis: Redis, now: datetime) -> VerificationState:
    """As it is now (`now` is aware). Costs three readings of Redis."""
    asked, running = await keeping.asked(redis), await keeping.running(redis)
    phase = Phase.IDLE
    if running is not None:
        phase = Phase.RUNNING if now - running.at < ANSWERS_WITHIN else Phase.SILENT
    elif asked is not None:
        phase = Phase.WAITING if now - asked < ANSWERS_WITHIN else Phase.SILENT
    return VerificationState(phase, running, await keeping.result(redis))


async def ask(redis: Redis, now: datetime) -> None:
    """Ask for a whole verification, unless one is under way."""
    running = await keeping.running(redis)
    if running is None or not running.whole:
        await keeping.ask(redis, now)
