"""Persons and patients as values: names as they are said, ages, what is known of allergies. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from emr.shared.clinic_time.days import day_of
from emr.shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class Person:
    """Anyone the record knows. `zone` is an IANA name; `profession` is the word patients are told."""

    id: PersonId
    given_name: str
    family_name: str
    prefix: str | None
    credential: str | None
    profession: str | None
    pronouns: str | None
    zone: str

    @property
    def name(self) -> str:
        """ "Ada Lindqvist"."""
        return f"{self.given_name} {self.family_name}"

    @property
    def name_words(self) -> str:
        """As addressed: "Dr. Drew Marsh", "Ruth Adeyemi"."""
        return f"{self.prefix} {self.name}" if self.prefix else self.name

    def is_called(self, typed: str) -> bool:
        """Whether that is the full name, with or without title; capitals and spaces do not matter, spelling does."""
        return _plain(typed) in {_plain(self.name), _plain(self.name_words)}

    @property
    def signature(self) -> str:
        """As signed: "Drew Marsh, MD"."""
        return f"{self.name}, {self.credential}" if self.credential else self.name

    @property
    def initials(self) -> str:
        """ "DM"."""
        return self.given_name[0] + self.family_name[0]


@dataclass(frozen=True, slots=True)
class Patient:
    """A person under care. `code` is the short name that is safe to say aloud; `phone` is E.164."""

    person: Person
    code: str
    birth_date: date
    phone: str | None

    @property
    def id(self) -> PersonId:
        return self.person.id

    def age(self, now: datetime) -> int:
        """Whole years at `now`, by the calendar of the patient's own zone."""
        return age_on(self.birth_date, day_of(now, self.person.zone))


def age_on(birth: date, day: date) -> int:
    """Whole years on `day`; who was born on 29 February turns a year older on 1 March of common years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


class AllergyStatus(StrEnum):
    """Whether an empty list of allergies means anything."""

    NOT_ASKED = "not_asked"
    NONE_KNOWN = "none_known"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Allergy:
    """One substance a patient reacts to; `reaction` is None when it is not known."""

    substance: str
    reaction: str | None
    recorded_at: datetime
    recorded_by: PersonId


@dataclass(frozen=True, slots=True)
class Allergies:
    """What is known of a patient's allergies. `listed` is in the order recorded.

    `asked_at` is when somebody last asked, None if nobody did. An empty list with status `NOT_ASKED`
    must never be shown as "none known".
    """

    status: AllergyStatus
    listed: tuple[Allergy, ...]
    asked_at: datetime | None


def allergies(listed: tuple[Allergy, ...], asked_at: datetime | None) -> Allergies:
    """What a list and the time somebody last asked (None: nobody did) amount to."""
    if listed:
        return Allergies(AllergyStatus.LISTED, listed, asked_at)
    return Allergies(AllergyStatus.NOT_ASKED if asked_at is None else AllergyStatus.NONE_KNOWN, (), asked_at)


class Relation(StrEnum):
    """The relationships access is decided by; the same words as in the access rules."""

    SELF = "self"
    OWN_PATIENT = "own_patient"
    SUPERVISED = "supervised"
    CARE_TEAM = "care_team"
    PARTICIPANT = "participant"
    ATTENDING = "attending"


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
