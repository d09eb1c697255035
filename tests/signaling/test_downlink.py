"""The estimate of a line, on a simulated one: a queue of limited rate behind the relay."""

import random

import pytest

from signaling.sfu.bandwidth import FLOOR_BPS, START_BPS, Downlink

PACKET = 1100


class Simulated:
    """A line of `bps` with a queue of at most 300 ms; feedback every 60 ms; what is sent follows the estimate. Jitter
    delays and keeps the order.
    """

    def __init__(
        self, bps: int, wanted_bps: int = 800_000, loss_every: int = 0, jitter_us: int = 0, seed: int = 0
    ) -> None:
        self.bps = bps
        self.jitter_us = jitter_us
        self.wanted = wanted_bps
        self.loss_every = loss_every
        self.now = 1_000_000
        self.downlink = Downlink(self.now)
        self.count = 0
        self._free_at = 0.0
        self._ticked = 0
        self._pending: list[tuple[int, float | None]] = []
        self._arrived = 0.0
        self._dice = random.Random(seed)

    def run(self, seconds: float) -> None:
        until = self.now + int(seconds * 1e6)
        next_feedback = self.now + 60_000
        while self.now < until:
            rate = min(self.wanted, self.downlink.estimate)
            self.now += int(PACKET * 8e6 / rate)
            self._send()
            if self.now - self._ticked > 20_000:
                self._ticked = self.now
                for _ in range(self.downlink.probe(self.now) // PACKET):
                    self._send()
            if self.now >= next_feedback:
                next_feedback = self.now + 60_000
                arrived = [(n, t) for n, t in self._pending if t is None or t <= self.now]
                self._pending = [(n, t) for n, t in self._pending if t is not None and t > self.now]
                self.downlink.feedback([(n, None if t is None else int(t)) for n, t in arrived], self.now)

    def _send(self) -> None:
        self.count += 1
        number = self.downlink.next(PACKET, self.now)
        start = max(self._free_at, float(self.now))
        full = start - self.now > 300_000
        if full or (self.loss_every and self.count % self.loss_every == 0):
            self._pending.append((number, None))
            return
        self._free_at = start + PACKET * 8e6 / self.bps
        self._arrived = max(self._arrived, self._free_at + 20_000 + self._dice.random() * self.jitter_us)
        self._pending.append((number, self._arrived))


def test_a_wide_line_is_not_limited() -> None:
    line = Simulated(5_000_000)
    line.run(20)
    assert not line.downlink.limited
    assert line.downlink.estimate >= START_BPS


@pytest.mark.parametrize("seed", [1, 4])
def test_jitter_is_not_taken_for_a_queue(seed: int) -> None:
    line = Simulated(5_000_000, wanted_bps=1_100_000, jitter_us=100_000, seed=seed)
    for _ in range(60):
        line.run(0.5)
        assert not line.downlink.limited


@pytest.mark.parametrize("jitter_us", [0, 100_000])
def test_a_narrow_line_is_found_within_seconds(jitter_us: int) -> None:
    line = Simulated(300_000, jitter_us=jitter_us)
    line.run(5)
    assert line.downlink.limited
    assert FLOOR_BPS <= line.downlink.estimate < 400_000
    line.run(20)
    assert 150_000 < line.downlink.estimate < 400_000, "it neither collapses nor overruns for long"


def test_a_line_that_recovers_is_used_again() -> None:
    line = Simulated(300_000)
    line.run(8)
    line.bps = 5_000_000
    line.run(10)
    assert line.downlink.estimate > line.wanted
    assert not line.downlink.limited


def test_some_loss_without_a_queue_is_no_reason_to_slow_down() -> None:
    line = Simulated(5_000_000, loss_every=12)
    line.run(20)
    assert line.downlink.estimate >= START_BPS


def test_heavy_loss_is() -> None:
    line = Simulated(5_000_000, loss_every=4)
    line.run(10)
    assert line.downlink.limited


def test_numbers_go_on_when_the_browser_moves() -> None:
    downlink = Downlink(0)
    assert [downlink.next(100, 1), downlink.next(100, 2)] == [1, 2]
    moved = downlink.rebound(3)
    assert moved.next(100, 4) == 3
    assert moved.estimate == START_BPS


def test_resends_have_a_budget_that_refills() -> None:
    downlink = Downlink(0)
    allowed = sum(downlink.may_resend(1000, 1) for _ in range(100))
    assert allowed == 20
    assert downlink.may_resend(1000, 1_000_000)


def test_what_a_browser_reports_again_is_counted_once() -> None:
    downlink = Downlink(0)
    numbers = [downlink.next(PACKET, 1_000 * i) for i in range(1, 31)]
    report = [(number, None if number % 10 == 0 else 1_000 * i + 20_000) for i, number in enumerate(numbers)]
    for again in range(3):
        downlink.feedback(report, 60_000 + again * 50_000)
    assert downlink.received_bps == 27 * PACKET * 8 * 10 // 3
    assert downlink.loss == 0.1


def test_a_queue_is_known_for_as_long_as_the_browser_reports() -> None:
    downlink = Downlink(0)
    for waited in (0, 300_000):
        downlink.feedback([(downlink.next(PACKET, 100_000), 100_000 + waited)], 400_000)
    assert downlink.congested(500_000)
    assert not downlink.congested(2_000_000), "pictures must not wait for reports that no longer come"
