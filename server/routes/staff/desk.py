"""The front desk's day: who comes when, to whom, and who is checked in. Nothing clinical."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from compliance.shared.vocabulary import Action
from emr.outcome.model import Correction, why_not
from emr.people import queries as people_records
from emr.people.model import Patient, Person
from emr.presence import checking_in
from emr.presence import queries as presence_records
from emr.presence.model import CheckIn, CheckInProblem, Site, Voided
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import after, begins, day_of
from emr.shared.errors import NotFound
from emr.shared.ids import CheckInId, PersonId, SiteId, VisitId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import Visit, VisitStatus
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec, uuid_of
from server.http.forms import calendar_day
from server.presenters import outcome_words
from server.presenters.frames import frame, short_name
from server.presenters.home_words import read_again
from server.presenters.visit_parts import known_sites, viewer_zone
from server.routes.staff.visits import MODALITY_WORDS
from visit_ui.pages.staff.desk import DeskCheckIn, DeskDay, DeskState, DeskVisit

STATES = {
    VisitStatus.SCHEDULED: DeskState.EXPECTED,
    VisitStatus.WAITING: DeskState.WAITING,
    VisitStatus.IN_PROGRESS: DeskState.IN_VISIT,
    VisitStatus.ENDED: DeskState.ENDED,
    VisitStatus.MISSED: DeskState.MISSED,
    VisitStatus.CANCELLED: DeskState.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows of a day are made of, read once."""

    prescribers: Mapping[VisitId, PersonId]
    people: Mapping[PersonId, Person]
    patients: Mapping[PersonId, Patient]
    sites: Mapping[SiteId, Site]
    check_ins: Mapping[VisitId, CheckIn]
    voided: Mapping[CheckInId, Voided]
    corrected: Mapping[VisitId, Correction]


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: every visit of one day, today unless ``?date=`` names another; ``?of=`` the visit that was just changed."""
    zone = await viewer_zone(work)
    today = day_of(ask.now, zone)
    chosen = calendar_day(ask.query("date")) or today
    begun, over = begins(chosen, zone), begins(after(chosen), zone)
    (visits, known), said = await together(work.conn, _visits(work, begun, over), _said(ask, work, zone))
    return DeskDay(
        frame=await frame(ask, work, "Front desk", live=True),
        day=begun,
        now=ask.now,
        is_today=chosen == today,
        visits=tuple(_row(one, known, ask, zone) for one in visits),
        previous_href=f"/desk?date={after(chosen, -1)}",
        today_href="/desk",
        next_href=f"/desk?date={after(chosen)}",
        day_href=read_again("/desk", chosen, ask.query("of")),
        said=said,
    )


async def _visits(work: UnitOfWork, begun: datetime, over: datetime) -> tuple[tuple[Visit, ...], _Known]:
    visits = await visit_records.of_day(work.conn, begun, over)
    return visits, await _known(work, visits)


async def _known(work: UnitOfWork, visits: tuple[Visit, ...]) -> _Known:
    ids = [one.id for one in visits]
    attending, check_ins, patients, known, corrected = await together(
        work.conn,
        presence_records.attending_each(work.conn, ids),
        presence_records.check_ins(work.conn, ids, work.now),
        people_records.patients(work.conn, {one.patient for one in visits}),
        known_sites(work),
        outcome_words.corrections(work, visits),
    )
    prescribers = {one.id: attending[one.id].prescriber if one.id in attending else one.prescriber for one in visits}
    voided = await presence_records.voided(work.conn, [one.id for one in check_ins.values()])
    named = {*prescribers.values(), *(one.by for one in voided.values())}
    return _Known(
        prescribers=prescribers,
        people=await people_records.people(work.conn, named),
        patients=patients,
        sites=known,
        check_ins=check_ins,
        voided=voided,
        corrected=corrected,
    )


def _row(visit: Visit, known: _Known, ask: Ask, zone: str) -> DeskVisit:
    patient, made = known.patients[visit.patient], known.check_ins.get(visit.id)
    corrected = known.corrected.get(visit.id)
    holds = made is not None and made.holds
    second = ask.person_id not in (visit.patient, known.prescribers[visit.id])
    may = not holds and second and checking_in.why_not_now(visit, ask.now) is None
    return DeskVisit(
        starts=visit.scheduled_start,
        minutes=visit.scheduled_minutes,
        patient=patient.person.name,
        patient_code=patient.code,
        prescriber=known.people[known.prescribers[visit.id]].name_words,
        how=MODALITY_WORDS[visit.modality],
        state=STATES[visit.status],
        place=_place(visit, known.sites),
        check_in=_check_in(made, known, zone) if made else None,
        check_in_href=f"/desk/visits/{visit.id}/check-in" if may else None,
        corrected=outcome_words.WORDS[corrected.went.outcome] if corrected else None,
        correct_href=None if why_not(visit, ask.person_id, theirs=True) else f"/visits/{visit.id}/correct",
    )


def _place(visit: Visit, known: Mapping[SiteId, Site]) -> str | None:
    if visit.remote:
        return None
    return known[visit.site].name if visit.site else visit.place


def _check_in(made: CheckIn, known: _Known, zone: str) -> DeskCheckIn | None:
    """None for one that the patient has not confirmed: nobody is checked in by it."""
    if made.trouble is CheckInProblem.UNCONFIRMED:
        return None
    ended = known.voided.get(made.id)
    if ended is not None:
        return DeskCheckIn(made.valid_until, void_why=_void_words(ended, known, zone))
    return DeskCheckIn(made.valid_until, over=not made.holds)


def _void_words(ended: Voided, known: _Known, zone: str) -> str:
    who, at = short_name(known.people[ended.by]), words.clock(ended.at, zone)
    if ended.trouble is CheckInProblem.TAKEN_OVER:
        return f"taken over by {who} at {at}"
    return f"{who} joined a call at {at}"


async def _said(ask: Ask, work: UnitOfWork, zone: str) -> str | None:
    """What became of the visit that was just booked, or whose patient was just checked in."""
    try:
        visit = await visit_records.get(work.conn, VisitId(uuid_of(ask.query("of"))))
    except NotFound:
        return None
    if visit is None:
        return None
    known = await _known(work, (visit,))
    patient = known.patients[visit.patient].person.name
    prescriber = short_name(known.people[known.prescribers[visit.id]])
    made = known.check_ins.get(visit.id)
    if made is not None and made.holds:
        until = words.clock(made.valid_until, zone)
        return f"{patient} is checked in with {prescriber} until {until}."
    if visit.id in known.corrected:
        return f"{patient}, with {prescriber}: {outcome_words.state_words(visit, known.corrected[visit.id]).lower()}."
    if visit.status is not VisitStatus.SCHEDULED or made is not None:
        return None
    return f"{words.near_moment(visit.scheduled_start, ask.now, zone)}: {patient} is booked with {prescriber}."


ROUTES = (RouteSpec("GET", "/desk", show, Action.DESK_READ),)
