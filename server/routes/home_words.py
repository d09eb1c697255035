"""Days as people say them."""

from datetime import datetime
from zoneinfo import ZoneInfo


def day_words(moment: datetime, now: datetime, zone: str) -> str:
    """ "Today", "Tomorrow", or the weekday and date."""
    there, today = (one.astimezone(ZoneInfo(zone)).date() for one in (moment, now))
    match (there - today).days:
        case 0:
            return "Today"
        case 1:
            return "Tomorrow"
        case _:
            return f"{there:%A} {there.day} {there:%B}"
