"""Finding out whether a limited line carries more again. Pure.

For 150 ms the relay sends copies on top of the pictures and sees what arrives. Growing by feedback alone took longer
than 20 s to use a line that had recovered; with probes it took 6-7 s.
"""

from dataclasses import dataclass, field

LENGTH_US = 150_000
FIRST_AFTER_US = 4_000_000
AGAIN_AFTER_US = 500_000
BACK_OFF_US = (6_000_000, 12_000_000)
ANSWER_WITHIN_US = 700_000
CAREFUL, BOLD = 1.35, 1.8
CARRIED = 0.85
TAKEN = 0.9


@dataclass(slots=True)
class Probe:
    """One probe: its numbers, what was sent and what is known to have arrived."""

    began_us: int
    rate_bps: int
    first: int
    last: int = -1
    sent: int = 0
    arrived: int = 0
    times: list[int] = field(default_factory=list)


class Probing:
    """When to probe one line, and what came of it."""

    def __init__(self) -> None:
        self._probe: Probe | None = None
        self._factor = CAREFUL
        self._failures = 0
        self._next_us = 0

    def decreased(self, now_us: int) -> None:
        """The estimate was lowered: what is being tried is void, the next try is some seconds away."""
        self._probe = None
        self._factor = CAREFUL
        self._next_us = now_us + FIRST_AFTER_US

    def wanted(self, estimate_bps: int, number: int, now_us: int) -> int:
        """Bytes to send on top now. `number`: the transport-wide number used last."""
        probe = self._probe
        if probe is None:
            if now_us < self._next_us:
                return 0
            rate = int(estimate_bps * self._factor)
            probe = self._probe = Probe(now_us, rate, (number + 1) & 0xFFFF)
        if probe.last >= 0:
            return 0
        if now_us - probe.began_us >= LENGTH_US:
            probe.last = number
            return 0
        due = probe.rate_bps * (now_us - probe.began_us + 20_000) // 8_000_000
        return max(0, due - probe.sent)

    def sent(self, size: int) -> None:
        """Any packet that left on the line."""
        if self._probe is not None and self._probe.last < 0:
            self._probe.sent += size

    def arrived(self, number: int, size: int, arrival_us: int) -> None:
        """A packet that the browser has acknowledged."""
        probe = self._probe
        if probe is None or (number - probe.first) & 0xFFFF >= 0x8000:
            return
        if probe.last >= 0 and (probe.last - number) & 0xFFFF >= 0x8000:
            return
        probe.arrived += size
        probe.times.append(arrival_us)

    def result(self, now_us: int) -> int:
        """Once a probe is over: the rate that the line has shown to carry (bits per second); 0 if it failed or is
        not over.
        """
        probe = self._probe
        if probe is None or probe.last < 0:
            return 0
        if now_us - probe.began_us < LENGTH_US + ANSWER_WITHIN_US and probe.arrived < 0.97 * probe.sent:
            return 0
        self._probe = None
        took_us = max(LENGTH_US, max(probe.times) - min(probe.times)) if probe.times else 0
        carried = probe.arrived * 8_000_000 // took_us if took_us else 0
        if carried >= CARRIED * probe.sent * 8_000_000 / LENGTH_US:
            self._failures, self._factor = 0, BOLD
            self._next_us = now_us + AGAIN_AFTER_US
            return int(TAKEN * carried)
        self._next_us = now_us + BACK_OFF_US[min(self._failures, len(BACK_OFF_US) - 1)]
        self._failures, self._factor = self._failures + 1, CAREFUL
        return 0
