"""What changed since the last visit, in words a clinician reads at a glance. Pure over snapshots.

Facts only: nothing here judges a change beyond the severity words and the "change worth a word" that the scale's
reference row gives. What was not told is not guessed: a scale that was not answered says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from emr.diary.model import Adherence, Observation, SideEffect, SideEffectSeverity
from emr.medications.titration import Course, DosePeriod
from emr.questionnaires.model import Scale
from emr.questionnaires.response import Response
from emr.shared.clinic_time.days import day_of
from emr.shared.clinic_time.words import short
from emr.shared.quantity import Quantity, number

# More lines than these are no glance any more, and push the chart out of sight.
MOST_AT_ONCE = 5


class Trend(StrEnum):
    """What kind of change a line tells."""

    SAME = "same"
    UP = "up"
    DOWN = "down"
    NEW = "new"
    OVER = "over"
    TAKING = "taking"


class ChangeTopic(StrEnum):
    """What a line is about."""

    SCALE = "scale"
    SIDE_EFFECT = "side_effect"
    ADHERENCE = "adherence"
    MEDICINE = "medicine"
    OBSERVATION = "observation"


@dataclass(frozen=True, slots=True)
class ChartChange:
    """One line: "PHQ-9 unchanged at 9" with "Mild. It had been falling. Self-harm item: 0"."""

    about: ChangeTopic
    direction: Trend
    title: str
    detail: str
    urgent: bool = False  # a safety item was answered so that it must be seen at once


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known now and when the last visit was. Sequences are oldest first.

    `since`: when the last visit ended, None when there was none: then everything is new. `zone`: days are told by the
    patient's calendar. `scales`: those to speak of, in order. `courses`: every medicine's dose steps as this
    visit found them.
    """

    since: datetime | None
    zone: ZoneInfo
    scales: Sequence[Scale]
    responses: Sequence[Response]
    side_effects: Sequence[SideEffect]
    adherence: Sequence[Adherence]
    courses: Sequence[Course]
    observations: Sequence[Observation]

    @property
    def since_day(self) -> date | None:
        return None if self.since is None else day_of(self.since, self.zone)

    def is_new(self, moment: datetime) -> bool:
        """Did this come to be known after the last visit ended?"""
        return self.since is None or moment > self.since


def first(
    lines: Sequence[ChartChange], most: int = MOST_AT_ONCE
) -> tuple[tuple[ChartChange, ...], tuple[ChartChange, ...]]:
    """Those to be read at a glance, and the rest, each in the order given.

    What must be seen at once comes before what moved, and that before what stayed as it was.
    """

    def weight(at: int) -> tuple[bool, bool, int]:
        return not lines[at].urgent, lines[at].direction is Trend.SAME, at

    chosen = set(sorted(range(len(lines)), key=weight)[:most])
    return (
        tuple(line for at, line in enumerate(lines) if at in chosen),
        tuple(line for at, line in enumerate(lines) if at not in chosen),
    )


def changes(now: Snapshot) -> tuple[ChartChange, ...]:
    """Scales first, then side effects, doses taken, medicines, measurements; empty: nothing changed or was told."""
    lines: list[ChartChange] = []
    for scale in now.scales:
        lines += _scale(now, scale)
    for effect in now.side_effects:
        lines += _side_effect(now, effect)
    lines += _adherence(now)
    for course in now.courses:
        lines += _medicine(now, course)
    lines += _observations(now)
    return tuple(lines)


def _scale(now: Snapshot, scale: Scale) -> Iterable[ChartChange]:
    every = [response for response in now.responses if response.scale == scale.id]
    if not every:
        return
    last = every[-1]
    urgent = any(scale.alarms(item, value) is not None for item, value in last.answers.items())

    def line(direction: Trend, title: str, more: str) -> ChartChange:
        return ChartChange(ChangeTopic.SCALE, direction, title, _sentences(scale, last, more), urgent)

    if not now.is_new(last.answered_at):
        yield line(Trend.SAME, f"{scale.short} not answered since then", f"Last score {last.total}")
        return
    # Beside what was known at the last visit; failing that, beside the answer before.
    earlier = [response for response in every if not now.is_new(response.answered_at)] or every[:-1]
    if not earlier:
        yield line(Trend.NEW, f"{scale.short} is {last.total}", "First score")
        return
    before = earlier[-1].total
    if last.total == before:
        yield line(Trend.SAME, f"{scale.short} unchanged at {last.total}", _trend(earlier))
        return
    direction, verb = (Trend.UP, "rose") if last.total > before else (Trend.DOWN, "fell")
    points = scale.change_points
    worth = f"{points} points or more is a clear change" if points and abs(last.total - before) >= points else ""
    yield line(direction, f"{scale.short} {verb} from {before} to {last.total}", worth)


def _trend(every: Sequence[Response]) -> str:
    if len(every) < 2 or every[-1].total == every[-2].total:
        return ""
    return "It had been falling" if every[-1].total < every[-2].total else "It had been rising"


def _sentences(scale: Scale, response: Response, more: str) -> str:
    """Severity, what else there is to say, and each safety item as answered: it is told even when it is 0."""
    names = {rule.item: rule.name for rule in scale.safety}
    told = [f"{name}: {response.answers[item]}" for item, name in names.items() if item in response.answers]
    prorated = ["Some items unanswered"] if response.prorated else []
    return ". ".join(part for part in (response.severity.capitalize(), more, *prorated, *told) if part)


def _side_effect(now: Snapshot, effect: SideEffect) -> Iterable[ChartChange]:
    told = effect.course[-1]
    if not now.is_new(told.at):
        return
    known = None if now.since is None else effect.as_of(now.since)
    if told.ended_on is not None:
        if known is None or known.ended_on is None:
            detail = f"{short(effect.since)} to {short(told.ended_on)}"
            yield ChartChange(ChangeTopic.SIDE_EFFECT, Trend.OVER, f"{effect.name} resolved", detail)
    elif known is None or known.ended_on is not None:
        detail = ", ".join(part for part in (f"New since {short(effect.since)}", effect.detail) if part)
        yield ChartChange(ChangeTopic.SIDE_EFFECT, Trend.NEW, effect.words, detail)
    elif known.severity is not told.severity:
        order = list(SideEffectSeverity)
        worse = order.index(told.severity) > order.index(known.severity)
        direction = Trend.UP if worse else Trend.DOWN
        yield ChartChange(ChangeTopic.SIDE_EFFECT, direction, effect.words, f"Was {known.severity.value}")


def _adherence(now: Snapshot) -> Iterable[ChartChange]:
    """The latest word on each medicine, when it is new."""
    latest = {told.medicine: told for told in now.adherence}
    for told in latest.values():
        if now.is_new(told.reported_at):
            title = f"Took {told.doses_taken} of {told.doses_due} doses"
            detail = ". ".join(part for part in (told.medicine, told.detail) if part)
            yield ChartChange(ChangeTopic.ADHERENCE, Trend.TAKING, title, detail)


def _medicine(now: Snapshot, course: Course) -> Iterable[ChartChange]:
    """What was changed from the day of the last visit on, that visit's own changes included and this one's left out;
    the first list is no change, so without a last visit there is nothing to tell."""
    since = now.since_day
    if since is None or not course.steps:
        return
    last = course.steps[-1]
    if last.until is not None:
        if last.until >= since:
            yield ChartChange(ChangeTopic.MEDICINE, Trend.OVER, f"{course.name} stopped", short(last.until))
        return
    if last.since < since:
        return
    before = course.steps[-2] if len(course.steps) > 1 else None
    detail = f"From {short(last.since)}"  # a step may begin tomorrow
    if not last.taken:
        yield ChartChange(ChangeTopic.MEDICINE, Trend.SAME, f"{course.name} on hold", detail)
    elif before is None:
        dose = "" if last.total is None else f", {_dose(last)}"  # written as told, it stands in the list of medicines
        yield ChartChange(ChangeTopic.MEDICINE, Trend.NEW, f"{course.name} started{dose}", detail)
    else:
        title = f"{course.name} {_dose(before)} to {_dose(last)}"
        yield ChartChange(ChangeTopic.MEDICINE, _compared(before.total, last.total), title, detail)


def _compared(before: Quantity | None, after: Quantity | None) -> Trend:
    if before is None or after is None or before.unit is not after.unit or before == after:
        return Trend.SAME
    return Trend.UP if before < after else Trend.DOWN


def _dose(step: DosePeriod) -> str:
    if not step.taken:
        return "on hold"
    if step.total is None:
        return "dose unknown"
    return f"up to {step.total} a day" if step.as_needed else f"{step.total} a day"


def _observations(now: Snapshot) -> Iterable[ChartChange]:
    """The latest value of each kind, when it is new, beside the one before it."""
    kinds = dict.fromkeys(seen.code for seen in now.observations)
    for code in kinds:
        every = [seen for seen in now.observations if seen.code == code]
        last, before = every[-1], every[-2] if len(every) > 1 else None
        if not now.is_new(last.observed_at):
            continue
        title = f"{last.name} {number(last.value)} {last.unit}"
        if before is None:
            yield ChartChange(ChangeTopic.OBSERVATION, Trend.NEW, title, "First value")
            continue
        day = short(day_of(before.observed_at, now.zone))
        detail = f"Was {number(before.value)} {before.unit} on {day}"
        direction = Trend.SAME
        if before.unit == last.unit and before.value != last.value:
            direction = Trend.UP if last.value > before.value else Trend.DOWN
        yield ChartChange(ChangeTopic.OBSERVATION, direction, title, detail)
