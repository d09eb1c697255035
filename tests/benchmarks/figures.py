"""A measured figure: what it is called, how large, compared with which other figure of the same run. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

HEAD = ("figure", "value", "unit", "least", "most", "of", "ratio", "against")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value.

    `against` is the name of another figure of the same run, `ratio` this value divided by that one's; both are None for
    a figure that stands alone or is itself the measure of others. `least`, `most` and `count` describe the repeats that
    `value` sums up.
    """

    name: str
    value: float
    unit: str
    against: str | None = None
    ratio: float | None = None
    least: float | None = None
    most: float | None = None
    count: int = 1

    def __post_init__(self) -> None:
        """Nothing measured here can be below zero: such a figure is a fault of the measuring, and is refused."""
        if not self.value >= 0:
            raise ValueError(f"{self.name} was measured as {self.value} {self.unit}, which cannot be")

    def over(self, base: "Figure") -> "Figure":
        """The same figure, compared with another one. Raises ``ValueError`` when the units differ."""
        if base.unit != self.unit:
            raise ValueError(f"{self.name} is in {self.unit}, {base.name} in {base.unit}")
        ratio = self.value / base.value if base.value else None
        return Figure(
            self.name, self.value, self.unit, base.name, ratio, least=self.least, most=self.most, count=self.count
        )


def middle(name: str, values: Sequence[float], unit: str) -> Figure:
    """The median of the repeats, with the least and the most of them. Raises ``ValueError`` when there are none."""
    return _of(name, median(values), values, unit)


def spread(name: str, values: Sequence[float], unit: str) -> tuple[Figure, Figure]:
    """The median and the 95th percentile of the repeats, as `name.p50` and `name.p95`."""
    return (
        _of(f"{name}.p50", median(values), values, unit),
        _of(f"{name}.p95", percentile(values, 95), values, unit),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: a value that was really measured, not one between two. Needs at least one value."""
    ranked = sorted(values)
    return ranked[max(0, ceil(len(ranked) * percent / 100) - 1)]


def _of(name: str, value: float, values: Sequence[float], unit: str) -> Figure:
    return Figure(name, value, unit, least=min(values), most=max(values), count=len(values))


def json_line(figure: Figure) -> str:
    """One JSON object with exactly the fields name, value, unit, against and ratio, without a line's end."""
    return json.dumps(
        {
            "name": figure.name,
            "value": _rounded(figure.value),
            "unit": figure.unit,
            "against": figure.against,
            "ratio": None if figure.ratio is None else _rounded(figure.ratio),
        }
    )


def table(figures: Sequence[Figure]) -> str:
    """The figures in aligned columns under a heading."""
    rows = [HEAD, *(_row(one) for one in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join(_line(row, widths) for row in rows)


def _row(one: Figure) -> tuple[str, ...]:
    return (
        one.name,
        _said(one.value),
        one.unit,
        _said(one.least),
        _said(one.most),
        str(one.count),
        _said(one.ratio),
        one.against or "",
    )


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    words = (0, 2, 7)
    cells = [
        cell.ljust(width) if at in words else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _said(value: float | None) -> str:
    return "" if value is None else f"{_rounded(value):,}"


def _rounded(value: float) -> float:
    """Three digits that mean something; more would be noise."""
    if value == 0 or abs(value) >= 1000:
        return round(value)
    return float(f"{value:.3g}")
