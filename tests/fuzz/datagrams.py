"""Datagrams that somebody might send to the media port: STUN, RTP, RTCP and what looks like DTLS, right and wrong."""

import struct
from collections.abc import Callable

from aioice import stun
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

WORD = st.integers(0, 0xFFFFFFFF) | st.sampled_from((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
SHORT = st.integers(0, 0xFFFF) | st.sampled_from((0, 1, 0x7FFF, 0x8000, 0xFFFF))
NOISE = st.binary(max_size=200)
Ssrcs = tuple[int, ...]


def ssrc(known: Ssrcs) -> SearchStrategy[int]:
    return st.sampled_from(known) | WORD if known else WORD


@st.composite
def rtp(draw: st.DrawFn, known: Ssrcs = ()) -> bytes:
    """A packet of RTP whose header may lie about contributors, extensions and padding."""
    first = 0x80 | draw(st.integers(0, 0x3F))
    second = draw(st.sampled_from((111, 96, 97, 0xE0)) | st.integers(0, 255))
    head = struct.pack("!BBHII", first, second, draw(SHORT), draw(WORD), draw(ssrc(known)))
    extension = struct.pack("!HH", draw(st.sampled_from((0xBEDE, 0x1000)) | SHORT), draw(st.integers(0, 4) | SHORT))
    parts = st.builds(
        lambda id, size, data: bytes([id << 4 | size]) + data, st.integers(0, 15), st.integers(0, 15), NOISE
    )
    elements = b"".join(draw(st.lists(parts, max_size=3)))
    return (head + draw(st.sampled_from((b"", extension + elements))) + draw(NOISE))[:1400]


@st.composite
def rtcp(draw: st.DrawFn, known: Ssrcs = ()) -> bytes:
    """A compound of RTCP: requests, reports and feedback of any numbers, with lengths that may lie."""
    return b"".join(draw(st.lists(_packet(known), min_size=1, max_size=6)))[:1400]


@st.composite
def _packet(draw: st.DrawFn, known: Ssrcs) -> bytes:
    kind, count = draw(
        st.sampled_from(((200, 1), (201, 1), (205, 1), (205, 15), (206, 1), (206, 4), (206, 15), (203, 1)))
        | st.tuples(st.integers(192, 223), st.integers(0, 31))
    )
    body = struct.pack("!II", draw(WORD), draw(ssrc(known)))
    if (kind, count) == (205, 15):
        body += struct.pack("!HHI", draw(SHORT), draw(SHORT), draw(WORD))
        chunks = draw(st.lists(st.sampled_from((0x3FFF, 0x5FFF, 0x1FFF, 0x2001, 0)) | SHORT, max_size=40))
        body += struct.pack(f"!{len(chunks)}H", *chunks) + draw(NOISE)
    elif (kind, count) == (205, 1):
        body += b"".join(struct.pack("!HH", draw(SHORT), draw(SHORT)) for _ in range(draw(st.integers(0, 60))))
    else:
        body += draw(NOISE)
    body += bytes(-len(body) % 4)
    words = draw(st.sampled_from((len(body) // 4,) * 5 + (0, 1, 0xFFFF)))
    return struct.pack("!BBH", draw(st.sampled_from((0x80, 0x80, 0xA0, 0x00))) | count, kind, words) + body


@st.composite
def checks(draw: st.DrawFn, names: tuple[tuple[str, str], ...] = (("ufrag", "password"),)) -> bytes:
    """A STUN message, with the right password or another, sometimes damaged."""
    kind = draw(st.sampled_from(tuple(stun.Class)))
    message = stun.Message(stun.Method.BINDING, kind, draw(st.binary(min_size=12, max_size=12)))
    ufrag, password = draw(st.sampled_from(names))
    message.attributes["USERNAME"] = draw(st.just(f"{ufrag}:theirs") | st.text(max_size=20))
    if draw(st.booleans()):
        message.attributes["PRIORITY"] = draw(WORD)
    if draw(st.booleans()):
        message.attributes["USE-CANDIDATE"] = None
    if draw(st.booleans()):
        message.add_message_integrity(draw(st.just(password) | st.text(min_size=1, max_size=10)).encode())
    data = bytearray(bytes(message))
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.just(len(data)) | st.integers(0, len(data)))])


@st.composite
def dtls(draw: st.DrawFn) -> bytes:
    """A record of DTLS as far as its header goes."""
    data = draw(NOISE)
    size = draw(st.just(len(data)) | SHORT)
    return struct.pack("!BHHIHH", draw(st.integers(20, 63)), draw(SHORT), 0, 0, draw(SHORT), size) + data


def datagrams(known: Ssrcs = ()) -> SearchStrategy[bytes]:
    """One of any kind."""
    made: tuple[Callable[[], SearchStrategy[bytes]], ...] = (checks, dtls, lambda: rtp(known), lambda: rtcp(known))
    return st.one_of(*(make() for make in made), NOISE)
