"""How much a publisher is asked to send, when the lines of those who are shown them carry different amounts. Pure.

A publisher sends one picture for all. The weakest line sets it, as long as it leaves enough; below `SHARED_BPS` one
receiver alone sets nothing: what does not fit that line waits for it and is given up there (`pacing`), and the others
keep their picture. Whoever claims falsely that nothing arrives thus harms their own picture only.
"""

from typing import TYPE_CHECKING

from signaling.sfu.bandwidth import CEILING_BPS

if TYPE_CHECKING:
    from signaling.sfu.peer import Peer

AUDIO_BPS = 50_000
VIDEO_FLOOR_BPS = 60_000
SHARED_BPS = 250_000
"""What a line of 300 kbit/s leaves beside sound: measured to carry a moving picture (docs/performance.md)."""
SHRINK_WITHIN_S = 2
"""A publisher is asked for less until what waits for a limited line is gone, within about this time."""


def pictures(peer: "Peer") -> int:
    """How many pictures this browser is shown; at least 1."""
    return sum(1 for sink in peer.sinks if sink.is_video and sink.source is not None) or 1


def pictures_bps(peer: "Peer") -> int:
    """What the line towards this browser leaves for all pictures together, bits per second."""
    return max(VIDEO_FLOOR_BPS, peer.downlink.estimate - AUDIO_BPS * pictures(peer))


def cap(publisher: "Peer") -> int:
    """What this publisher's picture should stay below, bits per second."""
    takers = [sink.owner for uplink in publisher.uplinks.values() if uplink.is_video for sink in uplink.sinks]
    return agreed([claim(taker) for taker in takers])


def claim(taker: "Peer") -> int:
    """What one receiver's line leaves for one picture."""
    if not taker.downlink.limited:
        return CEILING_BPS
    room = pictures_bps(taker) - taker.pacing.waiting * 8 // SHRINK_WITHIN_S
    return max(VIDEO_FLOOR_BPS, room // pictures(taker))


def agreed(claims: list[int]) -> int:
    """The least of them; of several, no less than `SHARED_BPS` on the word of one alone."""
    if not claims:
        return CEILING_BPS
    least, *others = sorted(claims)
    return max(least, min(SHARED_BPS, others[0])) if others else least
