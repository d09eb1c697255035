"""Days as people say them, and the addresses of a day's pages."""

from datetime import date, datetime
from urllib.parse import urlencode

from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import day_of
from visit_ui.texts import marked


def day_words(moment: datetime, now: datetime, zone: str) -> str:
    """ "Today", "Tomorrow", "Yesterday", or the weekday and date, where the reader lives."""
    return marked(words.near(day_of(moment, zone), day_of(now, zone)))


def read_again(path: str, day: date, of: str) -> str:
    """Where a day's page reads itself again, still saying what became of the visit that it was opened for."""
    return f"{path}?{urlencode({'date': day.isoformat(), **({'of': of} if of else {})})}"
