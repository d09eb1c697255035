"""What the worker last said of itself, kept in Redis. Sizes and codes only."""

import json
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis

KEY = "titrate:worker"


@dataclass(frozen=True, slots=True)
class Beat:
    """`at`: when (aware, UTC). `outside`: entries under the newest copied checkpoint; None: not known yet.

    `trouble`: why it does not sign or copy, as a sentence; None: it does.
    """

    at: datetime
    outside: int | None
    trouble: str | None


async def keep(redis: Redis, beat: Beat) -> None:
    """Say that the worker is there."""
    body = {
        "at": beat.at.isoformat(),
        "outside": beat.outside,
        "trouble": beat.trouble,
    }
    await redis.set(KEY, json.dumps(body))


async def last(redis: Redis) -> Beat | None:
    """What it last said; None: nothing, or Redis forgot."""
    text = await redis.get(KEY)
    if text is None:
        return None
    body = json.loads(text)
    return Beat(datetime.fromisoformat(body["at"]), body["outside"], body["trouble"])
