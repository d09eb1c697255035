"""Forms: text as it was typed becomes typed values here, once; what cannot be used is collected, field by field."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from uuid import UUID

from starlette.datastructures import FormData

from emr.shared.clinic_time import days, typed
from emr.shared.clinic_time.days import Zone
from emr.shared.errors import Invalid
from visit_ui import lengths

T = TypeVar("T")

# Longer than any field of ours; a note is the longest. Beyond it nothing is a slip of the finger.
MAX_TEXT = 60_000


# Stands for a time that cannot be used, until :meth:`Reader.check` refuses the form.
_INSTEAD = datetime(2000, 1, 1, tzinfo=UTC)

# A number with more digits than this is a mistake, and Python refuses to read those with thousands.
MOST_DIGITS = 18


def refuse_unkeepable(texts: Iterable[str]) -> None:
    """Raise ``Invalid`` for a text with the character NUL or half a character: PostgreSQL keeps neither.

    Nobody types them by accident, so it is not said which field holds one.
    """
    for text in texts:
        if "\0" in text or not _is_whole(text):
            raise Invalid({"form": "What was sent holds a character that cannot be kept. Remove it and try again."})


def too_long(pairs: Iterable[tuple[str, str]], form: str = "") -> Mapping[str, str]:
    """What to say of each field that holds more than a form of `visit_ui.lengths` has room for; empty: all fit.

    A line break counts once, as in a browser, though a form sends two characters for it.
    """
    wrong: dict[str, str] = {}
    for name, text in pairs:
        length = lengths.of(form, name)
        if (has := len(text.strip().replace("\r\n", "\n"))) > length.most:
            wrong[name] = f"At most {length.most:,} characters fit into “{length.label[:40]}”; this has {has:,}."
    return wrong


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def whole(text: str) -> int | None:
    """A whole number of 0 or more in plain digits; None for anything else ("²" is a digit to Python, and no number)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def calendar_day(text: str) -> date | None:
    """A day as addresses have it, YYYY-MM-DD, of people still alive or of visits to come; None for anything else.

    The limits keep sums of days within what a calendar has.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if typed.EARLIEST <= day <= typed.LATEST else None


@dataclass(frozen=True, slots=True)
class PostedForm:
    """What was typed: the first text of each field. ``typed`` is shown again when a form is refused.

    ``every`` holds all (name, text) pairs, in order.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    every: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, data: FormData) -> "PostedForm":
        """The texts of a posted form; files are not taken. Raises ``Invalid`` for what no record can hold."""
        every = tuple((name, value) for name, value in data.multi_items() if isinstance(value, str))
        refuse_unkeepable(text for pair in every for text in pair)
        typed: dict[str, str] = {}
        for name, value in every:
            typed.setdefault(name, value)
        return cls(typed, every)

    def all(self, name: str) -> tuple[str, ...]:
        """Every text of a field that may be given more than once."""
        return tuple(value for key, value in self.every if key == name)

    def text(self, name: str) -> str:
        """A field, without surrounding space; empty when absent."""
        return self.typed.get(name, "").strip()

    def prefixed(self, prefix: str) -> dict[str, str]:
        """The fields whose names begin with ``prefix``, by the rest of their names, those filled in only."""
        return {
            name.removeprefix(prefix): value.strip()
            for name, value in self.typed.items()
            if name.startswith(prefix) and value.strip()
        }


@dataclass(slots=True)
class Reader:
    """Reads typed values and remembers what is wrong. Call :meth:`check` before using any of them."""

    form: PostedForm
    wrong: dict[str, str] = field(default_factory=dict)

    def need(self, name: str, remedy: str, *, most: int = 2000) -> str:
        """A text that must be there."""
        text = self.form.text(name)
        if not text or len(text) > min(most, MAX_TEXT):
            self.wrong[name] = remedy if not text else f"At most {most} characters fit here; this has {len(text)}."
        return text

    def optional(self, name: str, *, most: int = 2000) -> str:
        """A text that may be absent."""
        text = self.form.text(name)
        if len(text) > most:
            self.wrong[name] = f"At most {most} characters fit here; this has {len(text)}."
        return text

    def choice(self, name: str, known: Iterable[str], remedy: str) -> str:
        """One word of a closed list."""
        text = self.form.text(name)
        if text not in set(known):
            self.wrong[name] = remedy
        return text

    def uuid(self, name: str, remedy: str) -> UUID:
        """An id that a list on the page offered."""
        return self._read(name, remedy, UUID, UUID(int=0))

    def number(self, name: str, remedy: str, *, low: int, high: int) -> int:
        """A whole number within its range."""
        value = self._read(name, remedy, int, low)
        if not low <= value <= high:
            self.wrong[name] = remedy
        return value

    def decimal(self, name: str, remedy: str) -> Decimal:
        """A decimal number such as 12.5."""
        value = self._read(name, remedy, Decimal, Decimal(0))
        if not value.is_finite():
            self.wrong[name] = remedy
            return Decimal(0)
        return value

    def day(self, name: str) -> date:
        """A calendar day as people of the clinic's locale write it."""
        found = typed.day(self.form.text(name))
        if found is None:
            self.wrong[name] = typed.day_remedy()
        return found or typed.EARLIEST

    def moment(self, day: str, clock: str, zone: Zone) -> datetime:
        """A day field and a clock field, in ``zone``."""
        on, at = self.day(day), typed.clock(self.form.text(clock))
        if at is None:
            self.wrong[clock] = typed.clock_remedy()
        return _INSTEAD if at is None or day in self.wrong else self._at(clock, on, at, zone)

    def instant(self, name: str, zone: Zone) -> datetime | None:
        """A day with a clock in one field, in ``zone``; None when it is left empty."""
        text = self.form.text(name)
        if not text:
            return None
        found = typed.day_and_clock(text)
        if found is None:
            self.wrong[name] = typed.moment_remedy()
            return None
        return self._at(name, *found, zone)

    def _at(self, name: str, on: date, at: time, zone: Zone) -> datetime:
        try:
            return days.at(on, at, zone)
        except days.NoSuchTime:
            self.wrong[name] = "The clocks go forward that night and skip this time. Enter an earlier or a later one."
            return _INSTEAD

    def check(self) -> None:
        """Raise ``Invalid`` with one remedy for each field that cannot be used."""
        if self.wrong:
            raise Invalid(self.wrong)

    def _read(self, name: str, remedy: str, read: Callable[[str], T], instead: T) -> T:
        try:
            return read(self.form.text(name))
        except (ValueError, InvalidOperation):
            self.wrong[name] = remedy
            return instead
