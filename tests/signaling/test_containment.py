"""What fails while one person is served ends at most that person's socket: the others' call and the process go on."""

import asyncio
from collections.abc import Iterator

import pytest
from redis.asyncio import Redis

from signaling import protocol, wire
from signaling.bus.bus import Bus
from signaling.bus.envelopes import HangUp, NodeState, RoomEvent, SocketMessage, Tell
from signaling.errors import CloseCode, Closing
from signaling.faults import Faults
from signaling.ids import ConnectionId, NodeId, ParticipantId, PeerId, RoomId
from signaling.node.outbox import Outbox
from signaling.protocol import Hello, Media, Offer, Roster, Sending, Welcome
from signaling.room import room
from signaling.sfu.peer import Peer
from signaling.sfu.relay import Relay
from tests.signaling.call_service import CallService, Page, until
from tests.signaling.robot import WIDTH, Robot
from tests.signaling.test_relay_sdp import CHROMIUM

SECRET = "a-word-of-the-patient"
HALF = "\\ud800"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"type":"offer","id":1,"sdp":"a=mid:{HALF}"}}',
        f'{{"type":"hello","version":1,"ticket":"{HALF}","room":"r"}}',
        f'{{"type":"hello","version":1,"ticket":"t","room":"r","resume":"{HALF.upper().replace("U", "u")}"}}',
        f'{{"type":"ping","id":1,"later":[{{"a":"\\udc00{HALF}"}}]}}',
        f'{{"type":"ping","id":1,"{HALF}":1}}',
        '{"type":"ping","id":1,"a":"\ud800"}',
    ],
)
def test_text_that_utf8_cannot_carry_is_refused_at_the_door(text: str) -> None:
    with pytest.raises(Closing) as caught:
        protocol.parse(text)
    assert caught.value.close is CloseCode.BAD_MESSAGE


def test_a_whole_pair_is_a_letter_and_half_of_one_is_not_let_out() -> None:
    assert protocol.parse('{"type":"offer","id":1,"sdp":"\\ud83d\\ude00"}') == Offer(1, "😀")
    with pytest.raises(ValueError, match="UTF-8"):
        wire.dumps(Offer(1, "\ud800"))


@pytest.mark.parametrize("resume", [None, PeerId("HALF")])
async def test_a_hello_that_utf8_cannot_carry_closes_with_its_reason(
    service: CallService, resume: PeerId | None
) -> None:
    hello = Hello(1, service.ticket("ada") if resume else "HALF", service.room, resume)
    page = service.open("ada")
    page.say_raw(protocol.serialize(hello).replace("HALF", HALF))
    assert (await page.goodbye())[0] == CloseCode.BAD_MESSAGE


async def test_an_offer_that_utf8_cannot_carry_ends_nobody_elses_call(service: CallService) -> None:
    drew, ada = await two_in_a_call(service)
    ada.say_raw(protocol.serialize(Offer(7, CHROMIUM.replace("a=mid:0", "a=mid:HALF"))).replace("HALF", HALF))
    assert (await ada.goodbye())[0] == CloseCode.BAD_MESSAGE
    await still_in_the_call(service, drew)


async def two_in_a_call(service: CallService) -> tuple[Page, Page]:
    drew = service.join("drew")
    await drew.hear(Welcome)
    ada = service.join("ada")
    await drew.hear(Roster, lambda r: len(r.people) == 2)
    return drew, ada


async def still_in_the_call(service: CallService, drew: Page) -> None:
    """What drew says is heard, and who was put out may come back."""
    await drew.hear(Roster, lambda r: any(p.away for p in r.people))
    await service.join("ada").hear(Welcome)
    drew.say(Sending(1, True, False))
    wanted = {("drew", True, False), ("ada", False, False)}
    await drew.hear(Roster, lambda r: {(p.participant, p.audio, p.away) for p in r.people} == wanted)
    assert not service.media.done()


class Mistake(Exception):
    """A mistake of the program, whose message quotes what somebody wrote."""


def fail(*_: object) -> None:
    raise Mistake(SECRET)


def in_the_rooms_decision(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(room, "receive", fail)


def in_making_the_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Relay, "negotiate", fail)


def in_writing_the_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Peer, "answer", fail)


def in_telling_the_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Peer, "answer", lambda peer: "a=mid:\ud800")


def in_the_outbox(patch: pytest.MonkeyPatch) -> None:
    async def to_web(bus: Bus, web: object, envelope: object) -> None:
        if isinstance(envelope, Tell) and '"answer"' in envelope.text:
            fail()
        await sent(bus, web, envelope)  # type: ignore[arg-type]  # as it was called

    sent = Bus.to_web
    patch.setattr(Bus, "to_web", to_web)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """At the end the log has told of what was contained, and quoted nobody."""
    yield
    lines = "\n".join(record.getMessage() for record in caplog.get_records("call"))
    assert "unexpected" in lines
    assert SECRET not in lines


@pytest.mark.parametrize(
    "breaks",
    [
        in_the_rooms_decision,
        in_making_the_answer,
        in_writing_the_answer,
        in_telling_the_answer,
        in_the_outbox,
    ],
    ids=lambda each: each.__name__,
)
@pytest.mark.usefixtures("told")
async def test_a_mistake_in_serving_one_ends_that_ones_socket_alone(service: CallService, breaks: object) -> None:
    drew, ada = await two_in_a_call(service)
    with pytest.MonkeyPatch.context() as patch:
        assert callable(breaks)
        breaks(patch)
        ada.say(Offer(7, CHROMIUM))
        code, last = await ada.goodbye()
    assert (code, last.retry_s) == (CloseCode.FAILED, 2)
    await still_in_the_call(service, drew)


@pytest.mark.usefixtures("told")
async def test_a_mistake_in_one_ones_media_leaves_the_others_media(service: CallService) -> None:
    drew, noor, ada = service.join("drew"), service.join("noor"), service.join("ada")
    async with Robot(drew) as one, Robot(noor) as two, Robot(ada) as three:
        await asyncio.gather(one.connect(), two.connect(), three.connect())
        await ada.hear(Media, lambda m: m.state == "connected")
        connected = service.hub.relay._peers  # the relay tells nobody else of them
        peer = next(each for id, each in connected.items() if id == three.peer)
        peer.media = fail  # type: ignore[assignment]  # every datagram
        peer.keep = fail  # type: ignore[assignment]  # and every tick
        peer._dtls.stop = fail  # type: ignore[assignment]  # and its end
        faults = service.bus.faults
        before = faults.total()
        await until(lambda: faults.total() > before + 20, 5)
        peer.close()
        assert (await ada.hear(Media, lambda m: m.state == "failed")).code == "error"
        assert {kind.split(":")[0] for kind in faults.kinds()} == {"datagram", "tick", "peer"}
        noor.say(Sending(1, True, True))
        await drew.hear(Roster, lambda r: any(p.audio for p in r.people))
        for _ in range(10):
            assert (await two.sees(0)).width == WIDTH
    assert not service.media.done()


@pytest.mark.usefixtures("told")
async def test_what_no_version_can_read_in_redis_is_passed_over(service: CallService, redis_url: str) -> None:
    drew, _ = await two_in_a_call(service)
    (node,) = await service.bus.leases.nodes()
    async with Redis.from_url(redis_url) as redis:
        streams = [key.decode() if isinstance(key, bytes) else key for key in await redis.keys("*:to-*")]
        assert len(streams) == 2
        for key in streams:
            for fields in POISON:
                await redis.xadd(key, fields)  # type: ignore[arg-type]  # bytes, as a foreign hand may write them
        prefix = streams[0].split(":")[0]
        for value in (b"\xff", b"[]", b'{"node":1}', b"[" * 100_000):
            await redis.set(f"{prefix}:node:other", value)
            await redis.sadd(f"{prefix}:living", "other")
            assert [state.node for state in await service.bus.leases.nodes()] == [node.node]
        await redis.xadd(f"{prefix}:events", {b"body": b"\xff"})
    await service.bus.record(RoomEvent(RoomId("r"), "v", ParticipantId("last"), "patient", "left", "2026-01-01"))
    drew.say(Sending(1, True, False))
    await drew.hear(Roster, lambda r: any(p.audio for p in r.people))
    events = service.bus.events("house", "one")
    async with asyncio.timeout(5):
        while (await anext(events)).participant != "last":
            pass
    await events.aclose()


POISON = [
    {b"\xff": b"\xfe"},
    {b"kind": b"said"},
    {b"kind": b"\xed\xa0\x80", b"body": b"{}"},
    {b"kind": b"said", b"body": b"\xed\xa0\x80"},
    {b"kind": b"said", b"body": b"[" * 100_000},
    {b"kind": b"said", b"body": b'{"connection":1,"text":"\xff"}'},
    {b"kind": b"tell", b"body": b'{"connection":"c","text":"\\ud800"}'},
    {b"kind": b"opened", b"body": b'{"rights":[[]]}'},
]


async def test_a_close_of_another_version_closes_all_the_same(service: CallService) -> None:
    page = service.join("ada")
    await page.hear(Welcome)
    (connection,) = service.gateway._connections  # no page knows its connection
    await service.bus.to_web(service.gateway._web, HangUp(ConnectionId(connection), 4999))
    assert (await page.goodbye())[0] == CloseCode.FAILED


async def test_who_the_media_process_cannot_read_is_away_and_may_come_back(service: CallService) -> None:
    drew, ada = await two_in_a_call(service)
    connection, (_, node) = list(service.gateway._connections.items())[1]
    await service.bus.to_media(node, SocketMessage(connection, "of an older version"))
    assert (await ada.goodbye())[0] == CloseCode.BAD_MESSAGE
    await still_in_the_call(service, drew)


@pytest.mark.usefixtures("told")
async def test_a_message_that_can_never_be_sent_does_not_keep_others_waiting() -> None:
    outbox, done, dropped = Outbox(Faults()), asyncio.Event(), list[str]()

    async def never() -> None:
        fail()

    async def good() -> None:
        done.set()

    outbox.put(never, lambda: dropped.append("never"))
    outbox.put(good)
    running = asyncio.create_task(outbox.run())
    async with asyncio.timeout(5):
        await done.wait()
    assert dropped == ["never"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.usefixtures("told")
def test_a_kind_of_fault_is_told_the_first_and_the_tenth_time(caplog: pytest.LogCaptureFixture) -> None:
    faults = Faults()
    for _ in range(12):
        try:
            fail()
        except Mistake as error:
            faults.note("counting", error)
    assert [record.getMessage().split(" so far")[0].split("(")[-1] for record in caplog.records] == ["1", "10"]
    assert "in fail" in caplog.text
    assert (faults.total(), len(faults.kinds()), Faults().total()) == (12, 1, 0), "each process counts its own"


def test_a_node_of_an_older_version_is_read_without_its_faults() -> None:
    assert wire.decode(NodeState, '{"node": "n", "rooms": 1, "peers": 2}') == NodeState(NodeId("n"), 1, 2)
