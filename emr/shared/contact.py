"""Where a person is and how to reach them: states, postal codes and telephone numbers, from text to values.

The stated location of a visit decides which state's law holds and where help would be sent, so it is
structured and checked at the door. Visits reach people inside the United States only, for now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from emr.shared import reference_files
from emr.shared import text as words
from emr.shared.errors import Invalid
from emr.shared.ids import PersonId
from emr.shared.marks import N_
from emr.shared.validation import NeededText

_POSTAL = re.compile(r"\d{5}(-\d{4})?")
# North American Numbering Plan: area code and exchange begin with 2-9 (NANPA, "About the NANP").
_NUMBER = re.compile(r"(?:\+?1)?([2-9]\d{2})([2-9]\d{2})(\d{4})")
_NUMBER_MARKS = re.compile(r"[\s().\-]")


@dataclass(frozen=True, slots=True)
class _State:
    """One row of the reference file."""

    code: NeededText
    name: NeededText


@dataclass(frozen=True, slots=True)
class _States:
    """The reference file."""

    states: tuple[_State, ...]


@cache
def states() -> Mapping[str, str]:
    """Two-letter code -> name, in the order of the reference file (`us_states.yaml`)."""
    return {row.code: row.name for row in reference_files.read("us_states.yaml", _States).states}


def phone(text: str) -> str | None:
    """A United States number in E.164 ("+18135550142"), or None when `text` is not one."""
    found = _NUMBER.fullmatch(_NUMBER_MARKS.sub("", text))
    return f"+1{found[1]}{found[2]}{found[3]}" if found else None


def phone_words(number: str) -> str:
    """ "(813) 555-0142" for "+18135550142"; what is not such a number comes back unchanged."""
    found = _NUMBER.fullmatch(number)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else number


@dataclass(frozen=True, slots=True)
class ContactStatement:
    """Where the patient says they are, and the number on which they can be called back."""

    line: str
    city: str
    state: str
    postal: str
    country: str
    call_back: str

    @property
    def place_words(self) -> str:
        """ "Home, Tampa FL"."""
        return f"{self.line}, {self.city} {self.state}"


@dataclass(frozen=True, slots=True)
class StatedContact:
    """A statement with who made it and when (aware, UTC)."""

    statement: ContactStatement
    at: datetime
    by: PersonId


def statement(
    *, line: str, city: str, state: str, postal: str, call_back: str, country: str = "US"
) -> ContactStatement:
    """The statement those form fields make. Raises `Invalid` with a remedy for each field that cannot be used."""
    wrong: dict[str, str] = {}
    where, town = words.line(line, 200), words.line(city, 100)
    state, postal, country = state.strip().upper(), postal.strip(), country.strip().upper()
    number = phone(call_back)
    if where is None:
        wrong["line"] = N_("Enter the street address, or the name of the place.")
    if town is None:
        wrong["city"] = N_("Enter the city or town you are in.")
    if state not in states():
        wrong["state"] = N_("Choose the state you are in right now.")
    if not _POSTAL.fullmatch(postal):
        wrong["postal"] = N_("Enter a five-digit ZIP code, for example 33606.")
    if country != "US":
        wrong["country"] = N_("Visits are available only inside the United States. If you are abroad, call the clinic.")
    if number is None:
        wrong["call_back"] = N_("Enter a US phone number with its area code, for example (813) 555-0142.")
    if wrong or where is None or town is None or number is None:
        raise Invalid(wrong)
    return ContactStatement(where, town, state, postal, country, number)
