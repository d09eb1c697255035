"""How much of something one browser may ask for: a bucket that fills with time. Pure but for the clock it is given."""


class Budget:
    """`burst` at once, `per_s` in the long run."""

    __slots__ = ("_at_us", "_burst", "_left", "_per_us")

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_us = per_s / 1e6
        self._burst = burst
        self._left = float(burst)
        self._at_us = 0

    def take(self, wanted: int, now_us: int) -> int:
        """How many of `wanted` are granted now; they are spent."""
        granted = min(wanted, self.left(now_us))
        self._left -= granted
        return granted

    def left(self, now_us: int) -> int:
        """How many would be granted now, whole ones."""
        self._left = min(self._burst, self._left + (now_us - self._at_us) * self._per_us)
        self._at_us = now_us
        return int(self._left)
