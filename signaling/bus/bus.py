"""What speaks Redis: announcements, envelopes between processes, who is in a room; with `leases` who holds it.

Nothing here is a record: after a loss of Redis pages still work and calls are joined again. Keys begin with a
prefix so that several installations, or tests, may share a server. Only single-key commands are used, so that a
cluster may serve them.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import DataError, RedisError, ResponseError

from signaling import wire
from signaling.bus import announcements, redis_client
from signaling.bus.announcements import Subscription
from signaling.bus.envelopes import EndRoom, Envelope, Presence, RoomEvent, pack, unpack
from signaling.bus.leases import Leases
from signaling.faults import Faults
from signaling.ids import NodeId, RoomId, WebId

BusError = RedisError
"""What every call here may raise while Redis is away; callers retry or say so."""
Unsendable = DataError
"""The kind of BusError that no repetition mends."""

STREAM_LENGTH = 10_000
"""Entries kept in a stream (about a minute of a very busy node); a reader further behind has lost its calls anyway.
"""
PRESENCE_TTL_S = 10
ENDED_TTL_S = 24 * 3600
EVENTS_LENGTH = 100_000
MOST_WAITING = 8
"""Connections of a process that wait for news: a line of announcements, a stream's reader, the events'."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One envelope and its position in the stream, to be given as `after` for the next read."""

    position: str
    envelope: Envelope | None


class Bus:
    """All that web, worker and media processes share through Redis."""

    def __init__(self, redis: "Redis", waiting: "Redis", prefix: str = "titrate") -> None:
        """`waiting`: for what waits for news (reads that block, announcements), so that commands need not wait for it.

        It gives up at the first error, since who waits must know what may have gone by.
        """
        self._redis = redis
        self._waiting = waiting
        self._prefix = prefix
        self.faults = Faults()
        self.leases = Leases(redis, prefix, self.faults)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, prefix: str = "titrate", *, most: int = redis_client.MOST_CONNECTIONS
    ) -> AsyncIterator["Bus"]:
        """A bus on an address that `redis_client.connect` takes, closed at the end.

        `most` connections for commands; those that wait for news are besides.
        """
        # What is not UTF-8 is read as something unknown instead of breaking the line; `wire` lets none of it out.
        options: dict[str, Any] = {"protocol": 2, "encoding_errors": "replace"}
        redis = redis_client.connect(url, most=most, **options)
        waiting = redis_client.connect(url, most=MOST_WAITING, retry=Retry(NoBackoff(), 0), **options)
        try:
            yield cls(redis, waiting, prefix)
        finally:
            await waiting.aclose()
            await redis.aclose()

    @property
    def used(self) -> tuple[int, int]:
        """How many connections for commands are in use, of how many."""
        return redis_client.used(self._redis)

    async def reach(self) -> None:
        """Raises BusError when Redis does not answer."""
        await self._redis.ping()

    # Live pages

    async def announce(self, topic_key: str, name: str) -> None:
        """Tell every listener of `topic_key` (for example a visit) that topic `name` is to be read again."""
        counter, channel = self._key("announced", topic_key), self._key("topic", topic_key)
        await announcements.announce(self._redis, counter, channel, name)

    async def announced(self, topic_keys: Sequence[str]) -> tuple[int, ...]:
        """How many announcements each of these keys has seen."""
        return await announcements.counts(self._redis, [self._key("announced", key) for key in topic_keys])

    @asynccontextmanager
    async def line(self) -> AsyncGenerator[Subscription, None]:
        """A line to Redis, of its own, on which any number of keys are followed.

        Raises BusError when it breaks: what is announced meanwhile is not heard.
        """
        async with self._waiting.pubsub() as channel:
            yield Subscription(channel, self._key("topic", ""))

    # Envelopes

    async def to_media(self, node: NodeId, envelope: Envelope) -> None:
        """Append to the stream of a media process."""
        await self._append(self._key("to-media", node), envelope)

    async def to_web(self, web: WebId, envelope: Envelope) -> None:
        """Append to the stream of a web process."""
        await self._append(self._key("to-web", web), envelope)

    async def for_media(self, node: NodeId, after: str) -> tuple[Delivered, ...]:
        """Envelopes after position `after` ("0": from the start), waiting up to a second for one."""
        return await self._read(self._key("to-media", node), after)

    async def for_web(self, web: WebId, after: str) -> tuple[Delivered, ...]:
        """As `for_media`, for a web process."""
        return await self._read(self._key("to-web", web), after)

    # Rooms

    async def set_presence(self, room: RoomId, people: Iterable[Presence]) -> None:
        """Write who is in `room`; forgotten PRESENCE_TTL_S after the last writing."""
        body = wire.dumps(tuple(people))
        await self._redis.set(self._key("present", room), body, ex=PRESENCE_TTL_S)

    async def release(self, node: NodeId, room: RoomId) -> None:
        """Give up a room that has become empty, unless it has moved on already."""
        if await self.leases.release(node, room):
            await self._redis.delete(self._key("present", room))

    async def presence(self, room: str) -> tuple[Presence, ...]:
        """Who is in `room` now, in order of arrival; empty when nobody is or the room is unknown."""
        text = await self._redis.get(self._key("present", room))
        return wire.decode(tuple[Presence, ...], str(text)) if text else ()

    async def end_room(self, room: str) -> None:
        """Close the call of a visit that ended: everybody is told, nobody may enter again."""
        await self._redis.set(self._key("ended", room), "1", ex=ENDED_TTL_S)
        holder = await self.leases.holder(room)
        if holder:
            await self.to_media(holder, EndRoom(RoomId(room)))

    async def has_ended(self, room: RoomId) -> bool:
        """Whether `end_room` was called for this room within a day."""
        return bool(await self._redis.exists(self._key("ended", room)))

    async def record(self, event: RoomEvent) -> None:
        """Append to the events that `events` reads."""
        fields: dict[Any, Any] = {"body": wire.dumps(event)}  # Any: the client's own type of fields
        await self._redis.xadd(self._key("events"), fields, maxlen=EVENTS_LENGTH)

    async def events(self, group: str, consumer: str) -> AsyncGenerator[RoomEvent, None]:
        """Joins and leaves, each to one consumer of `group`; acknowledged when the next one is asked for.

        An event whose consumer died before acknowledging it is read again by the same consumer name when it comes
        back.
        """
        key = self._key("events")
        try:
            await self._redis.xgroup_create(key, group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        position = "0"  # first what this consumer had not acknowledged, then what is new
        while True:
            found = await self._waiting.xreadgroup(group, consumer, {key: position}, count=64, block=1000)
            entries = _entries(found)
            if position == "0" and not entries:
                position = ">"
            for entry, fields in entries:
                event = self._event(fields) if fields else None
                if event is not None:
                    yield event
                await self._redis.xack(key, group, entry)

    # Inside

    async def _append(self, key: str, envelope: Envelope) -> None:
        fields = cast("dict[Any, Any]", pack(envelope))  # Any: the client's own type of fields
        await self._redis.xadd(key, fields, maxlen=STREAM_LENGTH, approximate=True)
        await self._redis.expire(key, 3600)

    async def _read(self, key: str, after: str) -> tuple[Delivered, ...]:
        found = await self._waiting.xread({key: after}, count=256, block=1000)
        delivered = []
        for position, fields in _entries(found):
            try:
                delivered.append(Delivered(position, unpack(dict(fields))))
            except ValueError:
                delivered.append(Delivered(position, None))  # of a newer version: skipped, not fatal
        return tuple(delivered)

    def _event(self, fields: Mapping[str, str]) -> RoomEvent | None:
        """An event of a room; None for one that nobody can read, which would keep every later one waiting."""
        try:
            return wire.decode(RoomEvent, fields["body"])
        except (ValueError, KeyError) as error:
            self.faults.note("event", error)
            return None

    def _key(self, *parts: str) -> str:
        return ":".join((self._prefix, *parts))


def _entries(found: Any) -> list[tuple[str, Mapping[str, str]]]:
    """The entries of the one stream that was read. Any: redis-py types answers by protocol version."""
    if not found:
        return []
    streams = found.values() if isinstance(found, dict) else [entries for _, entries in found]
    return [(str(position), fields) for entries in streams for position, fields in entries]
