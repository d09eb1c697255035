"""What a timeline shows, before anything is drawn: scores, doses, side effects, visits. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SeverityBand:
    """One named part of a scale's range: `lowest` is the first score in it, `short` what fits beside the chart."""

    lowest: int
    name: str
    short: str


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """One answered scale: the day, the total and the name of its severity band."""

    on: date
    value: int
    severity: str


@dataclass(frozen=True, slots=True)
class ChartedDose:
    """From `on` the daily total is `amount`; `label` is how it is written ("75 mg"). Amount 0: stopped or held."""

    on: date
    amount: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class DoseBand:
    """One medicine's daily totals, oldest first; `proposed` is a step that is not signed."""

    name: str
    steps: tuple[ChartedDose, ...]
    proposed: ChartedDose | None = None


@dataclass(frozen=True, slots=True)
class ChartedSideEffect:
    """One side effect with its severity in words ("Night sweats, mild"); `until` None: ongoing."""

    name: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything one chart shows. Scores, steps and visits oldest first; `key` is unique on its page."""

    key: str
    scale: str
    highest: int
    bands: tuple[SeverityBand, ...]
    scores: tuple[ScorePoint, ...]
    medicines: tuple[DoseBand, ...]
    side_effects: tuple[ChartedSideEffect, ...]
    visits: tuple[date, ...]
    today: date

    @property
    def is_empty(self) -> bool:
        """True when nothing but today could be drawn."""
        return not (self.scores or self.medicines)

    @property
    def has_ahead(self) -> bool:
        """True when a dose is written that is not taken yet."""
        return any(step.on > self.today for band in self.medicines for step in band.steps)
