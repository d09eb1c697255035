"""RTCP as this relay reads and writes it (RFC 3550, RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb-03). Pure.

Only the packets it acts upon are understood; the rest of a compound packet is skipped.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from struct import Struct, error, pack, unpack_from

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK, TRANSPORT_FEEDBACK = 1, 15
PLI, FIR, REMB = 1, 4, 15

_HEADER = Struct("!BBH")


@dataclass(frozen=True, slots=True)
class SenderReport:
    """`ntp` in 1/2**32 s since 1900, of the sender's clock; `rtp` the media timestamp of the same moment."""

    ssrc: int
    ntp: int
    rtp: int


@dataclass(frozen=True, slots=True)
class Block:
    """A reception report block. `lost` in 1/256 of the packets expected since the last one."""

    ssrc: int
    lost: int
    total_lost: int
    highest: int
    jitter: int
    lsr: int
    dlsr: int


@dataclass(frozen=True, slots=True)
class Nack:
    """Packets of `ssrc` that the receiver misses, by 16-bit sequence number."""

    ssrc: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyFrameRequest:
    """PLI or FIR."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """The raw body of a transport-wide congestion feedback packet; see `feedback.parse`."""

    body: bytes


Item = SenderReport | Block | Nack | KeyFrameRequest | TransportFeedback


def parse(data: bytes) -> Iterator[Item]:
    """What a compound packet says, in order. Damaged or unknown parts end or are left out; it never raises."""
    position = 0
    while position + 4 <= len(data):
        first, kind, words = _HEADER.unpack_from(data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            return
        try:
            yield from _packet(kind, first & 31, data[position + 4 : end])
        except (error, IndexError):
            return
        position = end


def _packet(kind: int, count: int, body: bytes) -> Iterator[Item]:
    if kind == SR:
        ssrc, ntp, rtp = unpack_from("!IQI", body)
        yield SenderReport(ssrc, ntp, rtp)
        yield from _blocks(body, 24, count)
    elif kind == RR:
        yield from _blocks(body, 4, count)
    elif kind == RTPFB and count == NACK:
        yield Nack(unpack_from("!I", body, 4)[0], tuple(_nacked(body)))
    elif kind == RTPFB and count == TRANSPORT_FEEDBACK:
        yield TransportFeedback(body)
    elif kind == PSFB and count == PLI:
        yield KeyFrameRequest(unpack_from("!I", body, 4)[0])
    elif kind == PSFB and count == FIR:
        for position in range(8, len(body) - 7, 8):
            yield KeyFrameRequest(unpack_from("!I", body, position)[0])


def _blocks(body: bytes, start: int, count: int) -> Iterator[Block]:
    for position in range(start, min(start + 24 * count, len(body) - 23), 24):
        ssrc, lost_and_total, highest, jitter, lsr, dlsr = unpack_from("!IIIIII", body, position)
        total = lost_and_total & 0xFFFFFF
        yield Block(ssrc, lost_and_total >> 24, total - ((total & 0x800000) << 1), highest, jitter, lsr, dlsr)


def _nacked(body: bytes) -> Iterator[int]:
    for position in range(8, len(body) - 3, 4):
        first, mask = unpack_from("!HH", body, position)
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


def receiver_report(sender: int, blocks: Iterable[Block]) -> bytes:
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
