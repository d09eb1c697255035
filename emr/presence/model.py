"""Sites, attendances and check-ins as values. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from emr.people.model import Patient
from emr.shared.ids import AttendanceId, CheckInId, PersonId, SiteId, VisitId


@dataclass(frozen=True, slots=True)
class Site:
    """A place where people are seen in person. `state`: two letters. `closed_at`: None while it is open."""

    id: SiteId
    name: str
    line: str
    city: str
    state: str
    postal: str
    added_at: datetime
    closed_at: datetime | None = None

    @property
    def words(self) -> str:
        """ "Ybor clinic, Tampa FL"."""
        return f"{self.name}, {self.city} {self.state}"

    @property
    def address(self) -> str:
        """ "1701 N 15th St, Tampa, FL 33605"."""
        return f"{self.line}, {self.city}, {self.state} {self.postal}"


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who treats in a visit, since when (aware, UTC). `replaces`: the attendance taken over; None: the first."""

    id: AttendanceId
    visit: VisitId
    patient: PersonId
    prescriber: PersonId
    began_at: datetime
    replaces: AttendanceId | None


class CheckInProblem(StrEnum):
    """Why a check-in does not hold, in the words of the database's own function `check_in_trouble`."""

    UNCONFIRMED = "unconfirmed"
    EXPIRED = "expired"
    JOINED_CALL = "joined_call"
    TAKEN_OVER = "taken_over"


@dataclass(frozen=True, slots=True)
class Voided:
    """What ended a check-in before its time: JOINED_CALL or TAKEN_OVER, by whom, when (aware, UTC)."""

    trouble: CheckInProblem
    by: PersonId
    at: datetime


@dataclass(frozen=True, slots=True)
class CheckIn:
    """That patient and prescriber were seen at a site for a visit. Times are aware, UTC.

    `stated_by`: the person at the front desk. `confirmed_at`: when the patient said so too; None: not yet.
    `valid_until`: the visit's booked end and an hour. `trouble`: why it does not hold; None: it holds.
    """

    id: CheckInId
    visit: VisitId
    patient: PersonId
    prescriber: PersonId
    site: Site
    stated_by: PersonId
    stated_at: datetime
    confirmed_at: datetime | None
    valid_until: datetime
    trouble: CheckInProblem | None

    @property
    def holds(self) -> bool:
        return self.trouble is None


def same_person(patient: Patient, full_name: str, born: date | None) -> bool:
    """Whether name and birth date, as typed on the front desk's device, are the patient's on file.

    Case, accents, punctuation and the order of the names do not matter; every part of the name on file must be there.
    """
    on_file = _parts(f"{patient.person.given_name} {patient.person.family_name}")
    return born == patient.birth_date and bool(on_file) and _parts(full_name) == on_file


def _parts(name: str) -> frozenset[str]:
    bare = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one)).casefold()
    return frozenset("".join(one if one.isalnum() else " " for one in bare).split())
