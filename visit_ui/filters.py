"""Small translations from typed values to what people read. Nothing clinical is computed here.

Days and times are written by `emr.shared.clinic_time.words`; an instant needs the reader's zone.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from emr.shared.clinic_time import days, typed, words
from visit_ui.pages.shell.parts import FindingSeverity, Sparkline


def day(moment: datetime, zone: str) -> str:
    """`Nov 24`: the day of an instant, in the reader's zone."""
    return words.short(days.day_of(moment, zone))


def day_year(moment: datetime, zone: str) -> str:
    """`Nov 24, 2026`."""
    return words.full(days.day_of(moment, zone))


def long_day(moment: datetime, zone: str) -> str:
    """`Tuesday, November 24`."""
    return words.long(days.day_of(moment, zone))


def iso(moment: datetime) -> str:
    """For `<time datetime>`: machines get the zone too."""
    return moment.isoformat()


def thousands(number: int) -> str:
    """`48,214`."""
    return f"{number:,}"


def tel(number: str) -> str:
    """`tel:8135550100` for "(813) 555-0100"; a leading plus stays."""
    return "tel:" + "".join(sign for sign in number if sign.isdigit() or sign == "+")


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 visit`, `2 visits`."""
    word = one if number == 1 else (many or f"{one}s")
    return f"{thousands(number)} {word}"


_AMOUNT = re.compile(r"(?<=\d) (?=(?:mg|mcg|g|mL|units?)\b)")


def unbroken(text: str) -> str:
    """The same words; no line ends between a number and its unit."""
    return _AMOUNT.sub("\u00a0", text)


def severity_word(severity: FindingSeverity) -> str:
    """The word that opens a finding's title."""
    match severity:
        case FindingSeverity.STOP:
            return "Stop"
        case FindingSeverity.WARNING:
            return "Warning"
        case FindingSeverity.NOT_CHECKED:
            return "Not checked"
        case FindingSeverity.INFORMATION:
            return "For information"


def severity_icon(severity: FindingSeverity) -> str:
    """The icon beside that word."""
    match severity:
        case FindingSeverity.STOP:
            return "octagon-x"
        case FindingSeverity.WARNING:
            return "triangle-alert"
        case FindingSeverity.NOT_CHECKED:
            return "circle-dashed"
        case FindingSeverity.INFORMATION:
            return "info"


def spark_points(line: Sparkline, width: int, height: int) -> list[tuple[float, float]]:
    """(x, y) of each value, oldest first, in a box of that size; a single value stands at the right end."""
    span = (line.high - line.low) or 1
    step = width / max(len(line.values) - 1, 1)
    first_x = width - step * (len(line.values) - 1)
    return [
        (round(first_x + index * step, 1), round(height - (value - line.low) / span * height, 1))
        for index, value in enumerate(line.values)
    ]


ALL: Final[dict[str, Callable[..., object]]] = {
    "clock": words.clock,
    "clock_seconds": words.clock_seconds,
    "day": day,
    "day_year": day_year,
    "full_day": words.full,
    "full_moment": words.full_moment,
    "iso": iso,
    "lately": words.lately,
    "long_day": long_day,
    "moment": words.moment,
    "month": words.month,
    "plural": plural,
    "severity_icon": severity_icon,
    "severity_word": severity_word,
    "short_day": words.short,
    "spark_points": spark_points,
    "tel": tel,
    "thousands": thousands,
    "typed_day": typed.write_day,
    "unbroken": unbroken,
    "weekday": words.of_week,
    "zone_name": words.zone_name,
}
