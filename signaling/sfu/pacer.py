"""A limited line's pictures wait their turn, so that sound never waits behind them. Pure but for the clock it is given.

What does not fit a narrow line must wait somewhere. In the line's own queue sound waits and is lost with it; here only
pictures do. A backlog that would take too long is given up as a whole: the picture goes on at its next key frame.
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, Protocol

HEADROOM = 1.15
"""Above what publishers are asked to stay below, so that a backlog shrinks."""
TOO_LONG_S = 1.0
GIVE_UP_AGAIN_US = 2_000_000
"""A key frame may take longer than `TOO_LONG_S` itself: one is let through before the next is given up."""
FAR_TOO_LONG_S = 4.0
BURST_S = 0.04


class PacedStream(Protocol):
    """A stream towards a browser: `downtrack.Sink`."""

    def release(self, extended: int, now_us: int) -> None:
        """Send the packet of this number now."""

    def give_up(self, now_us: int) -> None:
        """What was waiting is gone: go on at the next key frame, and ask for one."""


class QueuedPacket(NamedTuple):
    """A packet that waits: whose it is, its number at the publisher, its bytes."""

    stream: PacedStream
    extended: int
    size: int


class Pacing:
    """The pictures that wait for one line. Rates are those of pictures alone, bits per second."""

    __slots__ = ("_at_us", "_credit", "_given_up_us", "_held", "waiting")

    def __init__(self) -> None:
        self.waiting = 0
        """Bytes that wait."""
        self._held: deque[QueuedPacket] = deque()
        self._credit = 0.0
        self._at_us = 0
        self._given_up_us = 0

    def hold(self, held: QueuedPacket, rate_bps: int, now_us: int) -> None:
        """Let a packet wait behind the others. If the backlog takes too long, all of it is given up."""
        self._held.append(held)
        self.waiting += held.size
        takes_s = self.waiting * 8 / (rate_bps * HEADROOM)
        again = now_us - self._given_up_us > GIVE_UP_AGAIN_US
        if takes_s > FAR_TOO_LONG_S or (again and takes_s > TOO_LONG_S):
            self._given_up_us = now_us
            takers = {id(one.stream): one.stream for one in self._held}
            self._held.clear()
            self.waiting = 0
            for stream in takers.values():
                stream.give_up(now_us)

    def release(self, rate_bps: int, now_us: int) -> None:
        """Send what is due by now."""
        for held in self._due(rate_bps, now_us):
            held.stream.release(held.extended, now_us)

    def _due(self, rate_bps: int, now_us: int) -> Iterator[QueuedPacket]:
        per_us = rate_bps * HEADROOM / 8e6
        self._credit = min(self._credit + (now_us - self._at_us) * per_us, BURST_S * 1e6 * per_us)
        self._at_us = now_us
        while self._held and self._credit > 0:
            held = self._held.popleft()
            self.waiting -= held.size
            self._credit -= held.size
            yield held

    def spent(self, size: int) -> None:
        """A resend of `size` bytes left without waiting: what waits pays for it."""
        self._credit -= size

    def forget(self, stream: PacedStream) -> None:
        """Another publisher takes this stream: what waits of the one before is of no use."""
        self._held = deque(held for held in self._held if held.stream is not stream)
        self.waiting = sum(held.size for held in self._held)
