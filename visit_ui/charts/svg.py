"""Draws a laid-out timeline as SVG: shapes with classes, no inline style, so that the strict CSP holds.

Shape and texture carry the meaning (line and rings, filled stair, dashed stair, hatched bar, triangle); color only
repeats it.
Three widths are drawn because scaled letters would fall under 12 px on a phone; CSS shows the one that fits.

Shapes are put together as plain text, as `Markup.format` takes longer than all the geometry: coordinates are numbers,
classes are written here, and every word of a record goes through `escape`.
"""

from functools import lru_cache

from markupsafe import Markup, escape

from emr.shared.clinic_time import locales
from visit_ui.charts.geometry import TOP, lay_out
from visit_ui.charts.layout import Bar, Label, Layout, PlacedScore, Stair
from visit_ui.charts.text import lines
from visit_ui.charts.timeline import Timeline
from visit_ui.charts.words import point_words

LINE = 15  # from one line of a name to the next
WIDTHS = (("wide", 600), ("middle", 460), ("narrow", 330))


def timeline_svgs(timeline: Timeline) -> Markup:
    """The chart at each width, one after another; exactly one is displayed."""
    return _drawn(timeline, locales.chosen())


@lru_cache(maxsize=128)  # the same chart stands in a page and in each of its parts that is read again
def _drawn(timeline: Timeline, locale: str) -> Markup:
    """The drawing with its days in the words of a locale, which are the chosen one's."""
    return Markup("").join(timeline_svg(timeline, name, width) for name, width in WIDTHS)


def timeline_svg(timeline: Timeline, name: str, width: int) -> Markup:
    """One drawing. Points can be focused (roving, see `timeline.js`) and say their own words."""
    layout = lay_out(timeline, width)
    hatch = escape(f"hatch-{timeline.key}-{name}")
    w, h, label = _n(layout.width), _n(layout.height), escape(f"{timeline.scale} and doses, chart")
    body = [
        f'<svg class="timeline-svg timeline-{name}" viewBox="0 0 {w} {h}" width="{w}" height="{h}" ',
        f'role="group" aria-label="{label}">',
        _pattern(hatch),
        *_grid(layout),
        *(_stair(stair) for stair in layout.stairs),
        *(_bar(bar, hatch) for bar in layout.bars),
        *_foot(layout),
        _today(layout),
        *_curve(timeline, layout),
        "</svg>",
    ]
    return Markup("".join(body))  # noqa: S704  # see above: what is not a number or ours is escaped


def _n(value: float) -> str:
    """A coordinate with at most one decimal: half a pixel is finer than anyone sees."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _line(css: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{css}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>'


def _text(css: str, label: Label) -> str:
    place = f'x="{_n(label.x)}" y="{_n(label.y)}" text-anchor="{label.anchor}"'
    return f'<text class="{css}" {place}>{escape(label.text)}</text>'


def _pattern(hatch: str) -> str:
    return (
        f'<defs><pattern id="{hatch}" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line class="tl-hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>'
    )


def _shape(kind: str, css: str, points: str) -> str:
    """A polyline or polygon from "x,y x,y"."""
    return f'<{kind} class="{css}" points="{points}"/>'


def _grid(layout: Layout) -> list[str]:
    """Severity thresholds. The highest score has a number but no line: nothing lies beyond it."""
    drawn: list[str] = []
    for y, number in layout.lines[:-1]:
        css = "tl-zero" if number == "0" else "tl-grid"
        drawn.append(_line(css, layout.plot_left, y, layout.plot_right, y))
    spaced: list[float] = []
    for y, number in reversed(layout.lines):
        if all(abs(y - other) >= 12 for other in spaced):
            spaced.append(y)
            drawn.append(_text("tl-axis", Label(layout.plot_left - 7, y + 4, number, "end")))
    return drawn + [_text("tl-side", label) for label in layout.severities]


def _stair(stair: Stair) -> str:
    floor = _n(stair.floor)
    parts: list[str] = []
    if stair.treads:
        steps = " ".join(f"{_n(t.left)},{_n(t.y)} {_n(t.right)},{_n(t.y)}" for t in stair.treads)
        outline = f"{_n(stair.treads[0].left)},{floor} {steps}"
        parts.append(_shape("polygon", "tl-dose-area", f"{outline} {_n(stair.treads[-1].right)},{floor}"))
        parts.append(_shape("polyline", "tl-dose-line", outline))
    parts += [_line("tl-riser", x, TOP, x, level) for x, level in stair.risers]
    if stair.ahead:
        begins = f"{_n(stair.ahead[0].left)},{_n(stair.treads[-1].y) if stair.treads else floor}"
        steps = " ".join(f"{_n(t.left)},{_n(t.y)} {_n(t.right)},{_n(t.y)}" for t in stair.ahead)
        parts.append(_shape("polyline", "tl-ahead", f"{begins} {steps}"))
    parts += [_text("tl-dose", tread.label) for tread in (*stair.treads, *stair.ahead) if tread.label]
    if stair.proposed and stair.proposed.label:
        p = stair.proposed
        shape = f"{_n(p.left)},{floor} {_n(p.left)},{_n(p.y)} {_n(p.right)},{_n(p.y)}"
        parts.append(_shape("polyline", "tl-proposed", shape))
        parts.append(_text("tl-dose", stair.proposed.label))
    return f'<g class="tl-band">{"".join(parts)}</g>'


def _bar(bar: Bar, hatch: str) -> str:
    place = f'x="{_n(bar.left)}" y="{_n(bar.y)}" width="{_n(bar.right - bar.left)}"'
    return f'<rect class="tl-effect" {place} height="12" fill="url(#{hatch})"/>{_text("tl-name", bar.label)}'


def _foot(layout: Layout) -> list[str]:
    """Medicine names beside their bands, visits as triangles, months as ticks."""
    drawn: list[str] = []
    for stair in layout.stairs:
        drawn.append(_line("tl-floor", layout.plot_left, stair.floor, layout.plot_right, stair.floor))
        said = (*lines(stair.name), "a day")
        first = stair.floor - 4 - LINE * (len(said) - 1)
        drawn += [
            _text("tl-side", Label(layout.plot_right + 8, first + LINE * index, line))
            for index, line in enumerate(said)
        ]
    for x in layout.visits:
        now = abs(x - layout.today_x) < 0.05
        points = (
            f"{_n(x)},{_n(layout.visit_y - 5)} {_n(x - 5)},{_n(layout.visit_y + 4)} "
            f"{_n(x + 5)},{_n(layout.visit_y + 4)}"
        )
        css = "tl-visit-now" if now else "tl-visit"
        drawn.append(_shape("polygon", css, points))
    if layout.visits:
        drawn.append(_text("tl-side", Label(layout.plot_right + 8, layout.visit_y + 4, "visits")))
    floor = layout.stairs[-1].floor if layout.stairs else layout.score_bottom
    for month in layout.months:
        drawn.append(_line("tl-floor", month.x, floor, month.x, floor + 4))
        drawn.append(_text("tl-axis", month))
    return drawn


def _today(layout: Layout) -> str:
    """A solid line through every band; its word stands above, kept inside the drawing."""
    x = layout.today_x
    line = _line("tl-today", x, layout.score_top - 8, x, layout.visit_y + 12)
    return line + _text("tl-today-word", Label(x, layout.score_top - 12, "Today", "middle"))


def _curve(timeline: Timeline, layout: Layout) -> list[str]:
    path = " ".join(f"{_n(placed.x)},{_n(placed.y)}" for placed in layout.scores)
    drawn = [_shape("polyline", "tl-score", path)] if len(layout.scores) > 1 else []
    if not layout.scores:
        middle = Label((layout.plot_left + layout.plot_right) / 2, layout.score_bottom - 60, "No scores yet", "middle")
        drawn.append(_text("tl-name", middle))
    last = len(layout.scores) - 1
    return drawn + [_point(timeline, placed, is_last=index == last) for index, placed in enumerate(layout.scores)]


def _point(timeline: Timeline, placed: PlacedScore, *, is_last: bool) -> str:
    """A ring with its number. Only the newest is a tab stop; arrows move between them."""
    words = escape(point_words(timeline, placed.point))
    label = _text("tl-value", placed.label) if placed.label else ""
    tab, center = "0" if is_last else "-1", f'cx="{_n(placed.x)}" cy="{_n(placed.y)}"'
    return (
        f'<g class="tl-point" role="img" tabindex="{tab}" data-point aria-label="{words}"><title>{words}</title>'
        f'<circle class="tl-reach" {center} r="12"/><circle class="tl-ring" {center} r="4.5"/>'
        f"{label}</g>"
    )
