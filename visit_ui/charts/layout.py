"""A timeline as it is laid out: where each mark stands, in the units of the drawing. Pure."""

from dataclasses import dataclass

from visit_ui.charts.timeline import ScorePoint


@dataclass(frozen=True, slots=True)
class Label:
    """Text and where it stands; `anchor` is SVG's text-anchor."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Tread:
    """One level piece of a stair, with the label that names it (None: no room, the table has it)."""

    left: float
    right: float
    y: float
    label: Label | None


@dataclass(frozen=True, slots=True)
class Stair:
    """One medicine's band: its floor and ceiling, treads oldest first, risers and the proposed tread.

    `treads` end at the line of today: what was taken. `ahead`: what is written for the time after it. `risers`: where a
    step begins, with its level.
    """

    name: str
    ceiling: float
    floor: float
    treads: tuple[Tread, ...]
    ahead: tuple[Tread, ...]
    risers: tuple[tuple[float, float], ...]
    proposed: Tread | None


@dataclass(frozen=True, slots=True)
class PlacedScore:
    """A score in coordinates; `label` None where a neighbour's number stands already."""

    point: ScorePoint
    x: float
    y: float
    label: Label | None


@dataclass(frozen=True, slots=True)
class Bar:
    """A side effect in its lane."""

    left: float
    right: float
    y: float
    label: Label


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands, in SVG units (1 unit = 1 px at natural size)."""

    width: float
    height: float
    plot_left: float
    plot_right: float
    score_top: float
    score_bottom: float
    today_x: float
    lines: tuple[tuple[float, str], ...]  # severity thresholds: y and the number beside it
    severities: tuple[Label, ...]
    scores: tuple[PlacedScore, ...]
    stairs: tuple[Stair, ...]
    bars: tuple[Bar, ...]
    visit_y: float
    visits: tuple[float, ...]
    months: tuple[Label, ...]
