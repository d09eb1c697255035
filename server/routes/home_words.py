"""Days as people say them."""

from datetime import datetime

from clinic_time import words
from clinic_time.days import day_of


def day_words(moment: datetime, now: datetime, zone: str) -> str:
    """ "Today", "Tomorrow", "Yesterday", or the weekday and date, where the reader lives."""
    return words.near(day_of(moment, zone), day_of(now, zone))
