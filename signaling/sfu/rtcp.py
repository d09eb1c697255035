"""RTCP as this relay reads and writes it (RFC 3550, RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb-03). Pure.

Only the packets it acts upon are understood; the rest of a compound packet is skipped.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from struct import Struct, error, pack, unpack_from

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK, TRANSPORT_FEEDBACK = 1, 15
PLI, FIR, REMB = 1, 4, 15
FIR_ENTRIES = 8
"""Of one packet; nobody is shown more pictures than three."""

_HEADER = Struct("!BBH")


@dataclass(frozen=True, slots=True)
class SenderReport:
    """`ntp` in 1/2**32 s since 1900, of the sender's clock; `rtp` the media timestamp of the same moment."""

    ssrc: int
    ntp: int
    rtp: int


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """A reception report block, as it is written; those of browsers are not read. `lost` in 1/256 of the packets
    expected since the last one.
    """

    ssrc: int
    lost: int
    total_lost: int
    highest: int
    jitter: int
    lsr: int
    dlsr: int


@dataclass(frozen=True, slots=True)
class Nack:
    """Packets of `ssrc` that the receiver misses. `fci`: pairs of a 16-bit number and a mask of the 16 after it."""

    ssrc: int
    fci: bytes

    def numbers(self, most: int) -> list[int]:
        """The 16-bit sequence numbers, at most so many."""
        return list(islice(_nacked(self.fci), most))


@dataclass(frozen=True, slots=True)
class KeyFrameRequest:
    """PLI or FIR."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """The raw body of a transport-wide congestion feedback packet; see `transport_cc.parse`."""

    body: bytes


FeedbackItem = SenderReport | Nack | KeyFrameRequest | TransportFeedback


def parse(data: bytes) -> Iterator[FeedbackItem]:
    """What a compound packet says, in order. Damaged or unknown parts end or are left out; it never raises."""
    for kind, count, body in split(data):
        yield from read(kind, count, body)


def split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The packets of a compound packet: type, count or format, body; up to the first that is damaged."""
    position = 0
    while position + 4 <= len(data):
        first, kind, words = _HEADER.unpack_from(data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            return
        yield kind, first & 31, data[position + 4 : end]
        position = end


def read(kind: int, count: int, body: bytes) -> Iterator[FeedbackItem]:
    """What one packet of `split` says; nothing if it is damaged or not understood."""
    with suppress(error):
        yield from _packet(kind, count, body)


def _packet(kind: int, count: int, body: bytes) -> Iterator[FeedbackItem]:
    if kind == SR:
        yield SenderReport(*unpack_from("!IQI", body))
    elif kind == RTPFB and count == NACK:
        yield Nack(unpack_from("!I", body, 4)[0], body[8:])
    elif kind == RTPFB and count == TRANSPORT_FEEDBACK:
        yield TransportFeedback(body)
    elif kind == PSFB and count == PLI:
        yield KeyFrameRequest(unpack_from("!I", body, 4)[0])
    elif kind == PSFB and count == FIR:
        for position in range(8, min(len(body) - 7, 8 + 8 * FIR_ENTRIES), 8):
            yield KeyFrameRequest(unpack_from("!I", body, position)[0])


def _nacked(fci: bytes) -> Iterator[int]:
    for position in range(0, len(fci) - 3, 4):
        first, mask = unpack_from("!HH", fci, position)
        yield first
        for bit in range(16):
            if mask >> bit & 1:
                yield (first + bit + 1) & 0xFFFF


def packet(kind: int, count: int, body: bytes) -> bytes:
    """One RTCP packet; `body` must be whole 32-bit words."""
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def pli(sender: int, ssrc: int) -> bytes:
    """Picture loss indication: asks for a key frame of `ssrc`."""
    return packet(PSFB, PLI, pack("!II", sender, ssrc))


def nack(sender: int, ssrc: int, lost: Sequence[int]) -> bytes:
    """Asks for `lost` (ascending modulo 2**16, not empty) of `ssrc` again."""
    body = pack("!II", sender, ssrc)
    first, mask = lost[0], 0
    for sequence in lost[1:]:
        distance = (sequence - first - 1) & 0xFFFF
        if distance < 16:
            mask |= 1 << distance
        else:
            body += pack("!HH", first, mask)
            first, mask = sequence, 0
    return packet(RTPFB, NACK, body + pack("!HH", first, mask))


def remb(sender: int, bits_per_second: int, ssrcs: Sequence[int]) -> bytes:
    """Receiver estimated maximum bitrate: asks the sender of `ssrcs` to stay below it."""
    exponent = max(0, bits_per_second.bit_length() - 18)
    mantissa = bits_per_second >> exponent
    body = pack("!II4sBBH", sender, 0, b"REMB", len(ssrcs), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF)
    return packet(PSFB, REMB, body + b"".join(pack("!I", ssrc) for ssrc in ssrcs))


def sender_report(ssrc: int, ntp: int, rtp: int, packets: int, octets: int) -> bytes:
    """A sender report without reception blocks; counts wrap as the RFC says."""
    counts = (packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    return packet(SR, 0, pack("!IQIII", ssrc, ntp, rtp & 0xFFFFFFFF, *counts))


def receiver_report(sender: int, blocks: Iterable[ReportBlock]) -> bytes:
    """A receiver report of at most 31 blocks."""
    parts = [
        pack(
            "!IIIIII",
            block.ssrc,
            block.lost << 24 | (block.total_lost & 0xFFFFFF),
            block.highest & 0xFFFFFFFF,
            block.jitter,
            block.lsr,
            block.dlsr,
        )
        for block in blocks
    ]
    return packet(RR, len(parts), pack("!I", sender) + b"".join(parts))


def goodbye(ssrcs: Sequence[int]) -> bytes:
    """BYE: these streams of ours end."""
    return packet(BYE, len(ssrcs), b"".join(pack("!I", ssrc) for ssrc in ssrcs))
