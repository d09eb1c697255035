"""The way of a visit, and the queue: pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr.shared.errors import Refused
from emr.shared.ids import PersonId, VisitId
from emr.visits.model import Modality, QueuedVisit, QueuePosition, Visit, VisitKind, VisitStatus, place, queue
from tests.emr.clinic import NOW

MINUTE = timedelta(minutes=1)


def a_visit(status: VisitStatus = VisitStatus.SCHEDULED, modality: Modality = Modality.VIDEO) -> Visit:
    begun = NOW if status in (VisitStatus.IN_PROGRESS, VisitStatus.ENDED) else None
    return Visit(
        id=VisitId(uuid4()),
        patient=PersonId(uuid4()),
        prescriber=PersonId(uuid4()),
        scheduled_start=NOW,
        scheduled_minutes=30,
        kind=VisitKind.FOLLOW_UP,
        modality=modality,
        status=status,
        room="room",
        place=None,
        arrived_at=NOW if status is not VisitStatus.SCHEDULED else None,
        admitted_at=begun,
        ended_at=NOW if status is VisitStatus.ENDED else None,
    )


@pytest.mark.parametrize(("minutes", "open_"), [(-16, False), (-15, True), (0, True), (12 * 60, True), (721, False)])
def test_the_waiting_room_opens_15_minutes_before(minutes: int, open_: bool) -> None:
    assert a_visit().join_open(NOW + minutes * MINUTE) is open_


def test_a_patient_may_come_back_while_the_visit_lasts_and_not_after() -> None:
    late = NOW + timedelta(days=2)
    assert a_visit(VisitStatus.WAITING).join_open(late)
    assert a_visit(VisitStatus.IN_PROGRESS).join_open(late)
    for over in (VisitStatus.ENDED, VisitStatus.CANCELLED, VisitStatus.MISSED):
        assert not a_visit(over).join_open(NOW)


def test_arriving_too_early_or_too_late_is_refused_with_the_reason() -> None:
    for moment, code in ((NOW - 16 * MINUTE, "too_early"), (NOW + timedelta(hours=13), "too_late")):
        with pytest.raises(Refused) as refused:
            a_visit().arrive(moment, located=True)
        assert refused.value.code == code


def test_a_remote_visit_needs_the_stated_location_and_one_in_person_does_not() -> None:
    for modality in (Modality.VIDEO, Modality.AUDIO):
        with pytest.raises(Refused, match="First tell us where you are") as refused:
            a_visit(modality=modality).arrive(NOW, located=False)
        assert refused.value.code == "location_missing"
    assert a_visit(modality=Modality.IN_PERSON).arrive(NOW, located=False).status is VisitStatus.WAITING


def test_a_visit_goes_its_way_and_keeps_its_times() -> None:
    visit = a_visit().arrive(NOW, located=True).admit(NOW + MINUTE)
    assert visit.likely_end == NOW + 31 * MINUTE
    visit = visit.end(NOW + 20 * MINUTE)
    assert (visit.arrived_at, visit.admitted_at, visit.ended_at) == (NOW, NOW + MINUTE, NOW + 20 * MINUTE)


_STEPS = {
    "arrive": ({VisitStatus.SCHEDULED}, {VisitStatus.WAITING, VisitStatus.IN_PROGRESS}),
    "leave_queue": ({VisitStatus.WAITING}, {VisitStatus.SCHEDULED}),
    "admit": ({VisitStatus.WAITING}, {VisitStatus.IN_PROGRESS}),
    "end": ({VisitStatus.IN_PROGRESS}, {VisitStatus.ENDED}),
    "cancel": ({VisitStatus.SCHEDULED, VisitStatus.WAITING}, {VisitStatus.CANCELLED}),
    "miss": ({VisitStatus.SCHEDULED, VisitStatus.WAITING}, {VisitStatus.MISSED}),
}


def _step(visit: Visit, step: str, now: datetime) -> Visit:
    match step:
        case "arrive":
            return visit.arrive(now, located=True)
        case "leave_queue" | "cancel":
            return visit.leave_queue() if step == "leave_queue" else visit.cancel()
        case "admit":
            return visit.admit(now)
        case "end":
            return visit.end(now)
        case _:
            return visit.miss(now)


@pytest.mark.parametrize("status", VisitStatus)
@pytest.mark.parametrize("step", _STEPS)
def test_each_step_is_granted_from_its_states_repeated_without_effect_and_else_refused(
    step: str, status: VisitStatus
) -> None:
    changes, repeats = _STEPS[step]
    visit = a_visit(status)
    if status in changes:
        assert _step(visit, step, NOW).status is not status
    elif status in repeats:
        assert _step(visit, step, NOW) is visit
    else:
        with pytest.raises(Refused) as refused:
            _step(visit, step, NOW)
        assert refused.value.code == "wrong_state"


def test_nobody_misses_a_visit_before_it_was_due() -> None:
    with pytest.raises(Refused) as refused:
        a_visit().miss(NOW - MINUTE)
    assert refused.value.code == "not_due"


def in_line(start: int, arrived: int = 0, flagged: bool = False) -> QueuedVisit:
    return QueuedVisit(VisitId(uuid4()), NOW + start * MINUTE, 30, NOW + arrived * MINUTE, flagged)


def test_the_queue_goes_by_alert_then_appointed_time_then_arrival() -> None:
    ada, early_bird, marcus = in_line(0, 5), in_line(0, 1), in_line(30, 8, flagged=True)
    assert queue([ada, early_bird, marcus]) == (marcus, early_bird, ada)


def test_a_patient_knows_how_many_are_before_them_and_a_likely_start() -> None:
    first, second = in_line(0), in_line(30)
    mine = place(second.visit, [second, first], NOW + 10 * MINUTE, NOW)
    assert mine is not None
    assert (mine.ahead, mine.prescriber_busy) == (1, True)
    assert mine.likely_start == NOW + 40 * MINUTE
    assert place(VisitId(UUID(int=0)), [first], None, NOW) is None


def test_a_likely_start_is_never_before_the_appointed_time() -> None:
    alone = in_line(15)
    mine = place(alone.visit, [alone], None, NOW)
    assert mine is not None
    assert (mine.ahead, mine.prescriber_busy, mine.likely_start) == (0, False, alone.scheduled_start)


@pytest.mark.parametrize(("start", "now"), [(0, True), (0.9, True), (1, False), (15, False)])
def test_a_start_within_the_minute_is_any_minute_and_no_time_to_be_named(start: float, now: bool) -> None:
    assert QueuePosition(0, False, NOW + start * MINUTE).any_minute(NOW) is now


@given(st.lists(st.tuples(st.integers(-60, 60), st.integers(-60, 0), st.booleans()), min_size=1, max_size=8))
def test_everybody_who_waits_has_a_place_of_their_own(rows: list[tuple[int, int, bool]]) -> None:
    waiting = [in_line(*row) for row in rows]
    places = [place(one.visit, waiting, None, NOW) for one in waiting]
    assert sorted(mine.ahead for mine in places if mine) == list(range(len(rows)))
