"""Publications: a person's screen beside their microphone and camera, through the relay's own objects; and what version
1 of the protocol carries of it.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from struct import pack

import pytest
from aiortc.sdp import SessionDescription
from pylibsrtp import Policy, Session

from signaling.errors import BadOffer
from signaling.ids import PeerId
from signaling.sfu.bandwidth import CEILING_BPS
from signaling.sfu.peer import Peer
from signaling.sfu.publication import CAMERA, MICROPHONE, SCREEN, VERSION_1, Carried, MediaSource, Medium, TrackSubject
from signaling.sfu.relay import Relay
from signaling.sfu.sharing import cap
from signaling.sfu.srtp import Inbound, Outbound
from signaling.sfu.udp_port import Port
from signaling.tickets import FULL_RIGHTS, Right
from tests.signaling.browsers import OFFER, street
from tests.signaling.test_relay_stream import DELTA_FRAME, KEY, KEY_FRAME, Line

WITH_SCREEN: Carried = (MICROPHONE, CAMERA, SCREEN)
SOUND = b"sound"
OPUS, VP8, MID_EXTENSION = 111, 96, 4
"""As Chromium's offer says."""


def offer(carried: Carried) -> str:
    """An offer as Chromium writes it, with a line to send and one in each of three slots for every medium."""
    head, audio, video, *_ = re.split(r"(?=^m=)", OFFER, flags=re.M)
    lines: list[str] = []
    for slot in range(4):
        for medium in carried:
            line, mid = (audio if medium.kind == "audio" else video), str(len(lines))
            line = re.sub(r"a=mid:\d", f"a=mid:{mid}", line)
            if slot:
                line = re.sub(r"a=ssrc.*\r\n", "", line).replace("a=sendonly", "a=recvonly")
            elif medium is SCREEN:
                line = line.replace("2908715300", "333").replace("3147790638", "444")
            lines.append(line)
    return "".join([re.sub(r"BUNDLE [\d ]+", f"BUNDLE {' '.join(map(str, range(len(lines))))}", head), *lines])


class Person:
    """One browser of a relay, past its handshake: what it sends is sealed, what it is sent is opened."""

    def __init__(self, peer: Peer, port: Port, answer: str) -> None:
        self.peer, self.answer = peer, SessionDescription.parse(answer)
        self._port, self._line = port, Line()
        self._numbers: dict[Medium, int] = {}
        self._sealing = Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
        peer._opened = Inbound(Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_INBOUND)), port.incoming)
        peer.sealed = Outbound(Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_OUTBOUND)), port.outgoing)
        peer.path = self._line  # type: ignore[assignment]  # as much of a path as sending needs

    def sends(self, medium: Medium, payload: bytes) -> None:
        """One packet, as it arrives at the port. Of a stream that the offer did not announce it says the MID."""
        number = self._numbers[medium] = self._numbers.get(medium, 0) + 1
        publication = self.peer.publication(medium)
        assert publication is not None
        ssrc, type_ = publication.encodings[0].ssrc, OPUS if medium is MICROPHONE else VP8
        first, said = 0x80, b""
        if ssrc is None:
            first, ssrc = 0x90, 5000 + int(publication.id)
            said = pack("!HHBcxx", 0xBEDE, 1, MID_EXTENSION << 4, publication.id.encode())
        data = self._sealing.protect(pack("!BBHII", first, type_, number, number * 3000, ssrc) + said + payload)
        self._port.incoming.view[: len(data)] = data
        self.peer.media(len(data), number * 1000)

    def gets(self) -> list[tuple[Medium, int, bytes]]:
        """What came since last asked: in which line of the first slot (as the answer announces it), number, payload."""
        each = len(self.peer.terms.carried)
        known = {self.answer.media[each + i].ssrc[0].ssrc: m for i, m in enumerate(self.peer.terms.carried)}
        self._line.sealed = [data for data in self._line.sealed if not 191 < data[1] < 224]  # its RTCP
        return [(known[ssrc], number, payload) for _, number, _, ssrc, payload in self._line.opened() if ssrc in known]


class Call:
    """A relay whose offers carry so much, and people in it who are all shown one another."""

    def __init__(self, port: Port, tasks: asyncio.TaskGroup, carried: Carried) -> None:
        self.told: list[str] = []
        self._port, self._relay = port, Relay(port, tasks, lambda _, state: self.told.append(state), carried)
        self._people: list[PeerId] = []

    def joins(self, sdp: str, rights: frozenset[Right] = FULL_RIGHTS) -> Person:
        id, answer = self._relay.negotiate(sdp, rights, None)
        self._people.append(id)
        return Person(self._relay._peers[id], self._port, answer)

    def ends(self) -> None:
        for peer in self._relay._peers.values():
            peer.path = None
            peer.close()

    def wire(self) -> None:
        self._relay.wire({id: tuple(other for other in self._people if other != id) for id in self._people})


@pytest.fixture
async def call(request: pytest.FixtureRequest) -> AsyncIterator[Call]:
    with street() as opened:
        async with asyncio.TaskGroup() as tasks:
            begun = Call(opened.port, tasks, request.param)
            yield begun
            begun.ends()


with_screen = pytest.mark.parametrize("call", [WITH_SCREEN], indirect=True)


@with_screen
async def test_a_screen_has_down_tracks_of_its_own_and_touches_no_other(call: Call) -> None:
    ada, drew = call.joins(offer(WITH_SCREEN)), call.joins(offer(WITH_SCREEN))
    call.wire()
    assert [one.medium for one in ada.peer.publications] == [MICROPHONE, CAMERA, SCREEN]
    assert [downtrack.subject for downtrack in drew.peer.downtracks[:3]] == [
        TrackSubject(ada.peer.id, one.id) for one in ada.peer.publications
    ]
    ada.sends(MICROPHONE, SOUND)
    ada.sends(CAMERA, KEY_FRAME)
    before = {medium: number for medium, number, _ in drew.gets()}
    ada.sends(SCREEN, DELTA_FRAME)
    ada.sends(CAMERA, DELTA_FRAME)
    ada.sends(SCREEN, KEY_FRAME)
    ada.sends(MICROPHONE, SOUND)
    after = drew.gets()
    assert [(medium, payload) for medium, _, payload in after] == [
        (CAMERA, DELTA_FRAME),
        (SCREEN, KEY_FRAME),
        (MICROPHONE, SOUND),
    ], "a screen begins at its own key frame"
    assert {m: n for m, n, _ in after if m in before} == {m: n + 1 for m, n in before.items()}, "and the others go on"


@with_screen
async def test_who_publishes_no_screen_leaves_its_line_empty(call: Call) -> None:
    ada, drew = call.joins(offer(WITH_SCREEN).replace("a=sendonly", "a=inactive")), call.joins(offer(WITH_SCREEN))
    call.wire()
    assert ada.peer.publications == ()
    assert [(downtrack.subject, downtrack.source) for downtrack in drew.peer.downtracks] == [(None, None)] * 9
    assert [downtrack.subject is not None for downtrack in ada.peer.downtracks] == [True] * 3 + [False] * 6


@with_screen
async def test_the_line_of_one_who_takes_two_pictures_of_a_person_counts_once_for_each(call: Call) -> None:
    ada, drew, marcus = (call.joins(offer(WITH_SCREEN)) for _ in range(3))
    call.wire()
    assert cap(ada.peer.takers()) == 2 * CEILING_BPS
    drew.peer.downlink.limited, drew.peer.downlink.estimate = True, 80_000
    shared = cap(ada.peer.takers())
    assert shared == 2 * 250_000, "alone it takes neither picture below what suits the other receiver"
    marcus.peer.downlink.limited, marcus.peer.downlink.estimate = True, 80_000
    assert cap(ada.peer.takers()) < shared


@with_screen
async def test_a_stream_that_the_offer_does_not_announce_is_shown_once_its_packets_say_what_it_is(call: Call) -> None:
    ada, drew = call.joins(re.sub(r"a=ssrc.*\r\n", "", offer(WITH_SCREEN))), call.joins(offer(WITH_SCREEN))
    call.wire()
    of_ada = drew.peer.downtracks[:3]
    assert [(downtrack.subject is not None, downtrack.source) for downtrack in of_ada] == [(True, None)] * 3
    ada.sends(SCREEN, KEY_FRAME)
    assert call.told == ["changed"]
    call.wire()
    ada.sends(SCREEN, KEY_FRAME)
    assert [(medium, payload) for medium, _, payload in drew.gets()] == [(SCREEN, KEY_FRAME)]
    assert [downtrack.source is not None for downtrack in of_ada] == [False, False, True]


@pytest.mark.parametrize("call", [VERSION_1], indirect=True)
async def test_version_1_carries_a_microphone_and_a_camera_of_each_and_nothing_else(call: Call) -> None:
    with pytest.raises(BadOffer):
        call.joins(offer(WITH_SCREEN))
    ada = call.joins(offer(VERSION_1))
    assert [one.medium.source for one in ada.peer.publications] == [MediaSource.MICROPHONE, MediaSource.CAMERA]
    assert [downtrack.place.slot for downtrack in ada.peer.downtracks] == [0, 0, 1, 1, 2, 2]
    assert [downtrack.place.medium for downtrack in ada.peer.downtracks] == list(VERSION_1) * 3
    heard = call.joins(offer(VERSION_1), FULL_RIGHTS - {Right.PUBLISH_VIDEO})
    assert [one.medium for one in heard.peer.publications] == [MICROPHONE]


@with_screen
async def test_the_tracks_of_a_slot_are_told_apart_in_the_answer(call: Call) -> None:
    ada = call.joins(offer(WITH_SCREEN))
    names = [line.msid for line in ada.answer.media[3:]]
    assert names[:3] == ["slot-0 slot-0-audio", "slot-0 slot-0-video", "slot-0 slot-0-screen"]
    assert len({line.ssrc[0].ssrc for line in ada.answer.media[3:]}) == len(set(names)) == 9
