"""The outcome of a visit and its correction as values. Pure.

A correction says what became of a visit, and when, where the record has it wrong: marked as missed though it was held,
ended by mistake, with the times of a clock that jumped. The visit's own row stays as it is. Nothing that decides what
may be done (attendance, check-in, signing) reads a correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from emr.shared import text as words
from emr.shared.errors import Invalid, Refused
from emr.shared.ids import PersonId, VisitId
from emr.visits.model import JOIN_OPENS_BEFORE, Visit, VisitStatus

MOST_REASON: Final = 1000


class VisitOutcome(StrEnum):
    """What became of a visit, by the word of its status.

    In FHIR R5 the Encounter's status is `completed`, `discontinued` or `cancelled`; whom nobody saw has none there: it
    is the Appointment's `noshow`.
    """

    ENDED = "ended"
    DISCONTINUED = "discontinued"
    MISSED = "missed"
    CANCELLED = "cancelled"


HELD: Final = frozenset({VisitOutcome.ENDED, VisitOutcome.DISCONTINUED})
OF_STATUS: Final = {
    VisitStatus.ENDED: VisitOutcome.ENDED,
    VisitStatus.MISSED: VisitOutcome.MISSED,
    VisitStatus.CANCELLED: VisitOutcome.CANCELLED,
}
"""The statuses of a visit that is over: only such a visit can be corrected."""


@dataclass(frozen=True, slots=True)
class OutcomeDetails:
    """What became of a visit. Times are aware, UTC; None: as the visit has them, if it has any."""

    outcome: VisitOutcome
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """That `by` corrected the visit's outcome `at` a time (aware, UTC), and why. The newest one of a visit counts."""

    visit: VisitId
    by: PersonId
    at: datetime
    went: OutcomeDetails
    reason: str


def times(visit: Visit, went: OutcomeDetails) -> tuple[datetime | None, datetime | None]:
    """When the visit began and ended, as corrected; None: nobody knows, or it was not held."""
    if went.outcome not in HELD:
        return None, None
    return went.started_at or visit.admitted_at, went.ended_at or visit.ended_at


def why_not(visit: Visit, by: PersonId, *, theirs: bool) -> Refused | None:
    """Why `by` cannot correct the visit's outcome, for a refusal or to leave out what would be refused.

    `theirs`: they are the front desk, or the visit is theirs: booked for them, or attended by them.
    """
    if visit.status not in OF_STATUS:
        return Refused("not_over", "This visit is not over yet, so there is nothing to correct.")
    if by == visit.patient or not theirs:
        return Refused("not_theirs", "Only the front desk and the visit’s prescriber can correct its outcome.")
    return None


def checked(visit: Visit, before: OutcomeDetails, went: OutcomeDetails, reason: str, now: datetime) -> str:
    """The reason as it is kept. `before`: what stands now, corrected or not.

    Raises `Invalid` (fields `outcome`, `started`, `ended`, `reason`) for what cannot have been, or changes nothing.
    """
    wrong: dict[str, str] = {}
    why = words.prose(reason, MOST_REASON)
    if why is None:
        wrong["reason"] = "Enter the reason in a few words: who told you, or what went wrong."
    wrong |= _wrong_times(visit, went, now)
    if went.outcome is VisitOutcome.MISSED and now < visit.scheduled_start:
        wrong["outcome"] = "This visit is still ahead, so it cannot have been missed."
    elif (went.outcome, *times(visit, went)) == (before.outcome, *times(visit, before)) and not wrong.keys() - {
        "reason"
    }:
        wrong["outcome"] = "This is already on record. Choose another outcome, or enter other times."
    if wrong or why is None:
        raise Invalid(wrong)
    return why


def _wrong_times(visit: Visit, went: OutcomeDetails, now: datetime) -> dict[str, str]:
    given = {"started": went.started_at, "ended": went.ended_at}
    if went.outcome not in HELD:
        left = "A visit that did not take place has no times. Leave this blank."
        return {name: left for name, at in given.items() if at is not None}
    ahead = "This is in the future. Enter when it happened."
    wrong = {name: ahead for name, at in given.items() if at is not None and at > now}
    started, ended = times(visit, went)
    if started is None and now < visit.scheduled_start - JOIN_OPENS_BEFORE:
        wrong["started"] = "This visit is still ahead. If it took place early, enter when it began."
    elif started is not None and ended is not None and ended < started and not wrong:
        wrong["ended"] = "The end must come after the start. Check both times."
    return wrong
