"""Times of the demo's story, told relative to now: clinic hours of past and coming days, and the slots of today."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from emr.shared.clinic_time.days import day_of, zone_of

# The clinic's visits begin on tens of minutes, so that those that can be held now look booked, not arranged.
GRID = 10
# Ada's visit was due a few minutes ago and Marcus's is due within a quarter of an hour: both can be joined.
AFTER_ADA = timedelta(minutes=20)
# Caleb's, in person with another prescriber, lies between the two: he can be checked in.
AFTER_CALEB = timedelta(minutes=10)
OPENS = timedelta(minutes=15)
# The other visits of today, as minutes from Ada's. Where one would fall on another day it gets the clinic hour beside
# it, on the working day before or after: a demo opened at midnight still has visits at believable hours.
AROUND: dict[str, tuple[int, str]] = {
    "gwen-intake": (-110, "14:20"),
    "noor": (-90, "14:40"),
    "peter": (-60, "15:10"),
    "rosa": (-60, "15:20"),
    "ines": (-30, "15:50"),
    "gwen": (60, "9:00"),
    "noor-labs": (110, "9:40"),
}


@dataclass(frozen=True, slots=True)
class On:
    """A clinic hour: ``days`` before today (negative: after it), ``at`` by the clinic's clock ("9:30")."""

    days: int
    at: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A visit of today by its name in ``Calendar.slots``, and minutes from its beginning."""

    name: str
    minutes: int = 0


Moment = On | Slot


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the story's moments are on the day it is told. ``now`` is aware, UTC."""

    now: datetime
    zone: ZoneInfo
    slots: dict[str, datetime] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """By the clinic's calendar."""
        return day_of(self.now, self.zone)

    def at(self, moment: Moment) -> datetime:
        """That moment, UTC. The past moves to the Friday before a weekend, the future to the Monday after."""
        match moment:
            case Slot(name, minutes):
                return self.slots[name] + timedelta(minutes=minutes)
            case On(days, at):
                return self._hour(self.day(days), at)

    def day(self, days: int) -> date:
        """The working day that many days before today (negative: after it); today itself may be any day."""
        day = self.today - timedelta(days=days)
        if days > 0:
            return day - timedelta(days=max(0, day.weekday() - 4))
        if days < 0:
            return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
        return day

    def told(self, days: int, now: datetime) -> date:
        """A calendar day, that many before today, told at ``now``: never later, though a weekend moved the telling."""
        return min(self.today - timedelta(days=days), day_of(now, self.zone))

    def _hour(self, day: date, at: str) -> datetime:
        hour, minute = at.split(":")
        return datetime.combine(day, time(int(hour), int(minute)), self.zone).astimezone(UTC)


def calendar(now: datetime, zone: str) -> Calendar:
    """Today's slots: three visits that can be held now, some before, some after, on the same day where possible."""
    made = Calendar(now, zone_of(zone))
    marcus = _joinable(now)
    made.slots.update(ada=marcus - AFTER_ADA, caleb=marcus - AFTER_CALEB, marcus=marcus)
    for name, (minutes, instead) in AROUND.items():
        start = made.slots["ada"] + timedelta(minutes=minutes)
        if day_of(start, made.zone) != made.today:
            start = made.at(On(1 if minutes < 0 else -1, instead))
        made.slots[name] = start
    return made


def _joinable(now: datetime) -> datetime:
    """The last time on the grid that already opens now."""
    latest = (now + OPENS).replace(second=0, microsecond=0)
    return latest - timedelta(minutes=latest.minute % GRID)
