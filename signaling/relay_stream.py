"""Streams: what one browser publishes (`Uplink`) and what another receives in a slot (`Sink`). Packets are never
decoded.

A packet goes uplink -> sinks: its SSRC, payload type, numbers and header extension are rewritten into the slot's
own continuous stream, then it is sealed and sent. Each outgoing number is sealed exactly once (a repeat under the
same SRTP index with other header bytes would reuse a GCM nonce), so repeats go out as RTX, or for audio as the very
same sealed bytes.
"""

from collections.abc import Sequence
from struct import Struct
from typing import TYPE_CHECKING

from pylibsrtp._binding import lib

from signaling import rtcp
from signaling.relay_srtp import incoming, outgoing

if TYPE_CHECKING:
    from signaling.peer import Peer

CACHE = 1024
"""Video packets kept for resends: about 2 s at 3 Mbps."""
AUDIO_CACHE = 64
MAX_MISSING = 256
NACK_HOLD_US = 20_000
"""Reordering within this time is not a loss; at 3 % loss this cut upstream NACKs from 1277 to 147."""
NACK_AGAIN_US = 60_000
NACK_TRIES = 8
RESEND_AGAIN_US = 40_000

_PLAIN = Struct("!BBHII")
_EXTENDED = Struct("!BBHIIIBHB")
_OSN = Struct("!H")

Cached = tuple[int, int, int, int, bytes]
"""extended number, timestamp, padding bit, marker bit, payload with padding"""


class Uplink:
    """One published stream: its numbering, what is missing, what may be resent, and where it goes."""

    __slots__ = (
        "_cache",
        "_missing",
        "clock_rate",
        "first",
        "highest",
        "is_video",
        "key_asked_us",
        "last_report",
        "octets",
        "owner",
        "packets",
        "report_at_us",
        "reported",
        "rtx_ssrc",
        "sinks",
        "ssrc",
        "wants_key_us",
    )  # fmt: skip

    def __init__(self, owner: "Peer", is_video: bool, ssrc: int, rtx_ssrc: int | None, clock_rate: int) -> None:
        self.owner = owner
        self.is_video = is_video
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.clock_rate = clock_rate
        self.sinks: tuple[Sink, ...] = ()
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

    def arrive(self, header: tuple[int, int, int, int, int], offset: int, size: int, now_us: int) -> None:
        """A decrypted packet of this stream lies in `incoming`, its payload from `offset` to `size`."""
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
        self.octets += size - offset
        padding = first & 0x20
        marker = second & 0x80
        if self.is_video:
            payload = bytes(incoming.view[offset:size])
            self._cache[extended & (CACHE - 1)] = (extended, timestamp, padding, marker, payload)
        for sink in self.sinks:
            sink.forward(extended, timestamp, padding, marker, offset, size, now_us)

    def repaired(self, header: tuple[int, int, int, int, int], offset: int, size: int, now_us: int) -> None:
        """An RTX packet for this stream: forwarded as the packet it repeats if that one is missing (RFC 4588
        section 4).
        """
        if size - offset < 3:
            return  # padding only: a bandwidth probe
        original = _OSN.unpack_from(incoming.data, offset)[0]
        distance = (original - self.highest) & 0xFFFF
        if self.highest >= 0 and distance >= 0x8000 and self.highest + distance - 0x10000 in self._missing:
            self.arrive((header[0], header[1], original, header[3], self.ssrc), offset + 2, size, now_us)

    def _skipped(self, start: int, end: int, now_us: int) -> None:
        if end - start > MAX_MISSING:
            self._missing.clear()  # a restart of the sender or a long outage: a key frame mends it, not resends
            return
        due = now_us + NACK_HOLD_US
        for extended in range(start, end):
            self._missing[extended] = (due, 0)

    def due(self, now_us: int) -> list[int]:
        """Numbers to ask the sender for now (ascending); those asked for too often are given up."""
        if not self._missing:
            return []
        asked: list[int] = []
        for extended, (due, tries) in list(self._missing.items()):
            if due > now_us:
                continue
            if tries >= NACK_TRIES or self.highest - extended > MAX_MISSING:
                del self._missing[extended]
            else:
                self._missing[extended] = (now_us + NACK_AGAIN_US * (tries + 1), tries + 1)
                asked.append(extended & 0xFFFF)
        return asked

    def block(self, now_us: int) -> rtcp.Block:
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
        return rtcp.Block(self.ssrc, lost, total, self.highest - 0x10000, 0, self.last_report, since)

    def cached(self, extended: int) -> Cached | None:
        """A video packet kept for resends."""
        found = self._cache[extended & (CACHE - 1)] if self._cache else None
        return found if found is not None and found[0] == extended else None


class Sink:
    """One outgoing stream of a browser. Its numbers and times stay continuous when another publisher takes the slot."""

    __slots__ = (
        "_clock_rate",
        "_extension",
        "_resent",
        "_sealed",
        "_sequence",
        "_shift",
        "_start",
        "_time_us",
        "_timeshift",
        "_timestamp",
        "_waiting",
        "is_video",
        "octets",
        "owner",
        "packets",
        "payload_type",
        "rtx_payload_type",
        "rtx_sequence",
        "rtx_ssrc",
        "source",
        "ssrc",
    )  # fmt: skip

    def __init__(
        self,
        owner: "Peer",
        is_video: bool,
        ssrcs: tuple[int, int],
        payload_types: tuple[int, int | None],
        clock_rate: int,
        extension: int | None,
    ) -> None:
        self.owner = owner
        self.is_video = is_video
        self.ssrc, self.rtx_ssrc = ssrcs
        self.payload_type, self.rtx_payload_type = payload_types
        self.rtx_sequence = 0
        self.source: Uplink | None = None
        self.packets = 0
        self.octets = 0
        self._clock_rate = clock_rate
        self._extension = None if extension is None else extension << 4 | 1
        self._sequence = 0x10000
        self._timestamp = 0
        self._time_us = 0
        self._shift = 0
        self._timeshift = 0
        self._start = -1
        self._waiting = True
        self._sealed: list[tuple[int, bytes] | None] = [None] * AUDIO_CACHE
        self._resent: dict[int, int] = {}

    def bind(self, source: Uplink | None) -> None:
        """From now on this slot shows `source`; a video begins at its next key frame."""
        if source is not self.source:
            self.source = source
            self._waiting = True
            self._resent.clear()

    def forward(
        self, extended: int, timestamp: int, padding: int, marker: int, offset: int, size: int, now_us: int
    ) -> None:
        """Send the packet in `incoming` on, rewritten."""
        owner = self.owner
        if owner.sealed is None or owner.path is None:
            return
        if self._waiting:
            if self.is_video and not starts_key_frame(incoming.data, offset, size):
                return
            self._begin(extended, timestamp, now_us)
        if extended < self._start:
            return  # of before the slot was given to this publisher
        number = extended + self._shift
        if number > self._sequence:
            self._sequence = number
            self._timestamp = timestamp + self._timeshift
            self._time_us = now_us
        head = self._head(self.payload_type | marker, number, timestamp, padding, self.ssrc, size - offset, now_us)
        end = head + size - offset
        outgoing.data[head:end] = incoming.view[offset:size]
        self.packets += 1
        self.octets += size - offset
        outgoing.length[0] = end
        if lib.srtp_protect(owner.sealed.context, outgoing.address, outgoing.length):
            return
        length = outgoing.length[0]
        owner.path.send(outgoing.view[:length])
        if not self.is_video:
            self._sealed[number & (AUDIO_CACHE - 1)] = (number & 0xFFFF, bytes(outgoing.view[:length]))

    def _begin(self, extended: int, timestamp: int, now_us: int) -> None:
        elapsed = (now_us - self._time_us) * self._clock_rate // 1_000_000 if self._time_us else 0
        self._shift = self._sequence + 1 - extended
        self._timeshift = (self._timestamp + elapsed - timestamp) & 0xFFFFFFFF
        self._start = extended
        self._waiting = False

    def _head(self, second: int, number: int, timestamp: int, padding: int, ssrc: int, size: int, now_us: int) -> int:
        """Write the header into `outgoing`; returns its length.

        With transport-wide numbering one is taken and noted.
        """
        stamp = (timestamp + self._timeshift) & 0xFFFFFFFF
        if self._extension is None:
            _PLAIN.pack_into(outgoing.data, 0, 0x80 | padding, second, number & 0xFFFF, stamp, ssrc)
            return 12
        wide = self.owner.downlink.next(size + 36, now_us)
        _EXTENDED.pack_into(
            outgoing.data, 0, 0x90 | padding, second, number & 0xFFFF, stamp, ssrc, 0xBEDE0001, self._extension, wide, 0
        )  # fmt: skip
        return 20

    def resend(self, lost: Sequence[int], now_us: int) -> None:
        """Answer a NACK as far as packets are kept and the budget of the line allows."""
        for sequence in lost:
            if self.is_video:
                self._resend_video(sequence, now_us)
            else:
                kept = self._sealed[sequence & (AUDIO_CACHE - 1)]
                if kept is not None and kept[0] == sequence and self.owner.path is not None:
                    self.owner.path.send(kept[1])

    def _resend_video(self, sequence: int, now_us: int) -> None:
        owner, source = self.owner, self.source
        if self.rtx_payload_type is None or source is None or owner.sealed is None or owner.path is None:
            return
        number = self._sequence - ((self._sequence - sequence) & 0xFFFF)
        extended = number - self._shift
        kept = source.cached(extended)
        if kept is None or extended < self._start or self._waiting:
            return
        if now_us - self._resent.get(number, -RESEND_AGAIN_US) < RESEND_AGAIN_US or not owner.downlink.may_resend(
            len(kept[4]), now_us
        ):
            return
        if len(self._resent) > CACHE:
            self._resent.clear()
        self._resent[number] = now_us
        self._send_rtx(kept, number, now_us)

    def probe(self, now_us: int) -> int:
        """Send a copy of a recent packet as RTX to see whether the line carries more.

        Returns its size, 0 if there is none.
        """
        source = self.source
        if self.rtx_payload_type is None or source is None or self._waiting or self.owner.sealed is None:
            return 0
        kept = source.cached(self._sequence - self._shift)
        if kept is None or kept[0] < self._start:
            return 0
        self._send_rtx(kept, self._sequence, now_us)
        return len(kept[4])

    def _send_rtx(self, kept: Cached, number: int, now_us: int) -> None:
        owner = self.owner
        assert self.rtx_payload_type is not None
        if owner.sealed is None or owner.path is None:
            return
        _, timestamp, padding, marker, payload = kept
        self.rtx_sequence += 1
        type_ = self.rtx_payload_type | marker
        head = self._head(type_, self.rtx_sequence, timestamp, padding, self.rtx_ssrc, len(payload), now_us)
        _OSN.pack_into(outgoing.data, head, number & 0xFFFF)
        end = head + 2 + len(payload)
        outgoing.data[head + 2 : end] = payload
        length = owner.sealed.rtp(end)
        if length:
            owner.path.send(outgoing.view[:length])

    def translated(self, rtp: int) -> int | None:
        """A publisher's media time as this stream's; None before the first packet."""
        return None if self._waiting else (rtp + self._timeshift) & 0xFFFFFFFF


def starts_key_frame(data: bytearray, offset: int, size: int) -> bool:
    """Whether a VP8 payload is the first packet of a key frame (RFC 7741 sections 4.2 and 4.3)."""
    if size - offset < 4:
        return False
    first = data[offset]
    if not first & 0x10 or first & 0x07:
        return False  # not the start of a frame's first partition
    position = offset + 1
    if first & 0x80:
        flags = data[position]
        position += 1
        if flags & 0x80:
            position += 2 if data[position] & 0x80 else 1
        position += (flags >> 6 & 1) + (1 if flags & 0x30 else 0)
    return position < size and not data[position] & 1
