"""What became of a visit, in words: its length, and a correction beside what the record says."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from emr.outcome import queries as outcome_records
from emr.outcome.model import OF_STATUS, Correction, VisitOutcome, times
from emr.people import queries as people_records
from emr.people.model import Person
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import day_of
from emr.shared.ids import VisitId
from emr.visits.model import Visit, VisitStatus
from server.application.unit_of_work import UnitOfWork
from visit_ui.pages.staff.outcome import Corrected
from visit_ui.texts import _, ngettext

ON_RECORD = {VisitStatus.ENDED: "Ended", VisitStatus.MISSED: "Missed", VisitStatus.CANCELLED: "Canceled"}
WORDS = {
    VisitOutcome.ENDED: _("completed"),
    VisitOutcome.DISCONTINUED: _("ended early"),
    VisitOutcome.MISSED: _("missed"),
    VisitOutcome.CANCELLED: _("canceled"),
}


def length_words(visit: Visit, zone: str) -> str | None:
    """ "29 minutes, 10:02 AM to 10:31 AM", as the visit has it."""
    if visit.admitted_at is None or visit.ended_at is None:
        return None
    minutes = max(1, round((visit.ended_at - visit.admitted_at).total_seconds() / 60))
    return _(
        "%(minutes)s, %(times)s",
        minutes=ngettext("%(num)s minute", "%(num)s minutes", minutes),
        times=times_words(visit.admitted_at, visit.ended_at, zone),
    )


def times_words(started: datetime | None, ended: datetime | None, zone: str, *, beside: datetime | None = None) -> str:
    """ "10:02 AM to 10:31 AM", "from 10:02 AM", "until 10:31 AM" or nothing.

    With the day where it is another than `beside`'s.
    """

    def said(at: datetime) -> str:
        return words.clock(at, zone) if beside is None else words.lately(at, day_of(beside, zone), zone)

    if started and ended:
        return _("%(start)s to %(end)s", start=said(started), end=said(ended))
    if started:
        return _("from %(start)s", start=said(started))
    return _("until %(end)s", end=said(ended)) if ended else ""


def state_words(visit: Visit, made: Correction | None) -> str:
    """ "Missed", or "Missed, corrected to held"."""
    was = ON_RECORD[visit.status]
    return f"{was}, corrected to {WORDS[made.went.outcome]}" if made else was


async def corrections(work: UnitOfWork, visits: Sequence[Visit]) -> Mapping[VisitId, Correction]:
    """The newest correction of each of them; of those that are not over there is none."""
    return await outcome_records.newest_each(work.conn, [one.id for one in visits if one.status in OF_STATUS])


async def newest(work: UnitOfWork, visit: Visit, zone: str) -> Corrected | None:
    """The correction that stands, as a page shows it."""
    made = (await corrections(work, [visit])).get(visit.id)
    return None if made is None else (await shown(work, visit, [made], zone))[0]


async def shown(work: UnitOfWork, visit: Visit, made: Sequence[Correction], zone: str) -> tuple[Corrected, ...]:
    """Corrections as a page shows them, in their order."""
    by = await people_records.people(work.conn, {one.by for one in made})
    return tuple(_shown(visit, one, by[one.by], zone) for one in made)


def _shown(visit: Visit, made: Correction, by: Person, zone: str) -> Corrected:
    return Corrected(
        was=ON_RECORD[visit.status],
        to=WORDS[made.went.outcome],
        by=by.name_words,
        at=made.at,
        reason=made.reason,
        times=times_words(*times(visit, made.went), zone, beside=visit.scheduled_start) or None,
    )
