"""Whether the arrival times that a browser reports can be. Pure but for the clock it is given.

A browser's clock is its own, so a time of its cannot be compared with ours. Two things hold for every honest clock:
nothing arrives before it was sent, and nothing is told before it arrived. With arrivals in the browser's time, what was
sent and told in ours: (arrival - told) is at most the browser's clock minus ours, (arrival - sent) at least that.
"""

from collections.abc import Sequence

SLACK_US = 50_000
"""Clocks drift apart by some milliseconds in 30 s, and a reported time is rounded."""
BUCKET_US = 15_000_000
NEVER_US = 1 << 62
AFRESH_US = 2_000_000
"""A browser's clock may be set, and the reported one begins at 0 again after 12 days: after so long without one
plausible report the old comparison is given up.
"""


class Clock:
    """One browser's clock, as far as its reports of the last 15 to 30 s tell."""

    __slots__ = ("_agreed_us", "_bucket_us", "_greatest", "_least")

    def __init__(self, now_us: int) -> None:
        self._least = [NEVER_US, NEVER_US]
        self._greatest = [-NEVER_US, -NEVER_US]
        self._bucket_us = self._agreed_us = now_us

    def agrees(self, sent_and_arrived: Sequence[tuple[int, int]], now_us: int) -> bool:
        """Whether this report, told now, fits those before; it is compared with later ones if it does.

        Pairs of (sent in our time, arrived in the browser's), not empty.
        """
        if now_us - self._agreed_us > AFRESH_US:
            self._turn(now_us)
            self._turn(now_us)
        elif now_us - self._bucket_us > BUCKET_US:
            self._turn(now_us)
        least = min(arrived - sent for sent, arrived in sent_and_arrived)
        greatest = max(arrived for _, arrived in sent_and_arrived) - now_us
        if max(greatest, *self._greatest) > min(least, *self._least) + SLACK_US:
            return False
        self._least[1], self._greatest[1] = min(least, self._least[1]), max(greatest, self._greatest[1])
        self._agreed_us = now_us
        return True

    def _turn(self, now_us: int) -> None:
        """The newer bucket becomes the older."""
        self._least, self._greatest = [self._least[1], NEVER_US], [self._greatest[1], -NEVER_US]
        self._bucket_us = now_us
