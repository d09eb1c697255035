"""What a timeline says in words: one summary sentence, one line for each point, and the table of the same facts.

Only what is there is said ("from 17 to 9"); whether that is good or bad is for the reader.
"""

from dataclasses import dataclass
from datetime import date

from emr.shared.clinic_time.words import full as day
from visit_ui.charts.timeline import ChartedDose, ChartedSideEffect, DoseBand, ScorePoint, Timeline

NOT_YET = "signed, not started yet"


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One line of the table: the day, what kind of fact, and the fact."""

    on: date
    kind: str
    fact: str


def summary(timeline: Timeline) -> str:
    """The chart in one or a few sentences, for people who do not see it."""
    parts = [_scores(timeline)]
    parts += [_doses(band, timeline.today) for band in timeline.medicines]
    parts += [_effect(effect) for effect in timeline.side_effects]
    return " ".join(parts)


def _scores(timeline: Timeline) -> str:
    if not timeline.scores:
        return f"No {timeline.scale} scores yet."
    first, last = timeline.scores[0], timeline.scores[-1]
    if len(timeline.scores) == 1:
        return f"{timeline.scale} {last.value} of {timeline.highest}, {last.severity}, on {day(last.on)}."
    return (
        f"{timeline.scale} from {first.value} on {day(first.on)} to {last.value} of {timeline.highest}, "
        f"{last.severity}, on {day(last.on)}; {len(timeline.scores)} scores."
    )


def _doses(band: DoseBand, today: date) -> str:
    """What was taken until today, then what is written for later."""
    taken = [step for step in band.steps if step.on <= today]
    ahead = band.steps[len(taken) :]
    said = band.name
    if taken:
        first, last = taken[0], taken[-1]
        said = f"{band.name} {first.label} a day since {day(first.on)}"
        if len(taken) > 1:
            said = f"{band.name} from {first.label} a day on {day(first.on)} to {_amount(last)} on {day(last.on)}"
    later = [f"from {day(step.on)} {_amount(step)}, {NOT_YET}" for step in ahead]
    proposed = [f"proposed {band.proposed.label} a day"] if band.proposed else []
    more = "; ".join([*later, *proposed])
    return f"{said}{'; ' if taken and more else ' ' if more else ''}{more}."


def _amount(step: ChartedDose) -> str:
    return f"{step.label} a day" if step.amount else "stopped"


def _effect(effect: ChartedSideEffect) -> str:
    if effect.until is None:
        return f"{effect.name}, since {day(effect.since)}."
    return f"{effect.name}, {day(effect.since)} to {day(effect.until)}."


def point_words(timeline: Timeline, point: ScorePoint) -> str:
    """What a point says when it has the focus: day, score, severity and the doses of that day."""
    doses = []
    for band in timeline.medicines:
        then = [step for step in band.steps if step.on <= point.on]
        if then and then[-1].amount:
            doses.append(f"{band.name} {then[-1].label} a day")
    said = f"{day(point.on)}: {timeline.scale} {point.value}, {point.severity}"
    return "; ".join([said, *doses])


def rows(timeline: Timeline) -> tuple[TimelineRow, ...]:
    """Every fact of the chart, oldest first; a proposed step is the last row and named as such."""
    said = [TimelineRow(point.on, timeline.scale, f"{point.value}, {point.severity}") for point in timeline.scores]
    for band in timeline.medicines:
        said += [
            TimelineRow(
                step.on, band.name, f"{_amount(step)}, {NOT_YET}" if step.on > timeline.today else _amount(step)
            )
            for step in band.steps
        ]
    for effect in timeline.side_effects:
        end = f"until {day(effect.until)}" if effect.until else "ongoing"
        said.append(TimelineRow(effect.since, "Side effect", f"{effect.name}, {end}"))
    said += [TimelineRow(visit, "Visit", "held") for visit in timeline.visits if visit < timeline.today]
    said.sort(key=lambda row: row.on)
    said += [
        TimelineRow(band.proposed.on, band.name, f"{band.proposed.label} a day, proposed, not signed")
        for band in timeline.medicines
        if band.proposed
    ]
    return tuple(said)
