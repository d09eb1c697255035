"""Small translations from typed values to what people read. Nothing clinical is computed here."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from visit_ui.pages.parts import Severity, Sparkline

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _local(moment: datetime, zone: str) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone can't be shown")
    return moment.astimezone(ZoneInfo(zone))


def clock(moment: datetime, zone: str) -> str:
    """`10:05`, in the viewer's zone."""
    local = _local(moment, zone)
    return f"{local.hour}:{local.minute:02}"


def clock_seconds(moment: datetime, zone: str) -> str:
    """`10:05:09`: for logs."""
    return f"{clock(moment, zone)}:{_local(moment, zone).second:02}"


def day(moment: datetime, zone: str) -> str:
    """`24 Nov`."""
    local = _local(moment, zone)
    return f"{local.day} {_MONTHS[local.month - 1]}"


def day_year(moment: datetime, zone: str) -> str:
    """`24 Nov 2026`."""
    return f"{day(moment, zone)} {_local(moment, zone).year}"


def long_day(moment: datetime, zone: str) -> str:
    """`Tuesday 24 November`."""
    local = _local(moment, zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_LONG_MONTHS[local.month - 1]}"


def zone_name(moment: datetime, zone: str) -> str:
    """`EST`: said once near times that might be read in another zone."""
    return _local(moment, zone).tzname() or zone


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


def severity_word(severity: Severity) -> str:
    """The word that opens a finding's title."""
    match severity:
        case Severity.STOP:
            return "Stop"
        case Severity.WARNING:
            return "Warning"
        case Severity.NOT_CHECKED:
            return "Not checked"
        case Severity.INFORMATION:
            return "For information"


def severity_icon(severity: Severity) -> str:
    """The icon beside that word."""
    match severity:
        case Severity.STOP:
            return "octagon-x"
        case Severity.WARNING:
            return "triangle-alert"
        case Severity.NOT_CHECKED:
            return "circle-dashed"
        case Severity.INFORMATION:
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
    "clock": clock,
    "clock_seconds": clock_seconds,
    "day": day,
    "day_year": day_year,
    "iso": iso,
    "long_day": long_day,
    "plural": plural,
    "severity_icon": severity_icon,
    "severity_word": severity_word,
    "spark_points": spark_points,
    "tel": tel,
    "thousands": thousands,
    "zone_name": zone_name,
}
