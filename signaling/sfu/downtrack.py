"""What one browser receives in one line of a slot. Packets are never decoded.

A packet comes from an uplink and is rewritten into the slot's own continuous stream: SSRC, payload type, numbers,
header extension; then it is sealed and sent. Each outgoing number is sealed exactly once (a repeat under the same SRTP
index with other header bytes would reuse a GCM nonce), so repeats go out as RTX, or for audio as the very same bytes.
"""

from collections.abc import Callable, Sequence
from struct import Struct

from signaling.sfu.pacer import QueuedPacket
from signaling.sfu.packet import CACHE, Cached
from signaling.sfu.publication import SlotPosition, TrackSubject
from signaling.sfu.srtp import Buffer, seal
from signaling.sfu.transport import Transport
from signaling.sfu.uplink import Uplink
from signaling.sfu.vp8 import starts_key_frame

AUDIO_CACHE = 64
RESEND_AGAIN_US = 40_000

_PLAIN = Struct("!BBHII")
_EXTENDED = Struct("!BBHIIIBHB")
_OSN = Struct("!H")


class DownTrack:
    """One outgoing stream of a browser. Its numbers and times stay continuous when another publisher takes the slot.

    `place`: which slot it is of, and what of a person it is for. `subject`: the publication that it shows; `source`:
    the stream of that publication that it is made from, None while none is known.
    `owe(stream, now_us)`: the browser is shown nothing here before the next key frame, and does not know that it
    must ask.
    """

    __slots__ = (
        "_clock_rate",
        "_extension",
        "_owe",
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
        "place",
        "rtx_payload_type",
        "rtx_sequence",
        "rtx_ssrc",
        "source",
        "ssrc",
        "subject",
    )  # fmt: skip

    def __init__(
        self,
        owner: Transport,
        place: SlotPosition,
        ssrcs: tuple[int, int],
        payload_types: tuple[int, int | None],
        clock_rate: int,
        extension: int | None,
        owe: Callable[["DownTrack", int], None],
    ) -> None:
        self.owner = owner
        self._owe = owe
        self.place = place
        self.is_video = place.medium.kind == "video"
        self.ssrc, self.rtx_ssrc = ssrcs
        self.payload_type, self.rtx_payload_type = payload_types
        self.rtx_sequence = 0
        self.subject: TrackSubject | None = None
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

    def bind(self, subject: TrackSubject | None, source: Uplink | None) -> None:
        """From now on this slot shows `subject`, made from `source`; a video begins at its next key frame."""
        self.subject = subject
        if source is not self.source:
            if self.source is not None:  # its last packets must not slip in under the new numbering
                self.source.downtracks = tuple(
                    downtrack for downtrack in self.source.downtracks if downtrack is not self
                )
            self.source = source
            self._waiting = True
            self._resent.clear()
            self.owner.pacing.forget(self)

    def forward(
        self, extended: int, timestamp: int, padding: int, marker: int, payload: bytes | memoryview, now_us: int
    ) -> None:
        """Send a packet on, rewritten."""
        owner = self.owner
        if owner.sealed is None or owner.path is None:
            return
        if self._waiting:
            if self.is_video and not starts_key_frame(payload):
                return
            self._begin(extended, timestamp, now_us)
        if extended < self._start:
            return  # of before the slot was given to this publisher
        if self.is_video and (owner.downlink.limited or owner.pacing.waiting):
            owner.hold(QueuedPacket(self, extended, len(payload)), now_us)
        else:
            self._send(extended, timestamp, padding, marker, payload, now_us)

    def release(self, extended: int, now_us: int) -> None:
        """Send a packet that has waited. See `pacer.Taker`."""
        kept = self.source.cached(extended) if self.source is not None else None
        if kept is not None and self.owner.sealed is not None and self.owner.path is not None:
            _, timestamp, padding, marker, payload = kept
            self._send(extended, timestamp, padding, marker, payload, now_us)

    def give_up(self, now_us: int) -> None:
        """The backlog took too long: the picture stays until the next key frame. See `pacer.Taker`."""
        self._waiting = True
        self._owe(self, now_us)

    def _send(
        self, extended: int, timestamp: int, padding: int, marker: int, payload: bytes | memoryview, now_us: int
    ) -> None:
        sealed, path = self.owner.sealed, self.owner.path
        assert sealed is not None
        assert path is not None
        outgoing = sealed.outgoing
        number = extended + self._shift
        if number > self._sequence:
            self._sequence = number
            self._timestamp = timestamp + self._timeshift
            self._time_us = now_us
        size = len(payload)
        head = self._head(outgoing, self.payload_type | marker, number, timestamp, padding, self.ssrc, size, now_us)
        end = head + size
        outgoing.data[head:end] = payload
        self.packets += 1
        self.octets += size
        outgoing.length[0] = end
        if seal(sealed.context, outgoing.address, outgoing.length):
            return
        length = outgoing.length[0]
        path.send(outgoing.view[:length])
        if not self.is_video:
            self._sealed[number & (AUDIO_CACHE - 1)] = (number & 0xFFFF, bytes(outgoing.view[:length]))

    def _begin(self, extended: int, timestamp: int, now_us: int) -> None:
        elapsed = (now_us - self._time_us) * self._clock_rate // 1_000_000 if self._time_us else 0
        self._shift = self._sequence + 1 - extended
        self._timeshift = (self._timestamp + elapsed - timestamp) & 0xFFFFFFFF
        self._start = extended
        self._waiting = False

    def _head(
        self,
        outgoing: Buffer,
        second: int,
        number: int,
        timestamp: int,
        padding: int,
        ssrc: int,
        size: int,
        now_us: int,
    ) -> int:
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

    @property
    def waiting(self) -> bool:
        """Whether nothing is sent before the next key frame."""
        return self._waiting

    def resend(self, lost: Sequence[int], now_us: int) -> bool:
        """Answer a NACK as far as packets are kept and the budget of the line allows.

        True if some of a picture are kept no longer: only a key frame mends it.
        """
        if not self.is_video:
            for sequence in lost:
                self._resend_audio(sequence, now_us)
            return False
        beyond = [sequence for sequence in lost if not self._resend_video(sequence, now_us)]
        return bool(beyond)

    def _resend_audio(self, sequence: int, now_us: int) -> None:
        owner = self.owner
        kept = self._sealed[sequence & (AUDIO_CACHE - 1)]
        if kept is None or kept[0] != sequence or owner.path is None or owner.downlink.congested(now_us):
            return
        if now_us - self._resent.get(sequence, -RESEND_AGAIN_US) < RESEND_AGAIN_US:
            return
        if len(self._resent) > CACHE:
            self._resent.clear()
        self._resent[sequence] = now_us
        owner.path.send(kept[1])

    def _resend_video(self, sequence: int, now_us: int) -> bool:
        """False if it was sent and is kept no longer."""
        owner, source = self.owner, self.source
        if self.rtx_payload_type is None or source is None or owner.sealed is None or owner.path is None:
            return True
        number = self._sequence - ((self._sequence - sequence) & 0xFFFF)
        extended = number - self._shift
        if extended < self._start or self._waiting:
            return True
        kept = source.cached(extended)
        if kept is None:
            return source.highest - extended < CACHE  # else it never came, and is asked for at the publisher
        if now_us - self._resent.get(number, -RESEND_AGAIN_US) < RESEND_AGAIN_US or not owner.downlink.may_resend(
            len(kept[4]), now_us
        ):
            return True
        if len(self._resent) > CACHE:
            self._resent.clear()
        self._resent[number] = now_us
        owner.pacing.spent(len(kept[4]))
        self._send_rtx(kept, number, now_us)
        return True

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
        outgoing = owner.sealed.outgoing
        _, timestamp, padding, marker, payload = kept
        self.rtx_sequence += 1
        type_ = self.rtx_payload_type | marker
        head = self._head(outgoing, type_, self.rtx_sequence, timestamp, padding, self.rtx_ssrc, len(payload), now_us)
        _OSN.pack_into(outgoing.data, head, number & 0xFFFF)
        end = head + 2 + len(payload)
        outgoing.data[head + 2 : end] = payload
        length = owner.sealed.rtp(end)
        if length:
            owner.path.send(outgoing.view[:length])

    def translated(self, rtp: int) -> int | None:
        """A publisher's media time as this stream's; None before the first packet."""
        return None if self._waiting else (rtp + self._timeshift) & 0xFFFFFFFF
