"""What happened about presence, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass

from emr.shared.events import Fact
from emr.shared.ids import AttendanceId, CheckInId, PersonId, SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAdded(Fact):
    """The clinic sees people at this place from now on."""

    site: SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClosed(Fact):
    """Nobody is checked in at this place any more."""

    site: SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitAttended(Fact):
    """A prescriber treats in the visit."""

    attendance: AttendanceId
    prescriber: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitTakenOver(Fact):
    """Another prescriber treats in the visit from now on; a check-in made before is void."""

    attendance: AttendanceId
    replaced: AttendanceId
    prescriber: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInStated(Fact):
    """The front desk stated that patient and prescriber are at the site."""

    check_in: CheckInId
    site: SiteId
    prescriber: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInConfirmed(Fact):
    """The patient confirmed it on the front desk's device."""

    check_in: CheckInId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallJoined(Fact):
    """A person is let into the visit's call; a check-in of theirs made before is void."""

    person: PersonId
    join: int
