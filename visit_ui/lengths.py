"""How much fits into each field of our pages: what the pages tell the browser, and what the server holds them to.

A form is named by what it is for; a field by its name in the form. A name that ends with "-" stands for every field
that begins with it. What a form does not name holds an id, a number or a choice, which nobody types: `UNNAMED`.
Every line of text has its `maxlength`, at which a browser cuts what is pasted without a word. So notes and names of
medicines have none: a part of a note, or of a name, is worse than one that is refused and still there.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Length:
    """The most characters of a field, and the label by which people know it."""

    label: str
    most: int


UNNAMED = 200
NOTHING: Mapping[str, Length] = {}
_PLACE = {"line": Length("Street and number", 200), "city": Length("City", 100), "postal": Length("ZIP code", 20)}
_DOSE = {
    "total": Length("Daily total", 20),
    "days": Length("Days of supply", 20),
    "refills": Length("Refills", 20),
    "reason": Length("Why", 500),
    "answer-": Length("Answer", 500),
}
_ABOUT_AN_ALERT = Length("What was done", 2000)
_NAMES = ("given_name", "family_name", "prefix", "credential", "pronouns")

FORMS: Mapping[str, Mapping[str, Length]] = {
    "find": {"name": Length("Name", 300)},
    "dose": _DOSE,
    "start": {"name": Length("Name", 300), "indication": Length("For", 500), **_DOSE},
    "end": {"reason": Length("Why", 500)},
    "report": {
        "name": Length("Medicine or supplement", 200),
        "sentence": Length("How it is taken", 200),
    },
    "note": {"section-": Length("A part of the note", 20_000), "alert-": _ABOUT_AN_ALERT},
    "ending": {"alert-": _ABOUT_AN_ALERT},
    "crisis_fact": {"name": Length("Who or where", 400), "phone": Length("Phone", 40)},
    "crisis_step": {"said": Length("What was said", 4000)},
    "addendum": {"text": Length("Addendum", 10_000)},
    "alert": {"what_was_done": Length("What was done", 2000)},
    "invite": {"name": Length("Full name", 200)},
    "search": {"q": Length("Name or date of birth", 80)},
    "booking": {"place": Length("Where", 200)},
    "correction": {"reason": Length("Why", 1000)},
    "purpose": {"words": Length("What you look for", 300)},
    "arrive": {**_PLACE, "call_back": Length("Phone", 40)},
    "confirm": {"full_name": Length("Your full name", 200)},
    "person": {
        "issuer": Length("Account from", 255),
        "subject": Length("Account number", 255),
        **{name: Length(name.replace("_", " ").capitalize(), 100) for name in _NAMES},
        "phone": Length("Phone", 40),
    },
    "site": {"name": Length("Name", 100), **_PLACE},
}


def of(form: str, field: str) -> Length:
    """How much a field of a form holds; `form` "" is one without text of people. KeyError for a form not known."""
    return _named(form, field) or Length(field, UNNAMED)


def is_named(form: str, field: str) -> bool:
    """Whether people type into this field of the form, so that the form can say what is wrong with it."""
    return _named(form, field) is not None


def longest(form: str, field: str) -> int:
    """The `maxlength` of a line of text."""
    return of(form, field).most


def _named(form: str, field: str) -> Length | None:
    fields = FORMS[form] if form else NOTHING
    return fields.get(field) or fields.get(f"{field.partition('-')[0]}-")
