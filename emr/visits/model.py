"""A visit and its way through scheduled -> waiting -> in progress -> ended. Pure: who asks decides elsewhere.

Steps that are asked for twice (a double click, a retry after a lost answer) are granted again without
effect, so that nobody is shown an error for something that went well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from emr.shared.errors import Refused
from emr.shared.ids import PersonId, SiteId, VisitId
from emr.shared.marks import N_

JOIN_OPENS_BEFORE = timedelta(minutes=15)
# Nobody may have marked a visit as missed; after this long it cannot be what the patient means to join.
JOIN_CLOSES_AFTER = timedelta(hours=12)


class VisitStatus(StrEnum):
    """Where a visit stands."""

    SCHEDULED = "scheduled"
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    ENDED = "ended"
    CANCELLED = "cancelled"
    MISSED = "missed"


class Modality(StrEnum):
    """How patient and prescriber meet. Law depends on it, so it is fixed once the patient has arrived."""

    VIDEO = "video"
    AUDIO = "audio"
    IN_PERSON = "in_person"


class VisitKind(StrEnum):
    """What a visit is for."""

    FIRST_EVALUATION = "first_evaluation"
    FOLLOW_UP = "follow_up"
    MEDICATION_REVIEW = "medication_review"
    LAB_REVIEW = "lab_review"
    URGENT = "urgent"


class ParticipantRole(StrEnum):
    """In what part a third person takes part."""

    GUARDIAN = "guest_guardian"
    INTERPRETER = "guest_interpreter"
    FAMILY = "guest_family"
    SUPERVISOR = "supervisor"


class VisitEventKind(StrEnum):
    """What happened in a visit; kept with its time."""

    BOOKED = "booked"
    INVITED = "invited"
    UNINVITED = "uninvited"
    DEVICES_CHECKED = "devices_checked"
    STATED = "stated"
    ARRIVED = "arrived"
    LEFT_QUEUE = "left_queue"
    ADMITTED = "admitted"
    JOINED = "joined"
    LEFT = "left"
    ENDED = "ended"
    CANCELLED = "cancelled"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Visit:
    """One appointment and what became of it. Times are aware, UTC; None: not yet. `site`: where, as booked."""

    id: VisitId
    patient: PersonId
    prescriber: PersonId
    scheduled_start: datetime
    scheduled_minutes: int
    kind: VisitKind
    modality: Modality
    status: VisitStatus
    room: str
    place: str | None
    arrived_at: datetime | None = None
    admitted_at: datetime | None = None
    ended_at: datetime | None = None
    site: SiteId | None = None

    @property
    def join_opens_at(self) -> datetime:
        return self.scheduled_start - JOIN_OPENS_BEFORE

    @property
    def likely_end(self) -> datetime:
        """By its appointed length, from when it began; from its appointed time before that."""
        return (self.admitted_at or self.scheduled_start) + timedelta(minutes=self.scheduled_minutes)

    @property
    def remote(self) -> bool:
        return self.modality is not Modality.IN_PERSON

    def join_open(self, now: datetime) -> bool:
        """May the patient come to the waiting room, or back into it or the call, at `now`?"""
        match self.status:
            case VisitStatus.WAITING | VisitStatus.IN_PROGRESS:
                return True
            case VisitStatus.SCHEDULED:
                return self.join_opens_at <= now <= self.scheduled_start + JOIN_CLOSES_AFTER
            case _:
                return False

    def why_not_arrive(self, now: datetime) -> Refused | None:
        """Why nobody can arrive at `now`, for a refusal or to say so beside the act; None for who is here already."""
        if self.status in (VisitStatus.WAITING, VisitStatus.IN_PROGRESS) or self.join_open(now):
            return None
        if self.status is not VisitStatus.SCHEDULED:
            return self._refusal("arrive")
        if now < self.join_opens_at:
            return Refused("too_early", N_("You can join starting 15 minutes before your visit."))
        return Refused("too_late", N_("The time of this visit has passed. Ask the clinic for a new one."))

    def arrive(self, now: datetime, *, located: bool) -> Visit:
        """The patient is here. `located`: they have said, for this visit, where they are.

        Raises `Refused` when it is too early, too late, over, or a remote visit lacks the location.
        """
        refused = self.why_not_arrive(now)
        if refused is not None:
            raise refused
        if self.status is not VisitStatus.SCHEDULED:
            return self
        if self.remote and not located:
            raise Refused("location_missing", N_("First tell us where you are, so help can find you if you need it."))
        return replace(self, status=VisitStatus.WAITING, arrived_at=now)

    def leave_queue(self) -> Visit:
        """The patient left the waiting room before being admitted; they may come back."""
        if self.status is VisitStatus.SCHEDULED:
            return self
        self._need("leave the waiting room", VisitStatus.WAITING)
        return replace(self, status=VisitStatus.SCHEDULED, arrived_at=None)

    def admit(self, now: datetime) -> Visit:
        """The prescriber lets the patient in: the visit begins; by a clock that was set back, when they arrived."""
        if self.status is VisitStatus.IN_PROGRESS:
            return self
        self._need("begin", VisitStatus.WAITING)
        return replace(self, status=VisitStatus.IN_PROGRESS, admitted_at=max(now, self.arrived_at or now))

    def end(self, now: datetime) -> Visit:
        """The visit is over for everybody."""
        if self.status is VisitStatus.ENDED:
            return self
        self._need("end", VisitStatus.IN_PROGRESS)
        return replace(self, status=VisitStatus.ENDED, ended_at=max(now, self.admitted_at or now))

    def cancel(self) -> Visit:
        """The visit will not be held."""
        if self.status is VisitStatus.CANCELLED:
            return self
        self._need("be cancelled", VisitStatus.SCHEDULED, VisitStatus.WAITING)
        return replace(self, status=VisitStatus.CANCELLED)

    def miss(self, now: datetime) -> Visit:
        """The patient did not come, or left unseen. Raises `Refused` before the visit was due."""
        if self.status is VisitStatus.MISSED:
            return self
        self._need("be marked as missed", VisitStatus.SCHEDULED, VisitStatus.WAITING)
        if now < self.scheduled_start:
            raise Refused("not_due", "A visit can be marked as missed only after its scheduled time.")
        return replace(self, status=VisitStatus.MISSED)

    def _need(self, act: str, *statuses: VisitStatus) -> None:
        if self.status not in statuses:
            raise self._refusal(act)

    def _refusal(self, act: str) -> Refused:
        where = self.status.value.replace("_", " ")
        return Refused("wrong_state", f"This visit is {where}; it cannot {act}.")


@dataclass(frozen=True, slots=True)
class QueuedVisit:
    """One waiting visit as the queue sees it. `flagged`: an unread safety alert stands."""

    visit: VisitId
    scheduled_start: datetime
    scheduled_minutes: int
    arrived_at: datetime
    flagged: bool


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """A patient's place: how many are before them, whether somebody is in the room, and a likely start."""

    ahead: int
    prescriber_busy: bool
    likely_start: datetime

    def any_minute(self, now: datetime) -> bool:
        """Whether to name a time would be to name the present one: nobody waits for a moment that is here."""
        return self.likely_start < now + timedelta(minutes=1)


def queue(waiting: Sequence[QueuedVisit]) -> tuple[QueuedVisit, ...]:
    """First who has an unread safety alert, then by appointed time, then by arrival."""
    return tuple(sorted(waiting, key=lambda one: (not one.flagged, one.scheduled_start, one.arrived_at)))


def place(
    mine: VisitId, waiting: Sequence[QueuedVisit], busy_until: datetime | None, now: datetime
) -> QueuePosition | None:
    """The place of `mine` in the queue, or None when it does not wait.

    `busy_until`: when the visit now in progress should be over, None when the prescriber is free. The likely
    start is an estimate by appointed lengths, never before the appointed time.
    """
    free = now if busy_until is None else max(now, busy_until)
    for ahead, one in enumerate(queue(waiting)):
        start = max(free, one.scheduled_start)
        if one.visit == mine:
            return QueuePosition(ahead, busy_until is not None, start)
        free = start + timedelta(minutes=one.scheduled_minutes)
    return None
