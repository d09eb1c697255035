"""Announcements: a name to everybody who follows a key, and a count for each key, by which a lost one is noticed.

Pub/sub forgets: who is away for a moment hears nothing of it. So counting and publishing are one step in Redis, the
count travels with the name, and whoever finds a gap reads everything again.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub

COUNT_TTL_S = 24 * 3600
"""Longer than any page stays open unread; after it a page simply reads again once."""

# KEYS: counter. ARGV: channel, name, seconds the counter lives.
_ANNOUNCE = """
local count = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', ARGV[1], ARGV[2] .. ' ' .. count)
return count
"""
# Followed always, and announced to never: a line that follows nothing would end.
_NOBODY = ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a line brings: `name` was announced for `key`, as its `count`-th; without a name: `key` is followed now.

    `count` is None when whoever announced it did not say.
    """

    key: str
    name: str
    count: int | None = None


async def announce(redis: Redis, counter: str, channel: str, name: str) -> None:
    """Count and publish `name` in one step. Raises RedisError."""
    await redis.eval(_ANNOUNCE, 1, counter, channel, name, str(COUNT_TTL_S))


async def counts(redis: Redis, counters: Sequence[str]) -> tuple[int, ...]:
    """How many announcements each of these counters has seen. Raises RedisError."""
    async with redis.pipeline(transaction=False) as pipe:
        for counter in counters:
            pipe.get(counter)
        return tuple(int(found or 0) for found in await pipe.execute())


class Subscription:
    """One line to Redis on which any number of keys are followed. It ends with RedisError when the line breaks."""

    def __init__(self, channel: PubSub, prefix: str) -> None:
        self._channel = channel
        self._prefix = prefix

    async def follow(self, keys: Iterable[str]) -> None:
        """Follow these keys too; `heard` says when Redis does. Never two calls at once."""
        await self._channel.subscribe(*(self._prefix + key for key in (_NOBODY, *keys)))

    async def leave(self, keys: Iterable[str]) -> None:
        """Follow these keys (at least one) no more."""
        await self._channel.unsubscribe(*(self._prefix + key for key in keys))

    async def heard(self) -> AsyncIterator[Announcement]:
        """All that comes, in order, once something is followed. Raises RedisError when the line breaks."""
        async for message in self._channel.listen():
            key = str(message["channel"]).removeprefix(self._prefix)
            if message["type"] == "message":
                yield _heard(key, message["data"])
            elif message["type"] == "subscribe" and key != _NOBODY:
                yield Announcement(key, "")


def _heard(key: str, data: Any) -> Announcement:
    name, _, count = str(data).partition(" ")
    return Announcement(key, name, int(count) if count.isdigit() else None)
