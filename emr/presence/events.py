"""What happened about presence, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass

from emr.shared.events import DomainEvent
from emr.shared.ids import AttendanceId, CheckInId, PersonId, SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAdded(DomainEvent):
    """The clinic sees people at this place from now on."""

    site: SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClosed(DomainEvent):
    """Nobody is checked in at this place any more."""

    site: SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitAttended(DomainEvent):
    """A prescriber treats in the visit."""

    attendance: AttendanceId
    prescriber: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitTakenOver(DomainEvent):
    """Another prescriber treats in the visit from now on; a check-in made before is void."""

    attendance: AttendanceId
    replaced: AttendanceId
    prescriber: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInStated(DomainEvent):
    """The front desk stated that patient and prescriber are at the site."""

    check_in: CheckInId
    site: SiteId
    prescriber: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInConfirmed(DomainEvent):
    """The patient confirmed it on the front desk's device."""

    check_in: CheckInId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallJoined(DomainEvent):
    """A person is let into the visit's call; a check-in of theirs made before is void."""

    person: PersonId
    join: int
