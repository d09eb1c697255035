"""Use cases of the check-in: the front desk states that two people are at a site, and the patient says so too.

It holds for that visit until its booked end and an hour, by the database's clock, and no longer once either of the two
joins a call or another prescriber takes the visit over.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.people import use_cases as people
from emr.presence import repository as records
from emr.presence.events import CheckInConfirmed, CheckInStated
from emr.presence.model import CheckIn, same_person
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid, Refused
from emr.shared.ids import CheckInId, PersonId, SiteId, VisitId
from emr.shared.marks import N_
from emr.visits import use_cases as visiting
from emr.visits.guard import visit_of
from emr.visits.model import Visit, VisitStatus

GOOD_AFTER = timedelta(minutes=60)
"""How long after a visit's booked end its check-in holds; the database's trigger `check_in_recorded` says the same."""

NO_MATCH = N_("This does not match what the clinic has on file. Check the spelling and the date, or ask at the desk.")


async def state(
    context: UseCaseContext,
    visit_id: VisitId,
    patient_id: PersonId,
    *,
    site_id: SiteId | None,
    here: frozenset[PersonId],
) -> CheckIn:
    """The actor, at the front desk, states that those in `here` are at the site.

    Raises `Invalid` (fields `site`, `patient_here`, `prescriber_here`) and `Refused`: the visit is not in person, it
    is not its time, or the actor is one of the two.
    """
    visit = await visit_of(context.conn, visit_id, patient_id, lock=True)
    prescriber = await prescriber_of(context.conn, visit)
    _ready(context, visit, prescriber)
    site = await records.site(context.conn, site_id) if site_id is not None else None
    wrong: dict[str, str] = {}
    if site is None or site.closed_at is not None:
        wrong["site"] = "Choose the site where both people are now."
    if visit.patient not in here:
        wrong["patient_here"] = "Confirm that the patient is in front of you now, then check this box."
    if prescriber not in here:
        wrong["prescriber_here"] = "Confirm that the prescriber is at this site now, then check this box."
    if wrong or site is None:
        raise Invalid(wrong)
    made = CheckInId(uuid4())
    await records.add_check_in(context.conn, made, visit, prescriber, site.id, context.actor, context.now)
    context.events.append(
        CheckInStated(patient=visit.patient, visit=visit.id, check_in=made, site=site.id, prescriber=prescriber)
    )
    stated = await records.check_in(context.conn, made, context.now)
    assert stated is not None
    return stated


async def confirm(
    context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, full_name: str, born: date | None
) -> CheckIn:
    """The patient says on the front desk's device who they are and that they are here: now the check-in holds.

    Whoever has not arrived has arrived now. Raises `Invalid` (fields `full_name`, `born`) when it is not what is on
    file, and `Refused` when nothing was stated that could be confirmed.
    """
    visit = await visit_of(context.conn, visit_id, patient_id, lock=True)
    stated = await latest(context, visit_id)
    if stated is None or stated.confirmed_at is not None:
        raise Refused("nothing_to_confirm", "Start the check-in at the front desk first.")
    _ready(context, visit, stated.prescriber)
    patient = await people.patient(context.conn, patient_id)
    if not same_person(patient, full_name, born):
        raise Invalid({"full_name": NO_MATCH})
    await records.confirm(context.conn, stated.id, context.now)
    context.events.append(CheckInConfirmed(patient=visit.patient, visit=visit.id, check_in=stated.id))
    if visit.status is VisitStatus.SCHEDULED:
        await visiting.arrive(context, visit_id, patient_id)
    confirmed = await records.check_in(context.conn, stated.id, context.now)
    assert confirmed is not None
    return confirmed


async def prescriber_of(conn: AsyncConnection, visit: Visit) -> PersonId:
    """Whose presence is stated: who attends, else for whom the visit is booked."""
    attended = await records.attending(conn, visit.id)
    return attended.prescriber if attended else visit.prescriber


async def latest(context: UseCaseContext, visit_id: VisitId) -> CheckIn | None:
    """The newest check-in of a visit, whether or not it holds at the context's `now`; None: there is none."""
    found = await records.latest_check_in(context.conn, visit_id)
    return None if found is None else await records.check_in(context.conn, found, context.now)


def why_not_now(visit: Visit, now: datetime) -> Refused | None:
    """Why nobody can be checked in for the visit at `now`, for a refusal or to leave out what would be refused."""
    if visit.remote:
        return Refused(
            "not_in_person", "This visit is not in person. A patient who comes to the clinic needs an in-person visit."
        )
    if visit.status not in (VisitStatus.SCHEDULED, VisitStatus.WAITING, VisitStatus.IN_PROGRESS):
        return Refused("wrong_state", "This visit is over. Book another one.")
    if not visit.join_open(now) and now < visit.join_opens_at:
        return Refused("not_its_time", "Check-in opens 15 minutes before the visit.")
    if now > visit.scheduled_start + timedelta(minutes=visit.scheduled_minutes) + GOOD_AFTER:
        return Refused("too_late", "The time of this visit has passed. Book another one.")
    return None


def _ready(context: UseCaseContext, visit: Visit, prescriber: PersonId) -> None:
    refused = why_not_now(visit, context.now)
    if refused is not None:
        raise refused
    if context.actor in (visit.patient, prescriber):
        raise Refused(
            "second_person", "A check-in needs a second person. You cannot check in yourself or your own patient."
        )
