"""Days and times as people type them, by the locale of the clinic; and how a field shows one that is filled in.

Read are: the locale's numbers ("11/27/2026"), a day as pages write it ("Nov 27, 2026"), and ISO 8601 ("2026-11-27");
"8:20 PM" and "20:20". A year has four digits: of two nobody knows the century of a birth. Nothing else is guessed.
"""

import re
from datetime import date, datetime, time
from functools import lru_cache

from emr.shared.clinic_time import locales
from emr.shared.clinic_time.days import Zone, there

# People still alive, and visits to come; sums of days stay within what a calendar has.
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
EXAMPLE = datetime(2026, 11, 24, 14, 30)  # noqa: DTZ001  # a day and a time to be shown, no instant

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NUMBERS = re.compile(r"([0-9]{1,4})[./ -]{1,2}([0-9]{1,2})[./ -]{1,2}([0-9]{1,4})")
_IN_WORDS = re.compile(r"[0-9]{1,4}|[^\W\d_]{3,}")
_CLOCK = re.compile(r"([0-9]{1,2})(?: ?[:.h] ?([0-9]{2}))? ?([ap])?\.?(m\.?)?")


def day(text: str, locale: str | None = None) -> date | None:
    """The day that was typed, from 1900 to 2199; None for anything else."""
    text = _plain(text)
    if found := _ISO.fullmatch(text):
        return _day(*found.groups())
    if found := _NUMBERS.fullmatch(text):
        parts = dict(zip(_order(locale or locales.chosen()), found.groups(), strict=True))
        return _day(parts["y"], parts["M"], parts["d"])
    return _named(text, locale)


def clock(text: str) -> time | None:
    """The time of day that was typed: "8:20 PM", "8 pm", "20:20"; None for anything else, "8" too."""
    found = _CLOCK.fullmatch(_plain(text).lower())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half is None and (found[2] is None or found[4]):
        return None
    if half is not None and not 1 <= hour <= 12:
        return None
    hour = hour if half is None else hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def day_and_clock(text: str, locale: str | None = None) -> tuple[date, time] | None:
    """A day with a time in one field: "11/27/2026 8:20 PM", "2026-11-27T20:20"; None for anything else."""
    text = re.sub(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})T", r"\1 ", _plain(text))
    for gap in re.finditer(" ", text):
        on, at = day(text[: gap.start()].rstrip(","), locale), clock(text[gap.end() :])
        if on is not None and at is not None:
            return on, at
    return None


def shape(locale: str | None = None) -> str:
    """How a day is to be typed, for a field's hint: "MM/DD/YYYY"."""
    return _filled({"y": "YYYY", "M": "MM", "d": "DD"}, locale)


def write_day(value: date, locale: str | None = None) -> str:
    """A day as a field shows it: "11/27/2026"."""
    return _filled({"y": f"{value.year:04}", "M": f"{value.month:02}", "d": f"{value.day:02}"}, locale)


def write_clock(value: time, locale: str | None = None) -> str:
    """A time of day as a field shows it: "8:20 PM", or "20:20" where people write so."""
    if not _by_halves(locale or locales.chosen()):
        return f"{value.hour:02}:{value.minute:02}"
    return f"{value.hour % 12 or 12}:{value.minute:02} {'AM' if value.hour < 12 else 'PM'}"


def write_moment(at: datetime, zone: Zone, locale: str | None = None) -> str:
    """An instant as a field shows it: "11/27/2026 8:20 PM"."""
    local = there(at, zone)
    return f"{write_day(local.date(), locale)} {write_clock(local.time(), locale)}"


def day_remedy() -> str:
    """What to do about a day that cannot be read."""
    return f"Enter the date as {shape()}, for example {write_day(EXAMPLE.date())}."


def clock_remedy() -> str:
    """What to do about a time that cannot be read."""
    return f"Enter the time with minutes, for example {write_clock(EXAMPLE.time())}."


def moment_remedy() -> str:
    """What to do about a day with a time that cannot be read."""
    example = f"{write_day(EXAMPLE.date())} {write_clock(EXAMPLE.time())}"
    return f"Enter the date and time, for example {example}."


def clock_shape() -> str:
    """How a time is to be typed, for a field's hint: by example."""
    return f"as {write_clock(EXAMPLE.time())}"


def moment_shape() -> str:
    """The same for a day with a time."""
    return f"{shape()} and time, as {write_day(EXAMPLE.date())} {write_clock(EXAMPLE.time())}"


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text[:60]).strip()


def _day(year: str, month: str, day: str) -> date | None:
    if len(year) != 4 or len(month) > 2 or len(day) > 2:
        return None
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def _named(text: str, locale: str | None) -> date | None:
    """ "Nov 27, 2026", "27 November 2026", "Friday, November 27, 2026": one month by its name, a day, a year."""
    words = _IN_WORDS.findall(text.lower())
    known = _months(locale or locales.chosen())
    months = {known[word[:12]] for word in words if word[:12] in known}
    numbers = [word for word in words if word.isdigit()]
    days, years = [one for one in numbers if len(one) <= 2], [one for one in numbers if len(one) == 4]
    if len(months) != 1 or (len(days), len(years), len(numbers)) != (1, 1, 2):
        return None
    return _day(years[0], str(months.pop()), days[0])


@lru_cache(maxsize=32)
def _months(locale: str) -> dict[str, int]:
    named = locales.locale(locale).months["format"]
    pairs = [pair for width in ("abbreviated", "wide") for pair in named[width].items()]
    return {str(name).lower().rstrip("."): number for number, name in pairs}


@lru_cache(maxsize=32)
def _numbers(locale: str) -> str:
    return str(locales.locale(locale).datetime_skeletons["yMd"].pattern)


def _order(locale: str) -> str:
    """The letters y, M and d in the order of the locale."""
    return "".join(dict.fromkeys(re.findall(r"[yMd]", _numbers(locale))))


def _filled(parts: dict[str, str], locale: str | None) -> str:
    return re.sub(r"y+|M+|d+", lambda found: parts[found[0][0]], _numbers(locale or locales.chosen()))


@lru_cache(maxsize=32)
def _by_halves(locale: str) -> bool:
    return "a" in re.sub(r"'[^']*'", "", str(locales.locale(locale).time_formats["short"].pattern))
