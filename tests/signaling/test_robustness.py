"""What goes wrong is answered or cleaned up within seconds, and nothing leaks."""

import asyncio
import gc
import re
from contextlib import AsyncExitStack

import psutil
import pytest

from signaling import protocol
from signaling.errors import CloseCode, RefusalCode
from signaling.protocol import Hello, Leave, Media, Offer, Ping, Pong, Refused, Roster, Sending, Welcome
from signaling.tickets import Right
from tests.signaling.call_service import CallService, open_call_service, stop_media, until
from tests.signaling.robot import WIDTH, Robot


async def test_a_bad_offer_is_refused_with_the_reason_and_the_call_goes_on(service: CallService) -> None:
    page = service.join("ada")
    page.say(Offer(7, "v=0\r\nnonsense"))
    refused = await page.hear(Refused)
    assert (refused.id, refused.code) == (7, RefusalCode.BAD_OFFER)
    page.say(Ping(8))
    assert (await page.hear(Pong)).id == 8


async def test_an_unknown_type_is_refused_and_the_call_goes_on(service: CallService) -> None:
    page = service.join("ada")
    page.say_raw('{"type":"dance","id":5}')
    refused = await page.hear(Refused)
    assert (refused.id, refused.code) == (5, RefusalCode.UNKNOWN_TYPE)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no json", CloseCode.BAD_MESSAGE),
        ('{"type":"offer","id":1}', CloseCode.BAD_MESSAGE),
        ('{"type":"ping","id":1,"pad":"' + "x" * protocol.MAX_MESSAGE_BYTES + '"}', CloseCode.TOO_LARGE),
    ],
)
async def test_a_message_that_breaks_the_protocol_closes(service: CallService, text: str, code: CloseCode) -> None:
    page = service.join("ada")
    await page.hear(Welcome)
    page.say_raw(text)
    assert (await page.goodbye())[0] == code


async def test_a_flood_of_messages_closes(service: CallService) -> None:
    page = service.join("ada")
    await page.hear(Welcome)
    for number in range(protocol.MESSAGES_BURST + 5):
        page.say(Ping(number))
    assert (await page.goodbye())[0] == CloseCode.TOO_MANY


async def test_who_does_not_say_hello_first_is_closed(service: CallService) -> None:
    page = service.open("ada")
    page.say(Leave(1))
    assert (await page.goodbye())[0] == CloseCode.BAD_MESSAGE


async def test_who_says_nothing_is_closed(service: CallService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HELLO_WITHIN_S", 0.05)
    assert (await service.open("ada").goodbye())[0] == CloseCode.SILENT


async def test_a_ticket_for_another_room_person_or_version_is_closed(service: CallService) -> None:
    other_room = service.open("ada")
    other_room.say(Hello(1, service.ticket("ada", room="elsewhere"), service.room))
    assert (await other_room.goodbye())[0] == CloseCode.UNKNOWN_ROOM
    stolen = service.open("sam")
    stolen.say(Hello(1, service.ticket("ada"), service.room))
    assert (await stolen.goodbye())[0] == CloseCode.TICKET_REFUSED
    old = service.open("ada")
    old.say(Hello(0, service.ticket("ada"), service.room))
    assert (await old.goodbye())[0] == CloseCode.VERSION


async def test_an_ended_visit_tells_everybody_and_lets_nobody_in_again(service: CallService) -> None:
    ada = service.join("ada")
    await ada.hear(Roster)
    await service.bus.end_room(service.room)
    assert (await ada.goodbye())[0] == CloseCode.ENDED
    assert (await service.join("drew").goodbye())[0] == CloseCode.ENDED
    assert await service.bus.presence(service.room) == ()


async def test_one_whose_session_ended_is_put_out_within_seconds(service: CallService) -> None:
    ada, drew = service.join("ada"), service.join("drew")
    await drew.hear(Roster, lambda r: len(r.people) == 2)
    service.refused.add("ada")
    assert (await ada.goodbye(within_s=4))[0] == CloseCode.NOT_ALLOWED
    await drew.hear(Roster, lambda r: any(p.away for p in r.people))


async def test_a_second_tab_takes_over_with_its_media_and_the_first_is_told(service: CallService) -> None:
    drew = service.join("drew")
    async with Robot(drew) as robot, Robot(service.join("ada")) as first:
        await asyncio.gather(robot.connect(), first.connect())
        await robot.sees(0)
        second = service.join("ada")
        assert (await first.page.goodbye())[0] == CloseCode.REPLACED
        async with Robot(second) as again:
            await again.connect()
            await drew.hear(Roster, lambda r: any(p.participant == "ada" and p.connected for p in r.people))
            assert (await again.sees(0)).width == WIDTH
            for _ in range(20):
                assert (await robot.sees(0)).width == WIDTH


async def test_a_vanished_browser_is_away_at_once_and_gone_soon(
    service: CallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.node.rooms.RETURN_WITHIN_S", 0.3)
    drew, ada = service.join("drew"), service.join("ada")
    async with Robot(ada) as robot:
        await robot.connect()
        await ada.hear(Media)
        ada.vanish()
        await drew.hear(Roster, lambda r: any(p.away for p in r.people), within_s=2)
        await drew.hear(Roster, lambda r: len(r.people) == 1, within_s=2)
        await until(lambda: not service.hub.relay.peers, 3)


async def test_a_browser_that_closes_its_connection_is_noticed_by_its_goodbye(service: CallService) -> None:
    ada, drew = service.join("ada"), service.join("drew")
    async with Robot(ada) as robot:
        await robot.connect()
        await drew.hear(Roster, lambda r: any(p.connected for p in r.people))
    failed = await ada.hear(Media, lambda m: m.state == "failed", within_s=3)
    assert failed.code == "closed"
    await drew.hear(Roster, lambda r: not any(p.connected for p in r.people))


async def test_a_key_that_was_not_announced_ends_the_connection_and_the_page_is_told(service: CallService) -> None:
    ada = service.join("ada")
    async with Robot(ada) as robot:
        true = await robot.offer()
        forged = re.sub(r"(a=fingerprint:sha-\d+) ..", r"\1 00", true)
        assert forged != true
        await robot.connect(forged)
        failed = await ada.hear(Media)
        assert (failed.state, failed.code) == ("failed", "fingerprint")
        assert failed.message
    await until(lambda: not service.hub.relay.peers, 3)


async def test_an_offer_that_never_connects_is_given_up(service: CallService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.sfu.srtp.HANDSHAKE_WITHIN_S", 0.3)
    ada = service.join("ada")
    async with Robot(ada) as robot:
        ada.say(Offer(1, await robot.offer()))
        failed = await ada.hear(Media, within_s=3)
        assert (failed.state, failed.code) == ("failed", "no_path")
    assert service.hub.relay.peers == 0


async def test_without_the_right_to_publish_nothing_is_forwarded(service: CallService) -> None:
    listener, drew = service.join("ilse", frozenset({Right.SUBSCRIBE})), service.join("drew")
    async with Robot(listener) as one, Robot(drew) as two:
        await asyncio.gather(one.connect(), two.connect())
        assert (await one.sees(0)).width == WIDTH
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(two.sees(0), 1)
        listener.say(Sending(4, True, False))
        assert (await listener.hear(Refused)).code is RefusalCode.NOT_PERMITTED


async def test_without_a_media_process_pages_are_told_to_try_again(
    service: CallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.web.gateway.MEDIA_WITHIN_S", 0.1)
    ada = service.join("ada")
    await ada.hear(Roster)
    await stop_media(service.media)
    for page in (ada, service.join("ada")):
        code, last = await page.goodbye()
        assert (code, last.retry_s) == (CloseCode.NO_MEDIA, 0)


async def test_joins_and_leaves_are_told_to_the_house_once(service: CallService) -> None:
    ada = service.join("ada")
    await ada.hear(Welcome)
    again = service.join("ada")
    await again.hear(Welcome)
    again.say(Leave(3))
    await again.goodbye()
    events = service.bus.events("house", "one")
    async with asyncio.timeout(5):
        found = [await anext(events), await anext(events)]
    await events.aclose()
    assert [(event.participant, event.what) for event in found] == [("ada", "joined"), ("ada", "left")]
    assert found[0].happened_at.tzinfo is not None


def count() -> tuple[int, int]:
    """(tasks, UDP sockets of this process) now. Connections to Redis are pooled, the robots' codecs have threads."""
    gc.collect()
    return len(asyncio.all_tasks()), len(psutil.Process().net_connections("udp"))


async def test_nothing_is_left_behind_by_many_joins_and_leaves(
    service: CallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.node.rooms.RETURN_WITHIN_S", 0.3)

    async def visit(how: int) -> None:
        async with AsyncExitStack() as stack:
            pages = [service.join(name) for name in ("ada", "drew")]
            robots = [await stack.enter_async_context(Robot(page)) for page in pages]
            await asyncio.gather(*(robot.connect() for robot in robots))
            await robots[0].sees(0)
            for page in pages:
                if how % 2:
                    page.say(Leave(1))
                else:
                    page.vanish()
        await asyncio.gather(*(page.serving for page in pages))
        await until(lambda: not (service.hub.relay.peers or service.hub.rooms or service.gateway.sockets), 10)

    await visit(0)
    before = count()
    for how in range(4):
        await visit(how)
    assert count() == before


async def test_a_house_that_closes_leaves_no_task_and_no_socket(redis_url: str) -> None:
    before = count()
    async with open_call_service(redis_url) as service:
        page = service.join("ada")
        await page.hear(Roster)
        async with Robot(page) as robot:
            await robot.connect()
            await page.hear(Media)
    await page.serving
    assert count() == before
