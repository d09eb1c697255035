"""What a dose form says as text becomes what is asked for, as values, with what is wrong by field. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from emr.dosing.model import TimeOfDay
from emr.medications.model import Order
from emr.shared.clinic_time import typed
from emr.shared.quantity import number

LONGEST_AHEAD: Final = timedelta(days=60)
DOSE_ERROR: Final = "Choose one of the doses shown."
TIMINGS: Final[Mapping[str, tuple[TimeOfDay, ...]]] = {
    "morning": (TimeOfDay.MORNING,),
    "noon": (TimeOfDay.NOON,),
    "evening": (TimeOfDay.EVENING,),
    "night": (TimeOfDay.NIGHT,),
    "day": (TimeOfDay.DAY,),
    "morning+evening": (TimeOfDay.MORNING, TimeOfDay.EVENING),
    "morning+night": (TimeOfDay.MORNING, TimeOfDay.NIGHT),
    "morning+afternoon": (TimeOfDay.MORNING, TimeOfDay.AFTERNOON),
    "morning+afternoon+night": (TimeOfDay.MORNING, TimeOfDay.AFTERNOON, TimeOfDay.NIGHT),
}


@dataclass(frozen=True, slots=True)
class DoseFormInput:
    """What a form says so far, as text; empty: not chosen. `indication`: the form of a new medicine alone asks.

    `answers`: finding -> what was written about it. `shown`: what stands for what was read back when it was sent;
    empty: nothing was.
    """

    total: str
    tablets: str
    timing: str
    as_needed: bool
    starts: str
    days: str
    refills: str
    reason: str
    indication: str
    answers: Mapping[str, str]
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRequest:
    """What is asked for. `total` a day, in the unit of the medicine's ladder; None: not chosen. `tablets`: the key of
    a choice; empty: the first. `days`, `refills`: -1, which no proposal takes, for what is no number.
    """

    total: Decimal | None
    tablets: str
    moments: tuple[TimeOfDay, ...]
    as_needed: bool
    starts: date
    days: int
    refills: int
    reason: str
    indication: str
    answers: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)


def parse(said: DoseFormInput, current: Order | None, tomorrow: date) -> DoseRequest:
    """`tomorrow`: where the patient lives, since today's dose has usually been taken. Refuses nothing: what cannot be
    read stands in `errors`.
    """
    errors: dict[str, str] = {}
    total = _total(said.total)
    if said.total and total is None:
        errors["total"] = DOSE_ERROR
    return DoseRequest(
        total=total,
        tablets=said.tablets,
        moments=moments_of(said.timing, current),
        as_needed=said.as_needed,
        starts=_starts(said.starts, tomorrow, errors),
        days=_number(said.days),
        refills=_number(said.refills),
        reason=said.reason,
        indication=said.indication,
        answers=said.answers,
        errors=errors,
    )


def moments_of(timing: str, current: Order | None) -> tuple[TimeOfDay, ...]:
    """The moments a timing stands for; anything unknown: as it is taken now, or once a day."""
    if timing in TIMINGS:
        return TIMINGS[timing]
    if current is not None and current.dose is not None:
        return tuple(intake.moment for intake in current.dose.intakes)
    return (TimeOfDay.DAY,)


def _total(text: str) -> Decimal | None:
    """A daily total as the ladder posts it; None for any other way to write a number."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and value > 0 and number(value) == text else None


def _starts(text: str, tomorrow: date, errors: dict[str, str]) -> date:
    starts = typed.day(text) if text else tomorrow
    if starts is None:
        errors["from"] = typed.day_remedy()
        return tomorrow
    if not tomorrow - timedelta(days=1) <= starts <= tomorrow + LONGEST_AHEAD:
        errors["from"] = "Choose today or a date within the next two months."
    return starts


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else -1
