"""Which day it is where somebody lives: instants become days, and days become the instants at which they begin."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Zone = ZoneInfo | str


class NoSuchTime(ValueError):
    """The clock of that zone skips this time on that day: it goes forward then."""


def zone_of(zone: Zone) -> ZoneInfo:
    """The zone by its IANA name ("America/New_York"). Raises ``ZoneInfoNotFoundError``."""
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)


def there(moment: datetime, zone: Zone) -> datetime:
    """The same instant by the clock of the zone. Raises ``ValueError`` for a time without a zone of its own."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone can't be shown")
    return moment.astimezone(zone_of(zone))


def day_of(moment: datetime, zone: Zone) -> date:
    """The day that the instant belongs to: what "today", "tomorrow", "since" and "answered on" are told by."""
    return there(moment, zone).date()


def at(day: date, clock: time, zone: Zone) -> datetime:
    """The instant of that clock time; of two (the clock goes back) the first. Raises ``NoSuchTime`` when there is none.

    Aware, in the zone.
    """
    wanted = datetime.combine(day, clock, zone_of(zone))
    if wanted.astimezone(UTC).astimezone(zone_of(zone)).replace(tzinfo=None) != wanted.replace(tzinfo=None):
        raise NoSuchTime
    return wanted


def begins(day: date, zone: Zone) -> datetime:
    """The first instant of the day, aware, in the zone: midnight, or later where the clock skips it."""
    return datetime.combine(day, time(), zone_of(zone)).astimezone(UTC).astimezone(zone_of(zone))


def after(day: date, days: int = 1) -> date:
    """The day that many later (negative: earlier)."""
    return day + timedelta(days=days)
