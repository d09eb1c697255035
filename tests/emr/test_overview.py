"""What changed since the last visit, over values made by hand; and read from a record once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from emr.chart import looking_back, overview
from emr.chart.overview import ChangeTopic, ChartChange, Snapshot, Trend
from emr.diary import use_cases as diary
from emr.diary.model import Adherence, Observation, SideEffect, SideEffectSeverity, SideEffectUpdate
from emr.medications.model import ChainId
from emr.medications.titration import Course, DosePeriod
from emr.questionnaires import model as scales
from emr.questionnaires import use_cases as answering
from emr.questionnaires.response import Response
from emr.shared.ids import DiaryEntryId, ObservationId, PersonId, ResponseId, VisitId
from emr.shared.quantity import mg
from tests.emr.clinic import NOW, ZONE, Clinic

DAY = timedelta(days=1)
LAST = NOW - 28 * DAY  # 27 October
ADA = PersonId(uuid4())
PHQ9 = scales.load().get("phq9")


def answered(days_ago: int, total: int, item_9: int = 0) -> Response:
    score = PHQ9.severity(total)
    return Response(
        id=ResponseId(uuid4()),
        request=uuid4(),
        patient=ADA,
        visit=VisitId(uuid4()),
        scale="phq9",
        reference_version="x",
        answers={"q9": item_9},
        total=total,
        severity=score,
        prorated=False,
        answered_at=NOW - days_ago * DAY,
        answered_by=ADA,
    )


def sweats(*course: tuple[int, SideEffectSeverity, date | None]) -> SideEffect:
    told = tuple(SideEffectUpdate(severity, ended, NOW - days_ago * DAY, ADA) for days_ago, severity, ended in course)
    return SideEffect(DiaryEntryId(uuid4()), ADA, "Night sweats", "most nights", date(2026, 11, 9), told[0].at, told)


def snapshot(
    *,
    since: datetime | None = LAST,
    responses: Sequence[Response] = (),
    effects: Sequence[SideEffect] = (),
    adherence: Sequence[Adherence] = (),
    courses: Sequence[Course] = (),
    observations: Sequence[Observation] = (),
) -> Snapshot:
    return Snapshot(since, ZoneInfo(ZONE), [PHQ9], responses, effects, adherence, courses, observations)


def one_change(now: Snapshot) -> ChartChange:
    (change,) = overview.changes(now)
    return change


@pytest.mark.parametrize(
    ("totals", "direction", "title", "detail"),
    [
        (
            [(40, 11), (30, 9), (1, 9)],
            Trend.SAME,
            "PHQ-9 unchanged at 9",
            "Mild. It had been falling. Self-harm item: 0",
        ),
        ([(30, 9), (1, 7)], Trend.DOWN, "PHQ-9 fell from 9 to 7", "Mild. Self-harm item: 0"),
        (
            [(30, 9), (1, 16)],
            Trend.UP,
            "PHQ-9 rose from 9 to 16",
            "Moderately severe. 5 points or more is a clear change. Self-harm item: 0",
        ),
        # Twice since the last visit: beside what was known then, not beside the day before.
        ([(30, 9), (2, 12), (1, 7)], Trend.DOWN, "PHQ-9 fell from 9 to 7", "Mild. Self-harm item: 0"),
        ([(1, 17)], Trend.NEW, "PHQ-9 is 17", "Moderately severe. First score. Self-harm item: 0"),
        ([(40, 11), (30, 9)], Trend.SAME, "PHQ-9 not answered since then", "Mild. Last score 9. Self-harm item: 0"),
    ],
)
def test_a_score_is_told_beside_the_one_of_the_last_visit(
    totals: list[tuple[int, int]], direction: Trend, title: str, detail: str
) -> None:
    told = one_change(snapshot(responses=[answered(*total) for total in totals]))
    assert told == ChartChange(ChangeTopic.SCALE, direction, title, detail)


def test_a_self_harm_answer_is_always_told() -> None:
    assert "Self-harm item: 2" in one_change(snapshot(responses=[answered(30, 9), answered(1, 9, 2)])).detail


@pytest.mark.parametrize(
    ("course", "direction", "title", "detail"),
    [
        ([(15, SideEffectSeverity.MILD, None)], Trend.NEW, "Night sweats, mild", "New since Nov 9, most nights"),
        (
            [(30, SideEffectSeverity.MILD, None), (1, SideEffectSeverity.SEVERE, None)],
            Trend.UP,
            "Night sweats, severe",
            "Was mild",
        ),
        (
            [(30, SideEffectSeverity.SEVERE, None), (1, SideEffectSeverity.MILD, None)],
            Trend.DOWN,
            "Night sweats, mild",
            "Was severe",
        ),
        (
            [(30, SideEffectSeverity.MILD, None), (1, SideEffectSeverity.MILD, date(2026, 11, 20))],
            Trend.OVER,
            "Night sweats resolved",
            "Nov 9 to Nov 20",
        ),
    ],
)
def test_a_side_effect_is_new_or_worse_or_better_or_over(
    course: list[tuple[int, SideEffectSeverity, date | None]], direction: Trend, title: str, detail: str
) -> None:
    told = one_change(snapshot(effects=[sweats(*course)]))
    assert told == ChartChange(ChangeTopic.SIDE_EFFECT, direction, title, detail)


def test_at_most_five_lines_are_for_a_glance_and_what_must_be_seen_is_among_them() -> None:
    still = [ChartChange(ChangeTopic.OBSERVATION, Trend.SAME, f"Weight {kg}", "") for kg in range(4)]
    moved = [ChartChange(ChangeTopic.MEDICINE, Trend.UP, f"Dose {mg}", "") for mg in range(5)]
    danger = ChartChange(ChangeTopic.SCALE, Trend.SAME, "PHQ-9 unchanged at 9", "Self-harm item: 2", urgent=True)
    assert overview.first([*still, *moved, danger]) == ((*moved[:4], danger), (*still, moved[4]))
    assert overview.first(moved) == (tuple(moved), ())


def test_an_answer_that_must_be_seen_at_once_is_told_as_urgent() -> None:
    told = [one_change(snapshot(responses=[answered(30, 9), answered(1, 9, item)])).urgent for item in (0, 1)]
    assert told == [False, True]


def test_what_was_known_and_did_not_change_is_not_told() -> None:
    unchanged = sweats((40, SideEffectSeverity.MILD, None), (1, SideEffectSeverity.MILD, None))
    assert (
        overview.changes(snapshot(effects=[unchanged, sweats((40, SideEffectSeverity.MILD, date(2026, 10, 2)))])) == ()
    )


def test_the_latest_word_on_doses_taken_is_told() -> None:
    def told(days_ago: int, taken: int) -> Adherence:
        at = NOW - days_ago * DAY
        return Adherence(
            "Sertraline", date(2026, 10, 27), date(2026, 11, 23), 28, taken, "Two weekend mornings", at, ADA
        )

    change = one_change(snapshot(adherence=[told(30, 20), told(3, 25), told(1, 26)]))
    assert (change.title, change.detail) == ("Took 26 of 28 doses", "Sertraline. Two weekend mornings")
    assert overview.changes(snapshot(adherence=[told(30, 20)])) == ()


def steps(*treads: tuple[date, int, bool], until: date | None = None) -> Course:
    ends = [*(since for since, _, _ in treads[1:]), until]
    made = [
        DosePeriod(since, end, mg(amount), taken, False)
        for (since, amount, taken), end in zip(treads, ends, strict=True)
    ]
    return Course(ChainId(uuid4()), "Sertraline", tuple(made))


@pytest.mark.parametrize(
    ("course", "direction", "title"),
    [
        (
            steps((date(2026, 9, 1), 75, True), (date(2026, 10, 27), 100, True)),
            Trend.UP,
            "Sertraline 75 mg a day to 100 mg a day",
        ),
        (
            steps((date(2026, 9, 1), 75, True), (date(2026, 11, 2), 50, True)),
            Trend.DOWN,
            "Sertraline 75 mg a day to 50 mg a day",
        ),
        (steps((date(2026, 11, 2), 25, True)), Trend.NEW, "Sertraline started, 25 mg a day"),
        (steps((date(2026, 9, 1), 75, True), (date(2026, 11, 2), 75, False)), Trend.SAME, "Sertraline on hold"),
        (steps((date(2026, 9, 1), 75, True), until=date(2026, 11, 20)), Trend.OVER, "Sertraline stopped"),
    ],
)
def test_what_was_changed_at_the_last_visit_or_since_is_told(course: Course, direction: Trend, title: str) -> None:
    change = one_change(snapshot(courses=[course]))
    assert (change.about, change.direction, change.title) == (ChangeTopic.MEDICINE, direction, title)
    assert overview.changes(snapshot(since=NOW + DAY, courses=[course])) == ()
    assert overview.changes(snapshot(since=None, courses=[course])) == ()


def test_a_medicine_kept_as_it_was_told_is_started_without_a_word_on_its_dose() -> None:
    step = DosePeriod(date(2026, 11, 2), None, None, taken=True, as_needed=False)
    change = one_change(snapshot(courses=[Course(ChainId(uuid4()), "Melatonin", (step,))]))
    assert change.title == "Melatonin started"


def test_a_dose_that_begins_tomorrow_is_not_told_as_taken_since_then() -> None:
    tomorrow = (NOW + DAY).astimezone(ZoneInfo(ZONE)).date()
    change = one_change(snapshot(courses=[steps((date(2026, 9, 1), 75, True), (tomorrow, 100, True))]))
    assert change.detail.startswith("From ")


def test_a_measurement_is_told_beside_the_one_before() -> None:
    def seen(days_ago: int, value: str) -> Observation:
        at = NOW - days_ago * DAY
        return Observation(ObservationId(uuid4()), ADA, "2951-2", "Sodium", Decimal(value), "mmol/L", at, "lab")

    change = one_change(snapshot(observations=[seen(60, "141"), seen(3, "138.0")]))
    assert (change.direction, change.title, change.detail) == (
        Trend.DOWN,
        "Sodium 138 mmol/L",
        "Was 141 mmol/L on Sep 25",
    )
    assert one_change(snapshot(observations=[seen(3, "138")])).detail == "First value"
    assert overview.changes(snapshot(observations=[seen(60, "141")])) == ()


async def test_the_last_visit_is_the_one_held_before_this_one(clinic: Clinic) -> None:
    answers = {item.id: 1 for item in PHQ9.scored_items} | {"q9": 0}
    first = await clinic.book(start=LAST, scales=("phq9",))
    await answering.answer(clinic.context(clinic.ada, LAST), first.id, clinic.ada, "phq9", answers)
    await clinic.hold(first)
    await clinic.hold(await clinic.book(clinic.marcus, start=NOW - DAY))
    visit = await clinic.book(scales=("phq9",))
    await clinic.hold(visit, end=False)
    await answering.answer(clinic.context(clinic.ada), visit.id, clinic.ada, "phq9", answers | {"q1": 3})
    await diary.report_side_effect(
        clinic.context(clinic.ada), clinic.ada, "Night sweats", SideEffectSeverity.MILD, date(2026, 11, 9)
    )
    now = await looking_back.snapshot(clinic.conn, visit)
    assert now.since == LAST + timedelta(minutes=30)
    assert [change.title for change in overview.changes(now)] == ["PHQ-9 rose from 8 to 10", "Night sweats, mild"]
    before = await looking_back.snapshot(clinic.conn, first)
    assert before.since is None
