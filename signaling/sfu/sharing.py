"""How much a publisher is asked to send, when the lines of those who are shown them carry different amounts. Pure.

A publisher sends each picture once for all. The weakest line sets it, as long as it leaves enough; below `SHARED_BPS`
one receiver alone sets nothing: what does not fit that line waits for it and is given up there (`pacer`), and the
others keep their picture. Whoever claims falsely that nothing arrives thus harms their own picture only.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from signaling.sfu.bandwidth import CEILING_BPS, Downlink
from signaling.sfu.pacer import Pacing

AUDIO_BPS = 50_000
VIDEO_FLOOR_BPS = 60_000
SHARED_BPS = 250_000
"""What a line of 300 kbit/s leaves beside sound: measured to carry a moving picture (docs/performance.md)."""
SHRINK_WITHIN_S = 2
"""A publisher is asked for less until what waits for a limited line is gone, within about this time."""


class Shown(Protocol):
    """One stream to a browser."""

    @property
    def is_video(self) -> bool: ...

    @property
    def source(self) -> object | None: ...


class SharedLine(Protocol):
    """The line towards one browser, and the streams on it: `transport.Transport`."""

    @property
    def downlink(self) -> Downlink: ...

    @property
    def pacing(self) -> Pacing: ...

    @property
    def shown(self) -> Sequence[Shown]: ...


def pictures(line: SharedLine) -> int:
    """How many pictures this browser is shown; at least 1."""
    return sum(1 for downtrack in line.shown if downtrack.is_video and downtrack.source is not None) or 1


def pictures_bps(line: SharedLine) -> int:
    """What the line towards this browser leaves for all pictures together, bits per second."""
    return max(VIDEO_FLOOR_BPS, line.downlink.estimate - AUDIO_BPS * pictures(line))


def cap(pictures: Iterable[Iterable[SharedLine]]) -> int:
    """What one publisher's pictures together should stay below, bits per second; for each, the lines that carry it."""
    return sum(agreed([claim(stream) for stream in takers]) for takers in pictures)


def claim(stream: SharedLine) -> int:
    """What one receiver's line leaves for one picture."""
    if not stream.downlink.limited:
        return CEILING_BPS
    room = pictures_bps(stream) - stream.pacing.waiting * 8 // SHRINK_WITHIN_S
    return max(VIDEO_FLOOR_BPS, room // pictures(stream))


def agreed(claims: list[int]) -> int:
    """The least of them; of several, no less than `SHARED_BPS` on the word of one alone."""
    if not claims:
        return CEILING_BPS
    least, *others = sorted(claims)
    return max(least, min(SHARED_BPS, others[0])) if others else least
