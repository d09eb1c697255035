"""Days and times in words, as the reader's locale writes them: by CLDR, through Babel.

Examples are of en_US. `locale` None: the clinic's. An instant needs the reader's zone; a day has none.
"""

import re
from datetime import date, datetime, time
from functools import lru_cache

from babel.dates import DateTimePattern, parse_pattern

from emr.shared.clinic_time import locales
from emr.shared.clinic_time.days import Zone, day_of, there
from emr.shared.marks import N_

# A time stays on one line: "8:20" is not parted from "PM".
_TOGETHER = "\N{NO-BREAK SPACE}"
_SPACES = re.compile(r"[ \N{NARROW NO-BREAK SPACE}\N{THIN SPACE}]")


def clock(moment: datetime, zone: Zone, locale: str | None = None) -> str:
    """ "8:20 PM"; the space does not break."""
    return _SPACES.sub(_TOGETHER, _write("clock", _clock_of(moment, zone), locale))


def clock_seconds(moment: datetime, zone: Zone, locale: str | None = None) -> str:
    """ "8:20:09 PM": for logs."""
    return _SPACES.sub(_TOGETHER, _write("clock_seconds", _clock_of(moment, zone), locale))


def zone_name(moment: datetime, zone: Zone) -> str:
    """ "EST": said once near times that might be read in another zone."""
    local = there(moment, zone)
    return local.tzname() or str(local.tzinfo)


def short(day: date, beside: date | None = None, locale: str | None = None) -> str:
    """ "Nov 27"; "Nov 27, 2025" when `beside`, usually today, is of another year."""
    return _write("MMMd" if beside is None or beside.year == day.year else "yMMMd", _only_day(day), locale)


def full(day: date, locale: str | None = None) -> str:
    """ "Nov 27, 2026"."""
    return _write("yMMMd", _only_day(day), locale)


def long(day: date, locale: str | None = None) -> str:
    """ "Friday, November 27"."""
    return _write("long", _only_day(day), locale)


def of_week(day: date, beside: date | None = None, locale: str | None = None) -> str:
    """ "Fri, Nov 27"; with the year when `beside` is of another."""
    return _write("MMMEd" if beside is None or beside.year == day.year else "yMMMEd", _only_day(day), locale)


def spoken(day: date, locale: str | None = None) -> str:
    """ "November 27": in sentences to patients."""
    return _write("MMMMd", _only_day(day), locale)


def month(day: date, *, year: bool = False, locale: str | None = None) -> str:
    """ "Nov", or "Jan 2027": beside an axis."""
    return _write("yMMM" if year else "MMM", _only_day(day), locale)


def near(day: date, today: date, locale: str | None = None) -> str:
    """ "Yesterday", "Today", "Tomorrow", else "Friday, November 27"."""
    return {-1: N_("Yesterday"), 0: N_("Today"), 1: N_("Tomorrow")}.get((day - today).days) or long(day, locale)


def moment(at: datetime, zone: Zone, locale: str | None = None) -> str:
    """ "Nov 27, 8:20 PM"."""
    return f"{short(day_of(at, zone), locale=locale)}, {clock(at, zone, locale)}"


def full_moment(at: datetime, zone: Zone, locale: str | None = None) -> str:
    """ "Nov 27, 2026, 8:20 PM"."""
    return f"{full(day_of(at, zone), locale)}, {clock(at, zone, locale)}"


def near_moment(at: datetime, now: datetime, zone: Zone, locale: str | None = None) -> str:
    """ "Tomorrow, 8:20 PM", "Friday, November 27, 8:20 PM"."""
    return f"{near(day_of(at, zone), day_of(now, zone), locale)}, {clock(at, zone, locale)}"


def lately(at: datetime, today: date, zone: Zone, locale: str | None = None) -> str:
    """ "8:20 PM" when it was today, else "Nov 27, 8:20 PM": a time alone would be read as today's."""
    return clock(at, zone, locale) if day_of(at, zone) == today else moment(at, zone, locale)


def _only_day(day: date) -> date:
    """Raises ``TypeError`` for an instant: which day it belongs to depends on the zone, by :func:`days.day_of`."""
    if isinstance(day, datetime):
        raise TypeError("an instant has no day of its own: ask day_of for the day in the reader's zone")
    return day


def _clock_of(moment: datetime, zone: Zone) -> time:
    return there(moment, zone).time().replace(microsecond=0)


def _write(form: str, value: date | time, locale: str | None) -> str:
    return _written(form, value, locale or locales.chosen())


# A page says the same days again and again. Never an instant: two are equal that are written differently in two zones.
@lru_cache(maxsize=4_096)
def _written(form: str, value: date | time, name: str) -> str:
    return _pattern(form, name).apply(value, locales.locale(name))


@lru_cache(maxsize=256)
def _pattern(form: str, name: str) -> DateTimePattern:
    ways = locales.locale(name)
    match form:
        case "clock":
            return parse_pattern(ways.time_formats["short"])
        case "clock_seconds":
            return parse_pattern(ways.time_formats["medium"])
        case "long":
            found = ways.datetime_skeletons.get("MMMMEEEEd") or ways.datetime_skeletons["MMMMEd"]
            return parse_pattern(re.sub(r"E+", "EEEE", str(found.pattern)))
        case skeleton:
            return parse_pattern(ways.datetime_skeletons[skeleton])
