"""What a browser's RTCP may cause: on its own line, within budgets, and nothing that could not be."""

from collections.abc import AsyncIterator
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.sfu import control, rtcp
from signaling.sfu import transport_cc as feedback
from signaling.sfu.peer import Peer
from signaling.sfu.uplink import Uplink
from tests.signaling.browsers import Street, picture, street

START = 10_000_000
SECOND = 1_000_000


@pytest.fixture
async def here() -> AsyncIterator[Street]:
    with street() as opened:
        yield opened


def lost(first: int, count: int) -> bytes:
    """Feedback that names so many losses in as few bytes as can be."""
    runs = [min(0x1FFF, count - at) for at in range(0, count, 0x1FFF)]
    body = pack("!IIHHI", 1, 2, first & 0xFFFF, count, 0) + b"".join(pack("!H", run) for run in runs)
    return rtcp.packet(rtcp.RTPFB, rtcp.TRANSPORT_FEEDBACK, body + bytes(-len(body) % 4))


def arrived(numbers: list[int], at_us: int) -> bytes:
    """Feedback of a browser whose clock is ours: these arrived at that time."""
    arrivals = feedback.Arrivals(1)
    for number in numbers:
        arrivals.add(number, at_us)
    return b"".join(arrivals.feedback(2))


def send(peer: Peer, count: int, now_us: int) -> list[int]:
    return [peer.downlink.next(1100, now_us) for _ in range(count)]


def show(publisher: Peer, *takers: Peer) -> Uplink:
    """Let `takers` see `publisher` in their first slot."""
    uplink = picture(publisher)
    for stream in takers:
        stream.downtracks[1].bind(None, uplink)
    uplink.downtracks = tuple(stream.downtracks[1] for stream in takers)
    return uplink


async def test_losses_of_what_was_never_sent_are_not_believed(here: Street) -> None:
    peer = here.peer()
    send(peer, 100, START)
    hostile = [lost(1, 0xFFFF), lost(1, 101), lost(50, 4000), lost(0x8000, 20), lost(1, 0)]
    for data in hostile:
        peer.control.read(data, START + SECOND)
    assert peer.control.dropped == {"implausible": len(hostile)}
    assert peer.downlink.loss == 0
    peer.control.read(lost(1, 100), START + SECOND)
    assert peer.downlink.loss == 1, "what was sent may be lost"


async def test_arrivals_before_sending_and_after_telling_are_not_believed(here: Street) -> None:
    peer = here.peer()
    true, early, late = (send(peer, 10, START) for _ in range(3))
    peer.control.read(arrived(true, START + 40_000), START + 60_000)
    peer.control.read(arrived(early, START - 200_000), START + 120_000)
    peer.control.read(arrived(late, START + 900_000), START + 120_000)
    assert peer.control.dropped == {"implausible": 2}
    assert peer.downlink.received_bps == len(true) * 1100 * 8 * 10 // 3
    peer.control.read(arrived(late, START + 100_000), START + 120_000)
    assert peer.downlink.received_bps == len(true + late) * 1100 * 8 * 10 // 3


async def test_feedback_has_a_budget_that_refills(here: Street) -> None:
    peer = here.peer()
    send(peer, 2000, START)
    for _ in range(10):
        peer.control.read(lost(1, 2000), START + 1)
    assert peer.control.dropped == {"feedback": 8}
    send(peer, 1, START + SECOND)
    peer.control.read(arrived([2001], START + SECOND), START + SECOND)
    assert peer.control.dropped == {"feedback": 8}


async def test_a_datagram_of_many_packets_is_read_in_part(here: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    peer, read = here.peer(), []
    monkeypatch.setattr(peer.control, "_act", lambda item, _: read.append(item))
    peer.control.read(rtcp.pli(1, 2) * 100, START)
    assert len(read) == control.PACKETS_A_DATAGRAM
    for _ in range(100):
        peer.control.read(rtcp.pli(1, 2) * 16, START)
    assert len(read) == control.PACKETS_BURST
    peer.control.read(rtcp.pli(1, 2), START + SECOND)
    assert len(read) == control.PACKETS_BURST + 1


async def test_resends_asked_for_are_looked_at_within_a_budget(here: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    peer, looked_at = here.peer(), []
    monkeypatch.setattr(type(peer.downtracks[1]), "resend", lambda _, numbers, __: looked_at.extend(numbers))
    everything = rtcp.nack(1, peer.downtracks[1].ssrc, list(range(5100)))
    for _ in range(5):
        peer.control.read(everything, START)
    assert looked_at == list(range(control.NUMBERS_BURST))
    assert peer.control.dropped == {"resends": 5}
    peer.control.read(rtcp.nack(1, peer.downtracks[1].ssrc, [7]), START + SECOND)
    assert looked_at[-1] == 7


async def test_streams_of_others_are_not_asked_about(here: Street) -> None:
    forger, ada, drew = here.peer(), here.peer(), here.peer()
    uplink = show(ada, drew, forger)
    for ssrc in (drew.downtracks[1].ssrc, uplink.ssrc):
        forger.control.read(rtcp.pli(1, ssrc) + rtcp.nack(1, ssrc, [1, 2]), START)
        forger.control.read(rtcp.sender_report(ssrc, 1 << 40, 5, 6, 7), START)
    assert (uplink.wants_key_us, uplink.report_at_us) == (0, 0)


@pytest.mark.parametrize(("takers", "most"), [(1, 150), (2, control.KEY_FRAMES_BURST + 20)])
async def test_key_frames_have_a_budget_where_others_see_them_too(here: Street, takers: int, most: int) -> None:
    publisher, forger, *others = (here.peer() for _ in range(1 + takers))
    uplink = show(publisher, forger, *others)
    asked = set()
    for now_us in range(START, START + 60 * SECOND, 100_000):
        forger.control.read(rtcp.pli(1, forger.downtracks[1].ssrc), now_us)
        publisher.keep(now_us)
        asked.add(uplink.key_asked_us)
    assert most * 0.9 < len(asked) <= most + 1


async def test_a_picture_given_up_is_owed_a_key_frame(here: Street) -> None:
    publisher, narrow, other = (here.peer() for _ in range(3))
    uplink = show(publisher, narrow, other)
    publisher.ask_key_frame(uplink, START)
    narrow.downtracks[1].give_up(START + 100_000)
    assert uplink.key_asked_us == START, "one may be on its way"
    narrow.control.keep(START + SECOND)
    assert uplink.key_asked_us == START + SECOND


async def test_sender_reports_are_passed_on_ten_times_a_second_at_most(here: Street) -> None:
    publisher, stream = here.peer(), here.peer()
    uplink = show(publisher, stream)
    for now_us in range(START, START + SECOND, 10_000):
        publisher.control.read(rtcp.sender_report(uplink.ssrc, 1 << 40, 5, 6, 7), now_us)
    assert publisher.control.dropped == {"reports": 90}


@given(st.lists(st.one_of(st.binary(max_size=300), st.sampled_from([lost(1, 9), lost(1, 0xFFFF), b"\x8f\xcd"]))))
async def test_any_datagram_is_read_without_harm(datagrams: list[bytes]) -> None:
    with street() as here:
        peer = here.peer()
        send(peer, 50, START)
        for at, data in enumerate(datagrams):
            peer.control.read(data, START + at)
            peer.control.read(b"\x8f\xcd" + data, START + at)
