"""All fuzzers: what is made up, and what must hold of it."""

import json

from aiortc.sdp import SessionDescription

from signaling import protocol, tickets, wire
from signaling.bus.envelopes import SocketMessage, pack, unpack
from signaling.errors import BadOffer, Closing, Refusal, TicketRefused
from signaling.ids import ConnectionId
from signaling.sfu import ice, rtcp, stun
from signaling.sfu import transport_cc as feedback
from signaling.sfu.sdp import Ours, Streams, read_offer, write_answer
from tests.fuzz.conversation import CONVERSATIONS, attack
from tests.fuzz.datagrams import datagrams
from tests.fuzz.descriptions import OFFERS
from tests.fuzz.exploring import Effort, Fuzzer, quickly
from tests.fuzz.line import BURSTS, Eve
from tests.fuzz.scene import Scene
from tests.fuzz.texts import ENTRIES, SAID
from tests.signaling.call_service import KEY, clock


def said(text: str) -> None:
    """A page's text is a message, a refusal with its id, or a close; a message can be passed on and answered."""
    with quickly():
        try:
            message = protocol.parse(text)
        except Closing:
            return
        except Refusal as refusal:
            protocol.serialize(protocol.refused(refusal, protocol.request_id(text)))
            return
    assert protocol.parse(protocol.serialize(message)) == message
    assert unpack(pack(SocketMessage(ConnectionId("c"), text))) == SocketMessage(ConnectionId("c"), text)
    if isinstance(message, protocol.Hello):
        ticket(message.ticket)


def ticket(text: str) -> None:
    """Nothing that was made up is a ticket."""
    try:
        tickets.check(text, key=KEY, now=clock())
    except TicketRefused:
        return
    raise AssertionError("a ticket that nobody signed")


def entry(fields: dict[str, str]) -> None:
    """What stands in a stream is an envelope that can be written again, or not one."""
    with quickly():
        try:
            envelope = unpack(fields)
        except ValueError:
            return
    assert unpack(pack(envelope)) == envelope
    assert wire.dumps(envelope).encode()


def offer(sdp: str) -> None:
    """An offer is refused, or answered with a description that can be read and sent."""
    with quickly():
        try:
            protocol.parse(json.dumps({"type": "offer", "id": 1, "sdp": sdp}))
            terms = read_offer(sdp)
        except (Closing, BadOffer):
            return
        streams = tuple(Streams(2**32 - 1 - i, i) for i in range(len(terms.lines) - 2))
        candidates = ice.candidate_lines(["192.0.2.1"], 5000)
        taken = terms.publications(frozenset({"audio", "video"}))
        answer = write_answer(terms, Ours(ice.credentials(), ("sha-256", "AA:BB"), candidates, streams, taken, 7, 1))
    read = SessionDescription.parse(answer)
    assert [line.rtp.muxId for line in read.media] == [line.mid for line in terms.lines]
    assert read.group[0].items == [line.mid for line in terms.lines]
    for line in terms.lines:
        assert all(0 <= number < 128 for number in (line.payload_type, line.rtx_payload_type or 0))
        assert all(0 <= number < 2**32 for number in (line.ssrc or 0, line.rtx_ssrc or 0))
    assert answer.encode()


def datagram(data: bytes) -> None:
    """The pure readers say what they find, whatever it is."""
    with quickly():
        stun.answer(data, ("192.0.2.1", 5), lambda ufrag: "password")
        for item in rtcp.parse(data):
            if isinstance(item, rtcp.TransportFeedback):
                feedback.parse(item.body)


def _conversations(effort: Effort, redis_url: str) -> None:
    with Scene(redis_url) as scene:
        effort.explore(lambda steps: scene.play(attack(steps)), CONVERSATIONS)


def _line(effort: Effort, redis_url: str) -> None:
    eve = Eve()
    with Scene(redis_url) as scene:
        effort.explore(lambda burst: scene.play(lambda playing: eve.attack(playing, burst)), BURSTS)


FUZZERS = (
    Fuzzer("said", "texts on the socket", (150, 300), lambda effort, _: effort.explore(said, SAID)),
    Fuzzer("entry", "entries of the streams in Redis", (80, 300), lambda effort, _: effort.explore(entry, ENTRIES)),
    Fuzzer("offer", "session descriptions", (100, 200), lambda effort, _: effort.explore(offer, OFFERS)),
    Fuzzer("datagram", "datagrams, as parsed", (150, 300), lambda effort, _: effort.explore(datagram, datagrams())),
    Fuzzer("conversation", "messages of several in a call of two others", (15, 25), _conversations),
    Fuzzer("line", "datagrams of one in a call of two others", (15, 25), _line),
)
