"""The bus, on a real Valkey: claims, presence, announcements, events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from redis.asyncio import Redis

from signaling.bus.announcements import Announcement
from signaling.bus.bus import Bus, BusError
from signaling.bus.envelopes import Closed, NodeState, Presence, RoomEvent, SocketMessage
from signaling.errors import NoMedia
from signaling.ids import ConnectionId, NodeId, ParticipantId, RoomId, WebId

A, B = NodeId("a"), NodeId("b")
ROOM = RoomId("room")


@pytest.fixture
async def bus(redis_url: str) -> AsyncIterator[Bus]:
    async with Bus.open(redis_url, "test-bus") as opened:
        yield opened


async def test_without_a_media_process_there_is_a_clear_no(bus: Bus) -> None:
    with pytest.raises(NoMedia):
        await bus.leases.claim(ROOM)


async def test_a_room_stays_with_its_media_process(bus: Bus) -> None:
    await bus.leases.beat(NodeState(A, rooms=3, peers=0))
    assert await bus.leases.claim(ROOM) == A
    await bus.leases.beat(NodeState(B, rooms=0, peers=0))
    assert await bus.leases.claim(ROOM) == A
    assert await bus.leases.claim(RoomId("another")) == B, "a new room goes to the least busy"


async def test_a_room_of_a_dead_media_process_moves_to_a_living_one(bus: Bus) -> None:
    await bus.leases.beat(NodeState(A, 0, 0))
    assert await bus.leases.claim(ROOM) == A
    await bus.leases.retire(A)
    await bus.leases.beat(NodeState(B, 0, 0))
    assert await bus.leases.claim(ROOM) == B
    assert await bus.leases.keep(A, [ROOM]) == (ROOM,), "the old holder learns that it has moved"
    assert await bus.leases.keep(B, [ROOM]) == ()
    await bus.release(A, ROOM)
    assert await bus.leases.claim(ROOM) == B, "only the holder can release"


async def test_envelopes_arrive_in_order_and_once(bus: Bus) -> None:
    sent = [SocketMessage(ConnectionId("c"), f"{i}") for i in range(3)]
    for envelope in sent:
        await bus.to_media(A, envelope)
    got = await bus.for_media(A, "0")
    assert [d.envelope for d in got] == sent
    await bus.to_media(A, Closed(ConnectionId("c")))
    (last,) = await bus.for_media(A, got[-1].position)
    assert last.envelope == Closed(ConnectionId("c"))


async def test_presence_is_what_was_last_written(bus: Bus) -> None:
    assert await bus.presence(ROOM) == ()
    people = (Presence(ParticipantId("ada"), "patient", True, False, False),)
    await bus.set_presence(ROOM, people)
    assert await bus.presence(ROOM) == people


async def test_an_ended_room_is_known_as_such(bus: Bus) -> None:
    assert not await bus.has_ended(ROOM)
    await bus.end_room(ROOM)
    assert await bus.has_ended(ROOM)


async def test_a_line_brings_each_announcement_of_what_it_follows_with_its_count_and_no_other(bus: Bus) -> None:
    async with asyncio.timeout(5), bus.line() as line:
        await line.follow(["ada"])
        heard = line.heard()
        assert await anext(heard) == Announcement("ada", "")
        await line.follow(["visit-1"])
        assert await anext(heard) == Announcement("visit-1", "")
        await bus.announce("visit-2", "medications")
        for key, count in (("visit-1", 1), ("ada", 1), ("ada", 2)):
            await bus.announce(key, "queue")
            assert await anext(heard) == Announcement(key, "queue", count)
        await line.leave(["ada"])
        await bus.announce("ada", "queue")
        await bus.announce("visit-1", "notes")
        assert await anext(heard) == Announcement("visit-1", "notes", 2)
        assert await bus.announced(["ada", "visit-1", "nobody"]) == (3, 2, 0)


async def test_a_line_that_broke_says_so(bus: Bus, redis_url: str) -> None:
    """Following anew in silence would lose what was announced meanwhile."""
    async with Redis.from_url(redis_url) as redis, asyncio.timeout(10), bus.line() as line:
        await line.follow(["ada"])
        heard = line.heard()
        await anext(heard)
        await redis.client_kill_filter(_type="pubsub")
        with pytest.raises(BusError):
            await anext(heard)


async def test_an_event_is_read_again_until_it_is_acknowledged(bus: Bus) -> None:
    joined = RoomEvent(ROOM, "v", ParticipantId("ada"), "patient", "joined", "2026-11-22T12:00:00+00:00")
    await bus.record(joined)
    async with aclosing(bus.events("house", "w1")) as events:
        assert await anext(events) == joined  # and the worker dies here, before asking for the next one
    left = RoomEvent(ROOM, "v", ParticipantId("ada"), "patient", "left", "2026-11-22T12:30:00+00:00")
    await bus.record(left)
    async with aclosing(bus.events("house", "w1")) as events:
        assert await anext(events) == joined
        assert await anext(events) == left


async def test_a_web_process_that_stops_beating_is_not_alive(bus: Bus) -> None:
    here, gone = WebId("here"), WebId("gone")
    await bus.leases.web_alive(here)
    assert await bus.leases.living_webs({here, gone}) == {here}
