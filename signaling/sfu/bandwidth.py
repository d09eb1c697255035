"""The line towards one browser: numbers what is sent on it and estimates what it carries. Pure but for the clock it
is given.

The relay stamps its own transport-wide number on every packet; the browser's feedback tells when each arrived.
Rules and figures come from measurements on a line of 300 kbps with a queue of 200-400 ms
(docs/adr/0003-media-relay.md, docs/performance.md).
"""

from collections import deque
from statistics import median

from signaling.sfu.plausible import Clock
from signaling.sfu.prober import Probing

SIZE = 4096
START_BPS = 2_500_000
FLOOR_BPS = 80_000
CEILING_BPS = 6_000_000
OVERUSE_TWICE_US = 120_000
OVERUSE_THRICE_US = 60_000
STANDING_US = 300_000
"""A queue delays every packet; on a line that only jitters some are quick within this time."""
CALM_US = 35_000
LOSS_OVERUSE = 0.15
LOSS_CALM = 0.12
RESEND_SHARE = 0.16
WARM_UP_US = 3_000_000
RATE_WINDOW_US = 300_000
BUCKET_US = 15_000_000
ACT_EVERY_US = 500_000
HOLD_US = 1_000_000
UNUSED_US = 1_000_000
HEARD_US = 400_000
REMEMBERED_US = 5_000_000
"""What is reported later than this after it was sent says nothing of the line as it is."""


class Downlink:
    """Send history, queue delay, loss and the estimate (bits per second) of one line."""

    def __init__(self, now_us: int, number: int = 0) -> None:
        self.estimate = START_BPS
        self.limited = False
        self._number = number
        self._sent_us = [0] * SIZE
        self._sizes = [0] * SIZE
        self._began_us = now_us
        self._received: deque[tuple[int, int]] = deque()
        self._outcomes: deque[tuple[int, int, int]] = deque()
        self._bases = [1 << 62, 1 << 62]
        self._bucket_us = now_us
        self._overuse = [0, 0]
        self._quickest: deque[tuple[int, int]] = deque()
        self._acted_us = 0
        self._grown_us = now_us
        self._queue_us = 0
        self._measured_us = 0
        self._budget = 20_000.0
        self._probing = Probing()
        self._unused_us = 0
        self._budget_us = now_us
        self._clock = Clock(now_us)

    def next(self, size: int, now_us: int) -> int:
        """The transport-wide number for a packet of `size` bytes that leaves now."""
        number = self._number = (self._number + 1) & 0xFFFF
        index = number & (SIZE - 1)
        self._sent_us[index] = now_us
        self._sizes[index] = size
        if self.limited:
            self._probing.sent(size)
        return number

    def may_resend(self, size: int, now_us: int) -> bool:
        """Whether a repeat of `size` bytes fits the budget: a share of the estimate, none while the line is
        queueing.
        """
        elapsed = now_us - self._budget_us
        self._budget_us = now_us
        self._budget = min(30_000.0, self._budget + elapsed * self.estimate * RESEND_SHARE / 8e6)
        if self.congested(now_us) or self._budget < size:
            return False
        self._budget -= size
        return True

    def congested(self, now_us: int) -> bool:
        """Whether what is sent now would wait long in the line's own queue; False once nothing is heard of the line."""
        return self._queue_us > OVERUSE_TWICE_US and now_us - self._measured_us < HEARD_US

    def rebound(self, now_us: int) -> "Downlink":
        """A fresh estimate that goes on numbering: the browser has moved, what was learnt of its old line does not
        hold.
        """
        return Downlink(now_us, self._number)

    def sent(self, first: int, count: int) -> bool:
        """Whether these transport-wide numbers, `count` from `first` on, may have been sent and are remembered."""
        last = first + count - 1
        return 0 < count <= SIZE and all((self._number - number) & 0xFFFF < SIZE for number in (first, last))

    def feedback(self, report: list[tuple[int, int | None]], now_us: int) -> bool:
        """The browser's arrival times; `report` as from `transport_cc.parse`. False if they cannot be: then nothing of
        it is believed.

        A browser reports again from where a resent packet filled a gap: each number is counted once, or a line would
        seem to carry several times what it does.
        """
        known = [
            (number, sent, arrival)
            for number, arrival in report
            if (sent := self._sent_us[number & (SIZE - 1)]) and now_us - sent < REMEMBERED_US
        ]
        times = [(sent, arrival) for _, sent, arrival in known if arrival is not None]
        if times and not self._clock.agrees(times, now_us):
            return False
        for number, _, arrival in known:
            index = number & (SIZE - 1)
            self._sent_us[index] = 0
            if arrival is not None:
                self._received.append((now_us, self._sizes[index]))
                if self.limited:
                    self._probing.arrived(number, self._sizes[index], arrival)
        self._outcomes.append((now_us, len(times), len(known) - len(times)))
        self._expire(now_us)
        if times:
            self._measured_us = now_us
            self._measure([arrival - sent for sent, arrival in times], now_us)
            self._decide(now_us)
        return True

    def _measure(self, delays: list[int], now_us: int) -> None:
        delay = int(median(delays))
        if now_us - self._bucket_us > BUCKET_US:
            self._bases = [self._bases[1], 1 << 62]
            self._bucket_us = now_us
        self._bases[1] = min(self._bases[1], delay)
        queue = self._queue_us = delay - min(self._bases)
        self._overuse[0] = self._overuse[0] + 1 if queue > OVERUSE_TWICE_US else 0
        self._quickest.append((now_us, min(delays)))
        while now_us - self._quickest[0][0] > STANDING_US:
            self._quickest.popleft()
        standing = min(quickest for _, quickest in self._quickest) - min(self._bases)
        self._overuse[1] = self._overuse[1] + 1 if standing > OVERUSE_THRICE_US else 0

    def _expire(self, now_us: int) -> None:
        while self._received and now_us - self._received[0][0] > RATE_WINDOW_US:
            self._received.popleft()
        while self._outcomes and now_us - self._outcomes[0][0] > 1_000_000:
            self._outcomes.popleft()

    @property
    def received_bps(self) -> int:
        """What arrived in the last 300 ms."""
        return sum(size for _, size in self._received) * 8 * 1_000_000 // RATE_WINDOW_US

    @property
    def loss(self) -> float:
        """Share lost within the last second; 0 below 20 packets."""
        got = sum(g for _, g, _ in self._outcomes)
        lost = sum(entry[2] for entry in self._outcomes)
        return lost / (got + lost) if got + lost >= 20 else 0.0

    def _decide(self, now_us: int) -> None:
        loss = self.loss if now_us - self._began_us > WARM_UP_US else 0.0
        queueing = self._overuse[0] >= 2 or self._overuse[1] >= 3
        if (queueing or loss > LOSS_OVERUSE) and now_us - self._acted_us > ACT_EVERY_US:
            target = int(0.85 * self.received_bps) if queueing else int(self.estimate * (1 - loss / 2))
            self.estimate = max(FLOOR_BPS, min(self.estimate, target))
            self.limited = True
            self._probing.decreased(now_us)
            self._unused_us = now_us
            self._acted_us = self._grown_us = now_us
        elif self._queue_us < CALM_US and loss < LOSS_CALM and now_us - self._acted_us > HOLD_US:
            self._grow(now_us)
        else:
            self._grown_us = now_us

    def _grow(self, now_us: int) -> None:
        elapsed = min(1.0, (now_us - self._grown_us) / 1e6)
        self._grown_us = now_us
        grown = self.estimate * (1 + 0.08 * elapsed) + 30_000 * elapsed
        bound = max(self.estimate, 1.5 * self.received_bps + 80_000)
        self.estimate = int(min(CEILING_BPS, grown, bound))
        self._free(unused=grown > bound, now_us=now_us)

    def _free(self, *, unused: bool, now_us: int) -> None:
        """Not limited any more: the line carries what is wanted at most, or for a second more than is sent on it."""
        if not unused:
            self._unused_us = now_us
        if self.estimate >= START_BPS or now_us - self._unused_us > UNUSED_US:
            self.limited = False
            self.estimate = max(self.estimate, START_BPS)

    def probe(self, now_us: int) -> int:
        """Bytes of copies to send on top now, to see whether a limited line carries more again; mostly 0."""
        if not self.limited:
            return 0
        carried = self._probing.result(now_us)
        if carried > self.estimate:
            self.estimate = min(CEILING_BPS, carried)
            self._free(unused=False, now_us=now_us)
        if self._queue_us > CALM_US:
            return 0
        return self._probing.wanted(self.estimate, self._number, now_us)
