"""What one browser publishes: the numbering of one stream, what is missing of it, what may be resent, where it goes."""

from collections.abc import Callable
from struct import Struct
from typing import Protocol

from signaling.sfu import rtcp
from signaling.sfu.packet import CACHE, Cached, RtpHeader
from signaling.sfu.transport import Transport
from signaling.sfu.vp8 import starts_key_frame

MAX_MISSING = 256
NACK_HOLD_US = 20_000
"""Reordering within this time is not a loss; at 3 % loss this cut upstream NACKs from 1277 to 147."""
NACK_AGAIN_US = 60_000
NACK_TRIES = 8
GIVEN_UP_AGAIN_US = 2_000_000
"""A line that loses so much would lose a key frame too, and choke on one every moment."""

_OSN = Struct("!H")


class ForwardedStream(Protocol):
    """A stream that a published one is forwarded to: `downtrack.Sink`."""

    @property
    def owner(self) -> Transport: ...

    @property
    def ssrc(self) -> int: ...

    @property
    def packets(self) -> int: ...

    @property
    def octets(self) -> int: ...

    def forward(
        self, extended: int, timestamp: int, padding: int, marker: int, payload: bytes | memoryview, now_us: int
    ) -> None:
        """Send a packet on, rewritten."""

    def translated(self, rtp: int) -> int | None:
        """A publisher's media time as this stream's; None before the first packet."""


class Uplink:
    """One published stream: its numbering, what is missing, what may be resent, and where it goes.

    `ask(stream, now_us)` asks its browser for a key frame.
    """

    __slots__ = (
        "_ask",
        "_cache",
        "_missing",
        "clock_rate",
        "downtracks",
        "first",
        "highest",
        "is_video",
        "key_asked_us",
        "last_report",
        "octets",
        "packets",
        "report_at_us",
        "reported",
        "rtx_ssrc",
        "ssrc",
        "wants_key_us",
    )  # fmt: skip

    def __init__(
        self,
        ask: Callable[["Uplink", int], None],
        is_video: bool,
        ssrc: int,
        rtx_ssrc: int | None,
        clock_rate: int,
    ) -> None:
        self._ask = ask
        self.is_video = is_video
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.clock_rate = clock_rate
        self.downtracks: tuple[ForwardedStream, ...] = ()
        self.first = -1
        self.highest = -1
        self.packets = 0
        self.octets = 0
        self.reported = (0, 0)
        self.last_report = 0
        self.report_at_us = 0
        self.wants_key_us = 0
        self.key_asked_us = 0
        self._missing: dict[int, tuple[int, int]] = {}
        self._cache: list[Cached | None] = [None] * CACHE if is_video else []

    def arrive(self, header: RtpHeader, payload: memoryview, now_us: int) -> None:
        """A decrypted packet of this stream; the bytes of its payload hold until the next datagram."""
        first, second, sequence, timestamp, _ = header
        highest = self.highest
        if highest < 0:
            self.first = self.highest = extended = sequence + 0x10000  # room to go back without turning negative
        else:
            distance = (sequence - highest) & 0xFFFF
            if distance == 1:
                self.highest = extended = highest + 1
            elif 0 < distance < 0x8000:
                extended = highest + distance
                self._skipped(highest + 1, extended, now_us)
                self.highest = extended
            else:
                extended = highest + distance - 0x10000 if distance else highest
                if self._missing.pop(extended, None) is None:
                    return  # a repeat, or given up long ago
        self.packets += 1
        self.octets += len(payload)
        padding = first & 0x20
        marker = second & 0x80
        sent: bytes | memoryview = payload
        if self.is_video:
            if self._missing and starts_key_frame(payload):
                self._missing = {number: when for number, when in self._missing.items() if number > extended}
            sent = kept = bytes(payload)
            self._cache[extended & (CACHE - 1)] = (extended, timestamp, padding, marker, kept)
        for downtrack in self.downtracks:
            downtrack.forward(extended, timestamp, padding, marker, sent, now_us)

    def repaired(self, header: RtpHeader, payload: memoryview, now_us: int) -> None:
        """An RTX packet for this stream: forwarded as the packet it repeats if that one is missing (RFC 4588
        section 4).
        """
        if len(payload) < 3:
            return  # padding only: a bandwidth probe
        original = _OSN.unpack_from(payload)[0]
        distance = (original - self.highest) & 0xFFFF
        if self.highest >= 0 and distance >= 0x8000 and self.highest + distance - 0x10000 in self._missing:
            self.arrive((header[0], header[1], original, header[3], self.ssrc), payload[2:], now_us)

    def _skipped(self, start: int, end: int, now_us: int) -> None:
        if end - start > MAX_MISSING:
            self._missing.clear()  # a restart of the sender or a long outage: a key frame mends it, not resends
            self._ask(self, now_us)
            return
        due = now_us + NACK_HOLD_US
        for extended in range(start, end):
            self._missing[extended] = (due, 0)

    def due(self, now_us: int) -> list[int]:
        """Numbers to ask the sender for now (ascending). Those asked for too often are given up: a key frame is asked
        for instead, unless one has come since.
        """
        if not self._missing:
            return []
        asked: list[int] = []
        given_up = False
        for extended, (due, tries) in list(self._missing.items()):
            if due > now_us:
                continue
            if tries >= NACK_TRIES or self.highest - extended > MAX_MISSING:
                del self._missing[extended]
                given_up = True
            else:
                self._missing[extended] = (now_us + NACK_AGAIN_US * (tries + 1), tries + 1)
                asked.append(extended & 0xFFFF)
        if given_up and now_us - self.key_asked_us > GIVEN_UP_AGAIN_US:
            self._ask(self, now_us)
        return asked

    def block(self, now_us: int) -> rtcp.ReportBlock:
        """A reception report block since the last one (RFC 3550 section 6.4.1; jitter is left 0: nobody here uses
        it).
        """
        expected = self.highest - self.first + 1
        was_expected, was_received = self.reported
        new, got = expected - was_expected, self.packets - was_received
        self.reported = (expected, self.packets)
        lost = max(0, min(255, (new - got) * 256 // new)) if new > 0 else 0
        since = (now_us - self.report_at_us) * 65536 // 1_000_000 & 0xFFFFFFFF if self.report_at_us else 0
        total = max(-0x800000, min(0x7FFFFF, expected - self.packets))
        return rtcp.ReportBlock(self.ssrc, lost, total, self.highest - 0x10000, 0, self.last_report, since)

    def ask_key_frame(self, now_us: int) -> None:
        """Ask the browser that publishes this for a key frame, at once or as soon as that is decent."""
        self._ask(self, now_us)

    def cached(self, extended: int) -> Cached | None:
        """A video packet kept for resends."""
        found = self._cache[extended & (CACHE - 1)] if self._cache else None
        return found if found is not None and found[0] == extended else None
