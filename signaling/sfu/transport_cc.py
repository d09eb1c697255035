"""Transport-wide congestion feedback, both ways (draft-holmer-rmcat-transport-wide-cc-extensions-01). Pure.

`Arrivals` collects what arrived from a browser and writes the feedback from which the browser's own estimator
lives: without it a Chromium sender got stuck at 0.3-1.2 Mbps. `parse` reads the same format when a browser
acknowledges what the relay sent.
"""

from struct import error, pack, unpack_from

from signaling.sfu import rtcp

TICK_US = 250
"""Resolution of one arrival delta."""
REFERENCE_US = 64_000
"""Resolution of a packet's reference time."""
MAX_STATUS = 400
"""Packets covered by one feedback packet; keeps it well below one datagram."""


class Arrivals:
    """Arrival times since the last feedback. One for each media connection; every stream of it shares the numbering."""

    def __init__(self, sender: int) -> None:
        self._sender = sender
        self._times: dict[int, int] = {}
        self._highest: int | None = None
        self._next: int | None = None
        self._count = 0

    def add(self, sequence: int, now_us: int) -> None:
        """A packet with this 16-bit transport-wide number arrived. `now_us`: of any clock that only goes forward."""
        if self._highest is None:
            extended = sequence
        else:
            extended = self._highest + ((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000
        if self._highest is None or extended > self._highest:
            self._highest = extended
        self._times[extended] = now_us

    def feedback(self, media_ssrc: int) -> list[bytes]:
        """RTCP packets for everything since the last call, gaps marked as lost; empty when nothing arrived."""
        if not self._times:
            return []
        arrived, self._times = self._times, {}
        first = min(arrived) if self._next is None else min(self._next, min(arrived))
        last = max(arrived)
        if last - first > 4 * MAX_STATUS:  # a jump of the numbering, not a loss
            first = last - 4 * MAX_STATUS
        self._next = last + 1
        starts = range(first, last + 1, MAX_STATUS)
        parts = [self._packet(arrived, s, min(s + MAX_STATUS - 1, last), media_ssrc) for s in starts]
        return [part for part in parts if part]

    def _packet(self, arrived: dict[int, int], first: int, last: int, media_ssrc: int) -> bytes:
        times = [arrived.get(number) for number in range(first, last + 1)]
        known = [time for time in times if time is not None]
        if not known:
            return b""
        reference = known[0] // REFERENCE_US
        clock = reference * REFERENCE_US
        symbols: list[int] = []
        deltas = b""
        for time in times:
            if time is None:
                symbols.append(0)
                continue
            delta = max(-0x8000, min(0x7FFF, round((time - clock) / TICK_US)))
            clock += delta * TICK_US
            small = 0 <= delta <= 255
            symbols.append(1 if small else 2)
            deltas += pack("!B" if small else "!h", delta)
        body = pack("!IIHHI", self._sender, media_ssrc, first & 0xFFFF, len(symbols), self._counter(reference))
        body += _chunks(symbols) + deltas
        return rtcp.packet(rtcp.RTPFB, rtcp.TRANSPORT_FEEDBACK, body + bytes(-len(body) % 4))

    def _counter(self, reference: int) -> int:
        count, self._count = self._count, (self._count + 1) & 0xFF
        return (reference & 0xFFFFFF) << 8 | count


def _chunks(symbols: list[int]) -> bytes:
    """Status chunks: runs where seven or more are equal, else vectors of seven two-bit symbols."""
    chunks = b""
    position = 0
    while position < len(symbols):
        run = position
        while run < len(symbols) and symbols[run] == symbols[position] and run - position < 0x1FFF:
            run += 1
        if run - position >= 7 or run == len(symbols):
            chunks += pack("!H", symbols[position] << 13 | (run - position))
            position = run
            continue
        vector = (symbols[position : position + 7] + [0] * 7)[:7]
        value = 0xC000
        for index, symbol in enumerate(vector):
            value |= symbol << (12 - 2 * index)
        chunks += pack("!H", value)
        position += 7
    return chunks


def named(body: bytes) -> tuple[int, int]:
    """The first number that a feedback packet is about, and how many there are; (0, 0) if it is too short to say."""
    first, count = unpack_from("!HH", body, 8) if len(body) >= 16 else (0, 0)
    return first, count


def parse(body: bytes) -> list[tuple[int, int | None]]:
    """(transport-wide number, arrival in microseconds of the receiver's clock, or None: lost), ascending.

    `body` as in `rtcp.TransportFeedback`. A damaged packet gives what could be read before the damage. One datagram
    can name 65,535 losses, which takes milliseconds: look at `named` first.
    """
    try:
        first, count, word = unpack_from("!HHI", body, 8)
        symbols, position = _symbols(body, 16, count)
    except error:
        return []
    clock = (word >> 8) * REFERENCE_US
    found: list[tuple[int, int | None]] = []
    for index, symbol in enumerate(symbols):
        number = (first + index) & 0xFFFF
        size = {1: 1, 2: 2}.get(symbol, 0)
        if position + size > len(body):
            break
        if size:
            clock += unpack_from("!B" if size == 1 else "!h", body, position)[0] * TICK_US
            position += size
        found.append((number, clock if size else None))
    return found


def _symbols(body: bytes, position: int, count: int) -> tuple[list[int], int]:
    symbols: list[int] = []
    while len(symbols) < count:
        (chunk,) = unpack_from("!H", body, position)
        position += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(symbols))
            if not chunk & 0x1FFF:
                break  # an empty run would never end
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    return symbols[:count], position
