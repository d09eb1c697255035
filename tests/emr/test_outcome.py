"""What a correction of a visit's outcome may say: nothing yet to come, nothing that cannot have been."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from emr.outcome.model import OF_STATUS, OutcomeDetails, VisitOutcome, checked, times, why_not
from emr.shared.errors import Invalid
from emr.shared.ids import PersonId, VisitId
from emr.visits.model import Modality, Visit, VisitKind, VisitStatus

START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def after(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


MISSED = Visit(
    id=VisitId(uuid4()),
    patient=PersonId(uuid4()),
    prescriber=PersonId(uuid4()),
    scheduled_start=START,
    scheduled_minutes=30,
    kind=VisitKind.FOLLOW_UP,
    modality=Modality.VIDEO,
    status=VisitStatus.MISSED,
    room="r",
    place=None,
)
ENDED = replace(MISSED, status=VisitStatus.ENDED, admitted_at=after(4), ended_at=after(30))
HELD, BROKEN = VisitOutcome.ENDED, VisitOutcome.DISCONTINUED


@pytest.mark.parametrize(
    ("visit", "went"),
    [
        (MISSED, OutcomeDetails(HELD)),
        (MISSED, OutcomeDetails(HELD, after(5), after(31))),
        (MISSED, OutcomeDetails(VisitOutcome.CANCELLED)),
        (ENDED, OutcomeDetails(VisitOutcome.MISSED)),
        (ENDED, OutcomeDetails(BROKEN)),
        (ENDED, OutcomeDetails(HELD, after(2))),
    ],
)
def test_what_can_have_been_is_taken_with_its_reason(visit: Visit, went: OutcomeDetails) -> None:
    assert (
        checked(visit, OutcomeDetails(OF_STATUS[visit.status]), went, " The link failed.\r\n", after(120))
        == "The link failed."
    )


@pytest.mark.parametrize(
    ("visit", "went", "minute", "wrong"),
    [
        (MISSED, OutcomeDetails(VisitOutcome.MISSED), 120, "outcome"),  # stands already
        (ENDED, OutcomeDetails(HELD, after(4), after(30)), 120, "outcome"),
        (MISSED, OutcomeDetails(VisitOutcome.MISSED), -60, "outcome"),
        (MISSED, OutcomeDetails(VisitOutcome.CANCELLED, after(1)), 120, "started"),
        (MISSED, OutcomeDetails(HELD, after(5), after(4)), 120, "ended"),
        (ENDED, OutcomeDetails(HELD, after(31)), 120, "ended"),  # after the end that is on record
        (MISSED, OutcomeDetails(HELD, after(5), after(31)), 20, "ended"),  # lies ahead
        (MISSED, OutcomeDetails(HELD), -60, "started"),
    ],
)
def test_what_cannot_have_been_is_refused_at_its_field(
    visit: Visit, went: OutcomeDetails, minute: int, wrong: str
) -> None:
    before = OutcomeDetails(OF_STATUS[visit.status] if minute > 0 else VisitOutcome.CANCELLED)
    with pytest.raises(Invalid) as refused:
        checked(visit, before, went, "The link failed.", after(minute))
    assert list(refused.value.fields) == [wrong]


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 1001, "a\0b"])
def test_a_correction_says_why(reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(MISSED, OutcomeDetails(VisitOutcome.MISSED), OutcomeDetails(HELD), reason, after(120))
    assert list(refused.value.fields) == ["reason"]


def test_a_correction_is_put_right_by_the_next_one_and_what_it_leaves_open_is_as_on_record() -> None:
    assert checked(
        MISSED, OutcomeDetails(HELD), OutcomeDetails(VisitOutcome.MISSED), "It was another patient.", after(120)
    )
    assert times(ENDED, OutcomeDetails(BROKEN, ended_at=after(6))) == (after(4), after(6))
    assert times(ENDED, OutcomeDetails(VisitOutcome.MISSED)) == (None, None)


@pytest.mark.parametrize("status", [VisitStatus.SCHEDULED, VisitStatus.WAITING, VisitStatus.IN_PROGRESS])
def test_nothing_is_corrected_before_the_visit_is_over(status: VisitStatus) -> None:
    refused = why_not(replace(MISSED, status=status), MISSED.prescriber, theirs=True)
    assert refused is not None
    assert refused.code == "not_over"


def test_nobody_corrects_their_own_visit_as_a_patient_or_somebody_elses() -> None:
    assert why_not(MISSED, MISSED.prescriber, theirs=True) is None
    for by, theirs in ((MISSED.patient, True), (MISSED.prescriber, False)):
        refused = why_not(MISSED, by, theirs=theirs)
        assert refused is not None
        assert refused.code == "not_theirs"
