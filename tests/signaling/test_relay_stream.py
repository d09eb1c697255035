"""Streams on synthetic packets: numbers stay continuous, losses are asked for and mended, nothing is sealed twice."""

from struct import pack, unpack_from

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from signaling.sfu.bandwidth import Downlink
from signaling.sfu.downtrack import DownTrack
from signaling.sfu.pacer import Pacing, QueuedPacket
from signaling.sfu.packet import CACHE
from signaling.sfu.publication import CAMERA, MICROPHONE, SlotPosition
from signaling.sfu.srtp import Buffer, Outbound
from signaling.sfu.uplink import MAX_MISSING, NACK_HOLD_US, NACK_TRIES, Uplink
from signaling.sfu.vp8 import starts_key_frame

KEY = bytes(range(30))
KEY_FRAME = bytes([0x10, 0x00, 0x9D, 0x01, 0x2A]) + b"key"
DELTA_FRAME = bytes([0x10, 0x01, 0x00, 0x00, 0x00]) + b"delta"
SSRC, RTX_SSRC = 1111, 2222


class Line:
    """The receiving end of a path: what a browser would decrypt."""

    def __init__(self) -> None:
        self.sealed: list[bytes] = []
        self._session = Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_INBOUND))

    def send(self, data: bytes | memoryview) -> None:
        self.sealed.append(bytes(data))

    def opened(self) -> list[tuple[int, int, int, int, bytes]]:
        """(payload type, number, timestamp, ssrc, payload) of everything sent since last asked. Raises on a repeat."""
        found = []
        for data in self.sealed:
            plain = self._session.unprotect(data)
            type_, number, timestamp, ssrc = unpack_from("!xBHII", plain)
            found.append((type_ & 0x7F, number, timestamp, ssrc, plain[20:] if plain[0] & 0x10 else plain[12:]))
        self.sealed.clear()
        return found


class Owner:
    """As much of a peer as streams need."""

    def __init__(self) -> None:
        policy = Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_OUTBOUND)
        policy.allow_repeat_tx = True
        self.sealed = Outbound(Session(policy), Buffer())
        self.path = Line()
        self.downlink = Downlink(0)
        self.pacing = Pacing()
        self.rate_bps = 100_000
        self.key_frames_asked = 0

    def hold(self, held: QueuedPacket, now_us: int) -> None:
        self.pacing.hold(held, self.rate_bps, now_us)
        self.pacing.release(self.rate_bps, now_us)

    def ask_key_frame(self, uplink: Uplink, now_us: int) -> None:
        self.key_frames_asked += 1

    def owe_key_frame(self, downtrack: DownTrack, now_us: int) -> None:
        self.key_frames_asked += 1


class Bench:
    """One published video (or audio) stream and one sink that shows it."""

    def __init__(self, video: bool = True) -> None:
        self.owner = Owner()
        self.uplink = self.publish(video)
        extension, rtx = (3, 97) if video else (None, None)
        medium = CAMERA if video else MICROPHONE
        clock = 90_000 if video else 48_000
        owe, at = self.owner.owe_key_frame, SlotPosition(0, medium)
        self.downtrack = DownTrack(self.owner, at, (SSRC, RTX_SSRC), (96, rtx), clock, extension, owe)  # type: ignore[arg-type]
        self.show(self.uplink)

    def publish(self, video: bool = True) -> Uplink:
        return Uplink(self.owner.ask_key_frame, video, 7, 8, 90_000)

    def show(self, uplink: Uplink) -> None:
        self.downtrack.bind(None, uplink)
        uplink.downtracks = (self.downtrack,)

    def send(
        self, number: int, payload: bytes = DELTA_FRAME, at_us: int = 0, timestamp: int = 0, to: Uplink | None = None
    ) -> None:
        header = (0x80, 96, number & 0xFFFF, timestamp, 7)
        (to or self.uplink).arrive(header, memoryview(payload), at_us)

    def repair(self, number: int, payload: bytes = DELTA_FRAME, at_us: int = 0) -> None:
        repeated = memoryview(pack("!H", number & 0xFFFF) + payload)
        self.uplink.repaired((0x80, 97, 5, 0, 8), repeated, at_us)

    def numbers(self) -> list[int]:
        return [number for _, number, _, ssrc, _ in self.owner.path.opened() if ssrc == SSRC]


@pytest.mark.parametrize(
    ("payload", "starts"),
    [
        (KEY_FRAME, True),
        (DELTA_FRAME, False),
        (b"\x00" + KEY_FRAME[1:], False),
        (b"\x11" + KEY_FRAME[1:], False),
        (bytes([0x90, 0x80, 0x81, 0x02, 0x00, 0, 0]), True),
        (bytes([0x90, 0xF0, 0x81, 0x02, 0x05, 0x20, 0x01, 0, 0]), False),
        (bytes([0x90, 0xF0, 0x81, 0x02, 0x05, 0x20, 0x00, 0, 0]), True),
        (b"\x90\x80", False),
        (b"", False),
    ],
)
def test_key_frames_are_known_by_their_first_bytes(payload: bytes, starts: bool) -> None:
    assert starts_key_frame(payload) is starts


@given(st.binary(max_size=12))
def test_any_payload_is_looked_at_without_harm(payload: bytes) -> None:
    starts_key_frame(payload)


def test_a_picture_begins_at_a_key_frame_and_goes_on_by_number() -> None:
    bench = Bench()
    bench.send(100)
    assert bench.owner.path.opened() == []
    bench.send(101, KEY_FRAME, timestamp=5_000)
    bench.send(102, timestamp=8_000)
    first, second = bench.owner.path.opened()
    assert (first[0], first[3], first[4]) == (96, SSRC, KEY_FRAME)
    assert (second[1] - first[1], second[2] - first[2]) == (1, 3_000)


def test_another_publisher_continues_numbers_and_times_of_the_slot() -> None:
    bench = Bench()
    bench.send(65_535, KEY_FRAME, at_us=1_000_000, timestamp=4_000_000_000)
    (before,) = bench.owner.path.opened()
    other = bench.publish()
    bench.show(other)
    bench.send(9, DELTA_FRAME, at_us=1_500_000, timestamp=77, to=other)
    bench.send(10, KEY_FRAME, at_us=2_000_000, timestamp=100, to=other)
    (after,) = bench.owner.path.opened()
    assert after[1] == (before[1] + 1) & 0xFFFF
    assert (after[2] - before[2]) & 0xFFFFFFFF == 90_000, "one second of the 90 kHz clock went by"
    assert bench.downtrack.translated(100) == after[2]


def test_a_late_packet_of_before_the_switch_is_not_sent_under_a_used_number() -> None:
    bench = Bench()
    bench.send(5)
    bench.send(8, KEY_FRAME)
    bench.numbers()
    bench.send(6)
    assert bench.numbers() == []


def test_the_publisher_of_before_cannot_slip_a_packet_in() -> None:
    bench = Bench()
    bench.send(50, KEY_FRAME)
    bench.numbers()
    other = bench.publish()
    bench.show(other)
    bench.send(51, KEY_FRAME)
    assert bench.numbers() == []
    bench.send(7, KEY_FRAME, to=other)
    assert len(bench.numbers()) == 1


def test_a_gap_is_asked_for_after_a_hold_and_a_repair_fills_it() -> None:
    bench = Bench()
    bench.send(1, KEY_FRAME)
    bench.send(4)
    start = bench.numbers()[0]
    assert bench.uplink.due(NACK_HOLD_US - 1) == []
    assert bench.uplink.due(NACK_HOLD_US) == [2, 3]
    assert bench.uplink.due(NACK_HOLD_US + 1) == [], "not again at once"
    bench.repair(2)
    bench.repair(2)
    bench.repair(9)
    assert bench.numbers() == [start + 1], "once, and only what was missing"
    bench.send(3)
    assert bench.numbers() == [start + 2], "the late original is as good"
    assert bench.uplink.due(10_000_000) == []


def test_reordered_packets_are_not_asked_for() -> None:
    bench = Bench()
    for number in (1, 3, 2, 4):
        bench.send(number, KEY_FRAME if number == 1 else DELTA_FRAME, at_us=number)
    assert bench.uplink.due(1_000_000) == []
    assert len(bench.numbers()) == 4


def test_what_never_comes_is_given_up() -> None:
    bench = Bench()
    bench.send(1, KEY_FRAME)
    bench.send(3)
    asked = 0
    for step in range(400):
        asked += len(bench.uplink.due(step * 20_000))
    assert asked == NACK_TRIES
    bench.numbers()
    bench.send(2)
    assert bench.numbers() == [], "too late to be of use"


def test_what_never_comes_of_a_picture_is_mended_by_a_key_frame_asked_for_once() -> None:
    bench = Bench()
    bench.send(1, KEY_FRAME)
    bench.send(3)
    bench.send(5)
    for step in range(400):
        bench.uplink.due(step * 20_000)
    assert bench.owner.key_frames_asked == 1


def test_a_key_frame_makes_what_was_lost_before_it_needless() -> None:
    bench = Bench()
    bench.send(1, KEY_FRAME)
    bench.send(3)
    bench.send(4, KEY_FRAME)
    bench.send(6)
    assert bench.uplink.due(NACK_HOLD_US) == [5]
    assert bench.owner.key_frames_asked == 0


def test_a_gap_too_long_to_be_resent_asks_for_a_key_frame() -> None:
    bench = Bench()
    bench.send(1, KEY_FRAME)
    bench.send(1 + MAX_MISSING + 2)
    assert bench.owner.key_frames_asked == 1
    assert bench.uplink.due(1_000_000) == []


def test_what_a_browser_misses_and_is_kept_no_longer_needs_a_key_frame() -> None:
    bench = Bench()
    bench.send(1, KEY_FRAME)
    for number in range(2, CACHE + 100):
        if number != CACHE + 50:
            bench.send(number)
    first = bench.numbers()[0]
    assert not bench.downtrack.resend([(first + CACHE + 49) & 0xFFFF], 1_000_000), "its publisher may still send it"
    assert not bench.downtrack.resend([(first + CACHE) & 0xFFFF, (first - 1) & 0xFFFF], 1_000_000), (
        "kept, or never sent"
    )
    assert bench.downtrack.resend([(first + 20) & 0xFFFF], 1_000_000)


def test_a_repeat_of_a_packet_is_not_forwarded_twice() -> None:
    bench = Bench()
    bench.send(1, KEY_FRAME)
    bench.send(1, KEY_FRAME)
    bench.repair(1, KEY_FRAME)
    assert len(bench.numbers()) == 1


def test_a_browsers_nack_is_answered_by_rtx_with_the_original_number() -> None:
    bench = Bench()
    bench.send(1, KEY_FRAME)
    bench.send(2, b"\x00second")
    _, second = bench.numbers()
    bench.downtrack.resend([second], 1_000_000)
    ((type_, _, _, ssrc, payload),) = bench.owner.path.opened()
    assert (type_, ssrc) == (97, RTX_SSRC)
    assert payload == pack("!H", second) + b"\x00second"
    bench.downtrack.resend([second], 1_001_000)
    assert bench.owner.path.sealed == [], "asked again within a round trip: answered once"
    bench.downtrack.resend([(second + 500) & 0xFFFF, (second - 5) & 0xFFFF], 2_000_000)
    assert bench.owner.path.sealed == [], "never sent: nothing to repeat"


def test_resends_keep_to_a_budget() -> None:
    bench = Bench()
    bench.send(0, KEY_FRAME)
    for number in range(1, 200):
        bench.send(number, DELTA_FRAME + bytes(1000))
    numbers = bench.numbers()
    bench.downtrack.resend(numbers[1:], 1_000)
    assert 10 < len(bench.owner.path.sealed) < 40, "about 20 kB, not 200"


def test_lost_sound_is_resent_as_the_very_same_bytes() -> None:
    bench = Bench(video=False)
    bench.send(1, b"sound")
    (sealed,) = bench.owner.path.sealed
    (number,) = bench.numbers()
    bench.downtrack.resend([number, 77], 1_000)
    assert bench.owner.path.sealed == [sealed]


def test_lost_sound_is_resent_once_a_round_trip_and_not_into_a_full_queue() -> None:
    bench = Bench(video=False)
    bench.send(1, b"sound")
    (number,) = bench.numbers()
    for at_us in (1_000_000, 1_010_000, 1_020_000):
        bench.downtrack.resend([number], at_us)
    assert len(bench.owner.path.sealed) == 1
    bench.downtrack.resend([number], 1_100_000)
    assert len(bench.owner.path.sealed) == 2
    crowd(bench.owner.downlink, 1_100_000)
    bench.downtrack.resend([number], 1_200_000)
    assert len(bench.owner.path.sealed) == 2


def crowd(downlink: Downlink, now_us: int) -> None:
    """Make the line's queue known to be 300 ms long."""
    for number, waited in ((downlink.next(100, now_us), 0), (downlink.next(100, now_us), 300_000)):
        assert downlink.feedback([(number, now_us + waited)], now_us + waited)
    assert downlink.congested(now_us + 300_000)


def test_on_a_limited_line_pictures_wait_and_sound_does_not() -> None:
    pictures, sound = Bench(), Bench(video=False)
    sound.owner.downlink.limited = pictures.owner.downlink.limited = True
    pictures.send(1, KEY_FRAME + bytes(1000), at_us=1_000_000)
    for number in range(2, 7):
        pictures.send(number, DELTA_FRAME + bytes(1000), at_us=1_000_000)
        sound.send(number, bytes(100), at_us=1_000_000)
    assert len(sound.numbers()) == 5
    sent = pictures.numbers()
    assert len(sent) == 1
    pictures.owner.downlink.limited = False
    pictures.send(7, at_us=1_000_001)
    assert pictures.numbers() == [], "the line has room again, but order is kept"
    for at_us in range(1_020_000, 2_000_000, 20_000):
        pictures.owner.pacing.release(pictures.owner.rate_bps, at_us)
    assert pictures.numbers() == [sent[0] + i for i in range(1, 7)]
    pictures.send(8, at_us=2_000_000)
    assert pictures.numbers() == [sent[0] + 7], "nothing waits: at once again"


def test_a_resent_picture_is_paid_for_by_what_waits() -> None:
    def sent_by_half_a_second(*, resend: bool) -> int:
        bench = Bench()
        for number in range(1, 6):
            bench.send(number, KEY_FRAME + bytes(1000), at_us=1_000_000)
        known = bench.numbers()
        bench.owner.downlink.limited = True
        for number in range(6, 16):
            bench.send(number, DELTA_FRAME + bytes(1000), at_us=2_000_000)
        bench.downtrack.resend(known if resend else [], 2_010_000)
        for at_us in range(2_020_000, 2_500_000, 20_000):
            bench.owner.pacing.release(bench.owner.rate_bps, at_us)
        return len(bench.numbers())

    assert sent_by_half_a_second(resend=True) == sent_by_half_a_second(resend=False) - 5


def test_a_backlog_given_up_goes_on_at_a_key_frame_without_a_gap() -> None:
    bench = Bench()
    bench.owner.downlink.limited = True
    bench.send(1, KEY_FRAME, at_us=5_000_000)
    (first,) = bench.numbers()
    for number in range(2, 40):
        bench.send(number, DELTA_FRAME + bytes(1000), at_us=5_000_000)
    assert bench.owner.key_frames_asked == 1
    sent = bench.numbers()
    bench.send(40, DELTA_FRAME, at_us=5_100_000)
    assert bench.owner.pacing.waiting == 0, "of no use without a key frame"
    bench.send(41, KEY_FRAME, at_us=5_200_000)
    bench.owner.pacing.release(bench.owner.rate_bps, 5_300_000)
    assert [*sent, *bench.numbers()] == [first + i for i in range(1, len(sent) + 2)]


def test_what_waits_of_a_publisher_goes_with_it() -> None:
    bench = Bench()
    bench.owner.downlink.limited = True
    bench.send(1, KEY_FRAME + bytes(2000))
    bench.send(2)
    bench.numbers()
    other = bench.publish()
    bench.show(other)
    assert bench.owner.pacing.waiting == 0
    bench.send(500, KEY_FRAME, at_us=1_000_000, to=other)
    assert len(bench.numbers()) == 1


def test_the_report_says_how_many_were_lost() -> None:
    bench = Bench()
    for number in (10, 11, 13):
        bench.send(number, KEY_FRAME)
    block = bench.uplink.block(0)
    assert (block.total_lost, block.lost, block.highest) == (1, 64, 13)
    for number in range(14, 24):
        bench.send(number)
    assert bench.uplink.block(0).lost == 0


ARRIVALS = st.lists(st.integers(-40, 60), min_size=1, max_size=150)


@given(st.integers(0, 0xFFFF), ARRIVALS)
def test_whatever_order_they_come_in_no_number_is_sealed_twice(start: int, steps: list[int]) -> None:
    bench = Bench()
    number = start
    bench.send(number, KEY_FRAME)
    for step in steps:
        number += step
        bench.send(number, KEY_FRAME)
    sent = bench.numbers()  # the receiving session raises on a repeat
    assert len(set(sent)) == len(sent)
