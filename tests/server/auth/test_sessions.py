"""Sessions in a real Valkey, with the time given."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis

from server.auth.sessions import SessionKey, Sessions, SignedInPerson, key_of
from server.auth.settings import SessionSettings
from server.auth.tokens import IdToken

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ADA = SignedInPerson(UUID("a0000000-0000-4000-8000-000000000001"), frozenset({"patient"}))
ISSUER = "https://id.example"


def token(subject: str = "ada", sid: str | None = "s-1") -> IdToken:
    return IdToken(ISSUER, subject, sid, NOW, "a.b.c")


@pytest.fixture
def sessions(redis: Redis) -> Sessions:
    return Sessions(redis, SessionSettings())


async def begin(sessions: Sessions, subject: str = "ada", sid: str | None = "s-1") -> SessionKey:
    return key_of(await sessions.begin(ADA, token(subject, sid), NOW))


async def test_a_session_is_read_as_it_was_begun(sessions: Sessions) -> None:
    session = await sessions.read(await begin(sessions), NOW)
    assert session is not None
    assert (session.person_id, session.roles) == (ADA.person_id, ADA.roles)
    assert (session.issuer, session.subject, session.sid, session.auth_time) == (ISSUER, "ada", "s-1", NOW)
    assert (session.begun_at, session.seen_at) == (NOW, NOW)
    assert len(session.csrf_token) >= 43


async def test_ids_and_tokens_are_never_given_twice(sessions: Sessions) -> None:
    ids = {await sessions.begin(ADA, token(), NOW) for _ in range(20)}
    tokens = {getattr(await sessions.read(key_of(each), NOW), "csrf_token", "") for each in ids}
    assert len(ids) == len(tokens) == 20


async def test_a_secret_is_not_shown_when_a_session_is_printed(sessions: Sessions) -> None:
    session = await sessions.read(await begin(sessions), NOW)
    assert session is not None
    assert session.csrf_token not in repr(session)
    assert session.id_token not in repr(session)


async def test_fifteen_minutes_without_activity_end_it(sessions: Sessions) -> None:
    key = await begin(sessions)
    assert await sessions.read(key, NOW + timedelta(minutes=14, seconds=59)) is not None
    assert await sessions.read(key, NOW + timedelta(minutes=15)) is None
    assert not await sessions.touch(key, NOW + timedelta(minutes=15))
    # A touch that came too late ended it for good: no clock brings it back.
    assert await sessions.read(key, NOW) is None


async def test_reading_is_no_activity_and_touching_is(sessions: Sessions) -> None:
    key = await begin(sessions)
    for minutes in (5, 10, 14):
        assert await sessions.read(key, NOW + timedelta(minutes=minutes)) is not None
    assert await sessions.read(key, NOW + timedelta(minutes=15)) is None
    key = await begin(sessions)
    assert await sessions.touch(key, NOW + timedelta(minutes=14))
    assert await sessions.read(key, NOW + timedelta(minutes=28)) is not None


async def test_twelve_hours_end_it_whatever_happens(sessions: Sessions) -> None:
    key = await begin(sessions)
    now = NOW
    while now + timedelta(minutes=10) < NOW + timedelta(hours=12):
        now += timedelta(minutes=10)
        assert await sessions.touch(key, now)
    session = await sessions.read(key, now)
    assert session is not None
    assert sessions.remaining(session, now).absolute_s == 600
    assert await sessions.read(key, NOW + timedelta(hours=12)) is None
    assert not await sessions.touch(key, NOW + timedelta(hours=12))


async def test_a_late_message_never_turns_activity_back(sessions: Sessions) -> None:
    key = await begin(sessions)
    assert await sessions.touch(key, NOW + timedelta(minutes=10))
    assert await sessions.touch(key, NOW + timedelta(minutes=2))
    session = await sessions.read(key, NOW + timedelta(minutes=10))
    assert session is not None
    assert session.seen_at == NOW + timedelta(minutes=10)


async def test_a_touch_revives_nothing_that_ended(sessions: Sessions, redis: Redis) -> None:
    key = await begin(sessions)
    await sessions.end(key)
    assert not await sessions.touch(key, NOW)
    assert await sessions.read(key, NOW) is None
    assert not await redis.exists(f"titrate:session:{key}")


async def test_what_remains_counts_down_to_nothing(sessions: Sessions) -> None:
    session = await sessions.read(await begin(sessions), NOW)
    assert session is not None
    left = sessions.remaining(session, NOW + timedelta(minutes=13))
    assert (left.idle_s, left.absolute_s) == (120, 43_200 - 780)
    assert sessions.remaining(session, NOW + timedelta(days=1)).idle_s == 0


async def test_redis_sweeps_up_by_itself(sessions: Sessions, redis: Redis) -> None:
    key = await begin(sessions)
    assert 0 < await redis.ttl(f"titrate:session:{key}") <= 900
    await sessions.touch(key, NOW + timedelta(minutes=1))
    names = [name async for name in redis.scan_iter("*")]
    assert len(names) == 4
    for name in names:
        assert await redis.ttl(name) > 0


async def test_a_provider_session_a_subject_or_a_person_can_be_ended(sessions: Sessions) -> None:
    one, two, drew = await begin(sessions), await begin(sessions, sid="s-2"), await begin(sessions, "drew", "s-3")
    assert await sessions.end_sid(ISSUER, "s-1", None) == 1
    assert await sessions.read(one, NOW) is None
    assert await sessions.read(two, NOW) is not None
    assert await sessions.end_subject(ISSUER, "ada") == 1
    assert await sessions.read(two, NOW) is None
    assert await sessions.read(drew, NOW) is not None
    assert await sessions.end_person(ADA.person_id) == 1
    assert await sessions.read(drew, NOW) is None


async def test_another_issuer_or_subject_ends_nothing(sessions: Sessions) -> None:
    key = await begin(sessions)
    assert await sessions.end_sid("https://evil.example", "s-1", None) == 0
    assert await sessions.end_subject("https://evil.example", "ada") == 0
    assert await sessions.end_sid(ISSUER, "s-1", "drew") == 0
    assert await sessions.read(key, NOW) is not None


@pytest.mark.parametrize(("idle", "absolute", "warn"), [(0, 10, 1), (900, 800, 120), (900, 43_200, 900)])
def test_times_that_make_no_sense_are_refused(idle: int, absolute: int, warn: int) -> None:
    with pytest.raises(ValueError, match="session times"):
        SessionSettings(idle, absolute, warn)
