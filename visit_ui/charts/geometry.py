"""The timeline's geometry: scores above, doses below, side effects and visits under both, on one
run of dates.

Pure: dates and numbers go in, coordinates come out. `svg` draws them, `words` says them.
The dose has a band of its own beneath the scores and never shares an axis with them, so that nobody can read a
dose as a score.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from emr.shared.clinic_time import words
from visit_ui.charts.layout import Bar, Label, Layout, PlacedScore, Stair, Tread
from visit_ui.charts.text import lines, width
from visit_ui.charts.timeline import ChartedDose, DoseBand, ScorePoint, Timeline

TOP = 22  # room for the word "Today"
SCORE_HEIGHT = 128
DOSE_HEIGHT = 58
DOSE_HEADROOM = 28  # room for two lines of tread labels above the highest tread
LANE = 18
AXIS = 20
LEFT = 26
APART = 10  # from ring to ring, where several stand on one day
SHORTEST = timedelta(days=28)  # a single point still gets four weeks of ground to stand on


def lay_out(timeline: Timeline, wide: int) -> Layout:
    """Places a timeline in a drawing `wide` units wide."""
    right_words = [band.short for band in timeline.bands]
    right_words += [line for band in timeline.medicines for line in lines(band.name)]
    right_margin = max([width(word) for word in right_words] + [62.0]) + 10
    plot_right = wide - right_margin
    x = _day_scale(timeline, LEFT, plot_right)
    score_bottom = TOP + SCORE_HEIGHT

    def y(value: int) -> float:
        return score_bottom - SCORE_HEIGHT * value / timeline.highest

    stairs = tuple(
        _stair(band, score_bottom + index * DOSE_HEIGHT, x, x(timeline.today), plot_right)
        for index, band in enumerate(timeline.medicines)
    )
    doses_bottom = score_bottom + DOSE_HEIGHT * len(stairs)
    lanes = doses_bottom + LANE * len(timeline.side_effects)
    return Layout(
        width=wide,
        height=lanes + LANE + AXIS,
        plot_left=LEFT,
        plot_right=plot_right,
        score_top=TOP,
        score_bottom=score_bottom,
        today_x=x(timeline.today),
        lines=_thresholds(timeline, y),
        severities=_severities(timeline, y, plot_right + 8),
        scores=_scores(timeline.scores, x, y),
        stairs=stairs,
        bars=_bars(timeline, x, doses_bottom, wide),
        visit_y=lanes + 10,
        visits=tuple(x(day) for day in timeline.visits),
        months=_months(timeline, x, lanes + LANE + AXIS - 6),
    )


def _first_day(timeline: Timeline) -> date:
    days = [point.on for point in timeline.scores] + list(timeline.visits)
    days += [step.on for band in timeline.medicines for step in band.steps]
    days += [effect.since for effect in timeline.side_effects]
    return min([*days, timeline.today - SHORTEST])


def _day_scale(timeline: Timeline, left: float, right: float) -> Callable[[date], float]:
    """Maps a day to x. Today stands near the right edge, further in when a proposed or a coming step needs room
    after it."""
    first = _first_day(timeline)
    steps = [step for band in timeline.medicines for step in band.steps]
    after_today = [band.proposed.label for band in timeline.medicines if band.proposed]
    after_today += [step.label for step in steps if step.on >= timeline.today]
    after = max([width(f"{label}?") + 12 for label in after_today] + [14.0])
    start, end = left + 14, right - after
    days = (max([timeline.today, *(step.on for step in steps)]) - first).days

    def x(day: date) -> float:
        return start + (end - start) * (day - first).days / days

    return x


def _thresholds(timeline: Timeline, y: Callable[[int], float]) -> tuple[tuple[float, str], ...]:
    """A line where each severity begins; the full range is always shown, so the highest score stands on top."""
    starts = [0, *(band.lowest for band in timeline.bands if band.lowest > 0), timeline.highest]
    return tuple((y(value), str(value)) for value in starts)


def _severities(timeline: Timeline, y: Callable[[int], float], x: float) -> tuple[Label, ...]:
    ends = [band.lowest for band in timeline.bands[1:]] + [timeline.highest]
    return tuple(
        Label(x, (y(band.lowest) + y(end)) / 2 + 4, band.short) for band, end in zip(timeline.bands, ends, strict=False)
    )


def _scores(
    points: tuple[ScorePoint, ...], x: Callable[[date], float], y: Callable[[int], float]
) -> tuple[PlacedScore, ...]:
    """Numbers stand above their rings; where rings are crowded the newest number wins and the first one stays. Where
    several were answered on one day, the number that has no room above its ring stands below it.
    """
    centers = _centers(points, x)
    free_until = float("inf")
    placed: list[PlacedScore] = []
    for index, (point, center) in reversed(list(enumerate(zip(points, centers, strict=True)))):
        level = y(point.value)
        half = width(str(point.value)) / 2 + 2
        fits = center + half <= free_until
        if fits:
            free_until = center - half
        below = not fits and center != x(point.on)
        place = Label(center, level + 20 if below else level - 10, str(point.value), "middle")
        placed.append(PlacedScore(point, center, level, place if fits or below or index == 0 else None))
    return tuple(reversed(placed))


def _centers(points: Sequence[ScorePoint], x: Callable[[date], float]) -> list[float]:
    """Where each ring stands: on its day, and of several of one day the newest does. The others step aside to the left,
    each as far as a ring is wide where there is room before the day, so that none covers another.
    """
    centers: list[float] = []
    for day, those in groupby(points, key=lambda point: point.on):
        count = len(list(those))
        step = min(APART, (x(day) - (centers[-1] if centers else LEFT)) / count)
        centers += [x(day) - step * before for before in reversed(range(count))]
    return centers


def _stair(band: DoseBand, ceiling: float, x: Callable[[date], float], today_x: float, plot_right: float) -> Stair:
    floor = ceiling + DOSE_HEIGHT - 2
    top = max([step.amount for step in band.steps] + ([band.proposed.amount] if band.proposed else []))
    reach = DOSE_HEIGHT - 2 - DOSE_HEADROOM

    def y(amount: Decimal) -> float:
        return floor - reach * float(amount / top if top else Decimal(0))

    lefts = [x(step.on) for step in band.steps]
    last = today_x if lefts[-1] < today_x else plot_right  # a dose that begins today or later has no past to fill
    rights = [*lefts[1:], last]
    levels = [y(step.amount) for step in band.steps]
    labels = _tread_labels(band.steps, lefts, rights, levels, today_x)
    whole = [Tread(*one) for one in zip(lefts, rights, levels, labels, strict=True)]
    return Stair(
        band.name,
        ceiling,
        floor,
        tuple(replace(one, right=min(one.right, today_x)) for one in whole if one.left < today_x),
        tuple(
            one if one.left >= today_x else replace(one, left=today_x, label=None)
            for one in whole
            if one.right > today_x
        ),
        tuple(zip(lefts, levels, strict=True)),
        _proposed(band, y, today_x, plot_right),
    )


def _tread_labels(
    steps: Sequence[ChartedDose],
    lefts: Sequence[float],
    rights: Sequence[float],
    levels: Sequence[float],
    today_x: float,
) -> list[Label | None]:
    """From the left, or the longest first where that names more of the time: no dose that held for weeks goes unnamed
    beneath the name of one that held for days.
    """

    def placed(order: Iterable[int]) -> list[Label | None]:
        labels: list[Label | None] = [None] * len(steps)
        taken: list[tuple[float, float, float]] = []  # left and right edge and y of the labels placed so far
        for each in order:
            labels[each] = _tread_label(steps[each].label, lefts[each], levels[each], taken, today_x)
        return labels

    def named(labels: Sequence[Label | None]) -> float:
        return sum(right - left for left, right, label in zip(lefts, rights, labels, strict=True) if label)

    places = range(len(steps))
    return max(placed(places), placed(sorted(places, key=lambda each: lefts[each] - rights[each])), key=named)


def _tread_label(
    text: str, left: float, tread_y: float, taken: list[tuple[float, float, float]], today_x: float
) -> Label | None:
    """Above the tread; a line higher when another label is in the way; None when both places are taken.

    The line of today is never written over: a label that would cross it is drawn back to its left.
    """
    long = width(text)
    start = left + 5
    if start < today_x < start + long:
        start = today_x - 3 - long
    for y in (tread_y - 5, tread_y - 17):
        end = start + 3 + long
        if all(start - 1 > right or end < left - 1 or abs(y - other) > 11 for left, right, other in taken):
            taken.append((start, end, y))
            return Label(start, y, text)
    return None


def _proposed(band: DoseBand, y: Callable[[Decimal], float], today_x: float, plot_right: float) -> Tread | None:
    if band.proposed is None:
        return None
    level = y(band.proposed.amount)
    return Tread(today_x, plot_right, level, Label(today_x + 6, level - 6, f"{band.proposed.label}?"))


def _bars(timeline: Timeline, x: Callable[[date], float], top: float, wide: int) -> tuple[Bar, ...]:
    """One lane each. The name stands left of the bar, else right of it, else on it: never outside the drawing."""
    bars: list[Bar] = []
    for index, effect in enumerate(timeline.side_effects):
        left = x(effect.since)
        right = max(x(effect.until or timeline.today), left + 6)
        text = effect.name if effect.until else f"{effect.name}, ongoing"
        y = top + index * LANE + 4
        long = width(text) + 6
        if left - LEFT > long:
            label = Label(left - 6, y + 10, text, "end")
        elif right + long <= wide:
            label = Label(right + 6, y + 10, text)
        else:
            label = Label(max(min(left + 6, wide - long), 0), y + 10, text)
        bars.append(Bar(left, right, y, label))
    return tuple(bars)


def _months(timeline: Timeline, x: Callable[[date], float], y: float) -> tuple[Label, ...]:
    """The first of each month, skipping months when they would touch; a year stands with each January."""
    day, labels, free_from = _first_day(timeline), [], float("-inf")
    month = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    while month <= timeline.today:
        text = words.month(month, year=month.month == 1)
        half = width(text) / 2 + 3
        if x(month) - half >= free_from:
            labels.append(Label(x(month), y, text, "middle"))
            free_from = x(month) + half
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    if not labels:
        labels.append(Label(x(day), y, words.short(day)))
    return tuple(labels)
