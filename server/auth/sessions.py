"""Sessions: an opaque 256-bit id in the browser's cookie, everything else in Redis under a hash of that id.

Whoever reads Redis learns no id that a browser could present. Ending is decided by ``now`` and the stored times;
Redis' own expiry only sweeps up. Activity is what a person does (``touch``), not what a page does by itself.
"""

import hashlib
import json
import math
import secrets
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NewType, cast
from uuid import UUID

from redis.asyncio import Redis

from server.auth.settings import SessionSettings
from server.auth.tokens import IdToken

SessionKey = NewType("SessionKey", str)  # SHA-256 of the id, hex: safe to hand around, useless as a cookie

# One step in Redis, so that activity of one tab can never revive what another just ended, nor turn time back.
# KEYS: session. ARGV: now, idle seconds, absolute seconds (all as numbers). 1: alive and touched.
_TOUCH = """
local seen = tonumber(redis.call('HGET', KEYS[1], 'seen'))
local begun = tonumber(redis.call('HGET', KEYS[1], 'begun'))
if not seen or not begun then return 0 end
local now, idle, absolute = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if now >= seen + idle or now >= begun + absolute then
  redis.call('DEL', KEYS[1])
  return 0
end
if now > seen then redis.call('HSET', KEYS[1], 'seen', ARGV[1]) end
redis.call('EXPIRE', KEYS[1], math.ceil(math.min(idle, begun + absolute - now)))
return 1
"""


@dataclass(frozen=True, slots=True)
class SignedInPerson:
    """Who a subject of the provider is here, and in which roles at sign-in."""

    person_id: UUID
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Remaining:
    """Whole seconds until a session ends, by inactivity and at the latest."""

    idle_s: int
    absolute_s: int


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. Times are aware, UTC. ``auth_time``: when the provider last saw the person."""

    key: SessionKey
    person_id: UUID
    roles: frozenset[str]
    issuer: str
    subject: str
    sid: str | None
    auth_time: datetime | None
    begun_at: datetime
    seen_at: datetime
    csrf_token: str = field(repr=False)
    id_token: str = field(repr=False)


def key_of(session_id: str) -> SessionKey:
    """The name under which a session is kept."""
    return SessionKey(hashlib.sha256(session_id.encode()).hexdigest())


class Sessions:
    """The sessions of all web processes."""

    def __init__(self, redis: Redis, settings: SessionSettings, prefix: str = "titrate") -> None:
        self.settings = settings
        self._redis = redis
        self._prefix = prefix
        self._touch = redis.register_script(_TOUCH)

    async def begin(self, person: SignedInPerson, token: IdToken, now: datetime) -> str:
        """A new session with an id that nobody has seen. Returns the id: for the cookie, and for nothing else."""
        session_id = secrets.token_urlsafe(32)
        name = self._name(key_of(session_id))
        facts = {
            "person_id": str(person.person_id),
            "roles": sorted(person.roles),
            "issuer": token.issuer,
            "subject": token.subject,
            "sid": token.sid,
            "auth_time": token.auth_time.timestamp() if token.auth_time else None,
            "csrf_token": secrets.token_urlsafe(32),
            "id_token": token.raw,
        }
        moment = repr(now.timestamp())
        fields: dict[Any, Any] = {"facts": json.dumps(facts), "begun": moment, "seen": moment}
        # Indexes first: a session that the provider's logout could not find must not exist.
        for index in self._indexes(person.person_id, token.issuer, token.subject, token.sid):
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.sadd(index, key_of(session_id))
                pipe.expire(index, self.settings.absolute_s)
                await pipe.execute()
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(name, mapping=fields)
            pipe.expire(name, self.settings.idle_s)
            await pipe.execute()
        return session_id

    async def read(self, key: SessionKey, now: datetime) -> Session | None:
        """The session if it has not ended; does not count as activity."""
        stored = await self._stored(key)
        if stored is None:
            return None
        session = _session(key, stored)
        remaining = self.remaining(session, now)
        return session if min(remaining.idle_s, remaining.absolute_s) > 0 else None

    async def touch(self, key: SessionKey, now: datetime) -> bool:
        """Somebody acted: the idle time begins again. False: the session has ended, end what hangs on it."""
        arguments: list[str | int] = [repr(now.timestamp()), self.settings.idle_s, self.settings.absolute_s]
        return bool(int(await self._touch(keys=[self._name(key)], args=arguments)))

    def remaining(self, session: Session, now: datetime) -> Remaining:
        """Seconds left, never negative; rounded up, so that 0 means ended."""
        idle = self.settings.idle_s - (now - session.seen_at).total_seconds()
        absolute = self.settings.absolute_s - (now - session.begun_at).total_seconds()
        return Remaining(max(0, math.ceil(idle)), max(0, math.ceil(absolute)))

    async def end(self, key: SessionKey) -> None:
        """End one session; ending an ended one is nothing."""
        await self._redis.delete(self._name(key))

    async def end_subject(self, issuer: str, subject: str) -> int:
        """End all sessions of a provider's subject; returns how many there were."""
        return await self._end_all(self._index("sub", issuer, subject))

    async def end_sid(self, issuer: str, sid: str, subject: str | None) -> int:
        """End the sessions of one provider session; with a subject, only if they are that subject's."""
        return await self._end_all(self._index("sid", issuer, sid), subject)

    async def end_person(self, person_id: UUID) -> int:
        """End all sessions of a person: their roles changed or they may no longer come in."""
        return await self._end_all(self._index("person", str(person_id)))

    async def _end_all(self, index: str, subject: str | None = None) -> int:
        members = await cast("Awaitable[Iterable[str | bytes]]", self._redis.smembers(index))
        ended = 0
        for member in members:
            key = SessionKey(_text(member))
            stored = await self._stored(key)
            if stored is not None and subject is not None and _session(key, stored).subject != subject:
                continue
            ended += int(await self._redis.delete(self._name(key)))
            await self._redis.srem(index, key)
        return ended

    async def _stored(self, key: SessionKey) -> dict[str, str] | None:
        found = await cast("Awaitable[dict[Any, Any]]", self._redis.hgetall(self._name(key)))
        return {_text(name): _text(value) for name, value in found.items()} or None

    def _name(self, key: SessionKey) -> str:
        return f"{self._prefix}:session:{key}"

    def _index(self, kind: str, *parts: str) -> str:
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return f"{self._prefix}:sessions-of-{kind}:{digest}"

    def _indexes(self, person_id: UUID, issuer: str, subject: str, sid: str | None) -> list[str]:
        names = [self._index("person", str(person_id)), self._index("sub", issuer, subject)]
        return [*names, self._index("sid", issuer, sid)] if sid else names


def _session(key: SessionKey, stored: dict[str, str]) -> Session:
    facts = json.loads(stored["facts"])
    return Session(
        key=key,
        person_id=UUID(facts["person_id"]),
        roles=frozenset(facts["roles"]),
        issuer=facts["issuer"],
        subject=facts["subject"],
        sid=facts["sid"],
        auth_time=_moment(facts["auth_time"]) if facts["auth_time"] is not None else None,
        begun_at=_moment(stored["begun"]),
        seen_at=_moment(stored["seen"]),
        csrf_token=facts["csrf_token"],
        id_token=facts["id_token"],
    )


def _moment(seconds: str | float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def _text(value: str | bytes) -> str:
    """redis-py answers text or bytes, as its owner configured it."""
    return value.decode() if isinstance(value, bytes) else value
