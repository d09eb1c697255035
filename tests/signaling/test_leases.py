"""A media process that dies, stands still or is started again: who holds a room, and what the pages are told."""

import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest
from redis.asyncio import Redis

from signaling.bus.bus import Bus
from signaling.bus.envelopes import NodeState, Presence
from signaling.bus.leases import NODE_TTL_S
from signaling.errors import CloseCode
from signaling.ids import NodeId, ParticipantId, RoomId
from signaling.node.events import WebGone
from signaling.protocol import Leave, Ping, Pong, Roster, Sending, Welcome
from tests.signaling.call_service import CallService, Page, start_media, stop_media, until
from tests.signaling.robot import WIDTH, Robot

A, B = NodeId("a"), NodeId("b")
ROOM = RoomId("room")
LONG_S = 600


@pytest.fixture
async def bus(redis_url: str) -> AsyncIterator[Bus]:
    async with Bus.open(redis_url, "test-leases") as opened:
        yield opened


async def kill(service: CallService, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the media process as `kill -9` does: its last words are not said."""

    async def no_words(hub: object) -> None:
        pass

    monkeypatch.setattr(type(service.hub), "_farewell", no_words)
    await stop_media(service.media)


async def still_in_the_call(page: Page) -> None:
    """What the page says still reaches the room."""
    page.say(Sending(7, True, True))
    await page.hear(Roster, lambda roster: any(one.video for one in roster.people))


async def test_a_process_that_starts_again_under_its_name_takes_the_room_at_once(bus: Bus) -> None:
    assert await bus.leases.succeed("host:8000", A) is None
    await bus.leases.beat(NodeState(A, 0, 0))
    assert await bus.leases.claim(ROOM) == A
    assert await bus.leases.succeed("host:8000", B) == A
    assert await bus.leases.is_retired(A)
    await bus.leases.beat(NodeState(B, 0, 0))
    assert await bus.leases.claim(ROOM) == B, "the lease of the dead one is not waited for"
    assert await bus.leases.succeed("another:8000", NodeId("c")) is None


async def test_one_that_was_taken_for_dead_and_beats_is_alive(bus: Bus) -> None:
    assert await bus.leases.beat(NodeState(A, 0, 0)), "a first beat follows on none"
    assert not await bus.leases.beat(NodeState(A, 0, 0))
    await bus.leases.retire(A)
    assert await bus.leases.beat(NodeState(A, 0, 0)), "it learns that its lease had ended"
    assert not await bus.leases.is_retired(A)


async def test_who_lost_a_room_takes_nothing_of_the_new_holder_away(bus: Bus) -> None:
    await bus.leases.beat(NodeState(A, 0, 0))
    await bus.leases.claim(ROOM)
    await bus.leases.retire(A)
    await bus.leases.beat(NodeState(B, 0, 0))
    assert await bus.leases.claim(ROOM) == B
    people = (Presence(ParticipantId("ada"), "patient", True, True, False),)
    await bus.set_presence(ROOM, people)
    assert await bus.leases.keep(A, [ROOM, RoomId("another")]) == (ROOM,)
    await bus.release(A, ROOM)
    assert (await bus.leases.holder(ROOM), await bus.presence(ROOM)) == (B, people)


async def test_pages_of_a_killed_process_come_back_to_its_successor_before_the_lease_ends(
    service: CallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = service.join("ada")
    await ada.hear(Roster)
    monkeypatch.setattr("signaling.bus.leases.NODE_TTL_S", LONG_S)
    await until(lambda: service.hub.rooms == 1, 5)
    await service.bus.leases.beat(service.hub._state())  # a lease that nobody would live to see the end of
    port = service.port
    await kill(service, monkeypatch)
    service.media, service.hub, service.port = await start_media(service.bus, port=port)
    assert (await ada.goodbye())[0] == CloseCode.NO_MEDIA
    await service.join("ada").hear(Welcome)


async def test_a_killed_process_without_successor_is_noticed_by_its_lease(
    service: CallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = service.join("ada")
    await ada.hear(Roster)
    other, hub, _ = await start_media(service.bus)
    try:
        await kill(service, monkeypatch)
        assert (await ada.goodbye())[0] == CloseCode.NO_MEDIA
        await service.join("ada").hear(Welcome)
        assert hub.rooms == 1, "the other media process has the room"
    finally:
        await stop_media(other)


async def test_a_page_that_comes_while_the_process_is_started_again_is_kept_waiting(service: CallService) -> None:
    await stop_media(service.media)
    ada = service.join("ada")
    await until(lambda: bool(service.gateway._waiting), 5)
    service.media, service.hub, _ = await start_media(service.bus)
    await ada.hear(Welcome)


async def test_a_redis_that_stood_still_ends_no_call(service: CallService, redis_url: str) -> None:
    """Every lease ends meanwhile by its clock, and nobody could beat."""
    ada = service.join("ada")
    await ada.hear(Roster)
    async with Redis.from_url(redis_url) as redis:
        server = psutil.Process((await redis.info("server"))["process_id"])
    server.suspend()
    try:
        await asyncio.sleep(NODE_TTL_S + 0.3)
    finally:
        server.resume()
    async with asyncio.timeout(10):
        for number in range(8):  # longer than a late process is waited for
            ada.say(Ping(number))
            await ada.hear(Pong)
            await asyncio.sleep(0.1)
    await still_in_the_call(ada)


async def test_who_lost_a_room_meanwhile_hands_over_and_says_so(service: CallService, redis_url: str) -> None:
    ada = service.join("ada")
    await ada.hear(Roster)
    async with Redis.from_url(redis_url) as redis:
        (name,) = [key async for key in redis.scan_iter("*:holds:*")]
        await redis.set(name, "another")
    assert (await ada.goodbye())[0] == CloseCode.NO_MEDIA
    await until(lambda: service.hub.rooms == 0, 5)
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        assert await redis.get(name) == "another"


async def test_a_web_process_that_was_taken_for_dead_is_told_to_let_its_pages_come_back(service: CallService) -> None:
    ada = service.join("ada")
    await ada.hear(Roster)
    service.hub._post(WebGone(service.gateway._web))
    assert (await ada.goodbye())[0] == CloseCode.NO_MEDIA
    await service.join("ada").hear(Welcome)


async def test_who_was_in_the_room_of_a_killed_process_joined_once_and_leaves_when_not_back(
    service: CallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.node.rooms.RETURN_WITHIN_S", 0.3)
    ada, drew = service.join("ada"), service.join("drew")
    await ada.hear(Roster, lambda roster: len(roster.people) == 2)
    async with asyncio.timeout(5):
        while len(await service.bus.presence(service.room)) < 2:  # noqa: ASYNC110  said to Redis just after it was said to the pages
            await asyncio.sleep(0.01)
    await kill(service, monkeypatch)
    service.media, service.hub, service.port = await start_media(service.bus, port=service.port)
    await asyncio.gather(ada.goodbye(), drew.goodbye())
    again = service.join("ada")
    await again.hear(Roster, lambda roster: [one.participant for one in roster.people if not one.away] == ["ada"])
    await again.hear(Roster, lambda roster: len(roster.people) == 1)
    again.say(Leave(3))
    await again.goodbye()
    events = service.bus.events("house", "one")
    async with asyncio.timeout(5):
        found = [await anext(events) for _ in range(4)]
    await events.aclose()
    told = [(event.participant, event.what) for event in found]
    assert sorted(told[:2]) == [("ada", "joined"), ("drew", "joined")]
    assert told[2:] == [("drew", "left"), ("ada", "left")]


async def test_both_see_one_another_again_after_the_process_was_killed(
    service: CallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Robot(service.join("ada")) as ada, Robot(service.join("drew")) as drew:
        await asyncio.gather(ada.connect(), drew.connect())
        await asyncio.gather(ada.sees(0), drew.sees(0))
        await kill(service, monkeypatch)
        service.media, service.hub, service.port = await start_media(service.bus, port=service.port)
        await asyncio.gather(ada.page.goodbye(), drew.page.goodbye())
    async with Robot(service.join("ada")) as ada, Robot(service.join("drew")) as drew:
        await asyncio.gather(ada.connect(), drew.connect())
        seen = await asyncio.gather(ada.sees(0), drew.sees(0))
        assert [picture.width for picture in seen] == [WIDTH, WIDTH]
