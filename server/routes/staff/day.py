"""The prescriber's day: who is waiting and for how long, today's visits, notes left unsigned."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from compliance.shared.vocabulary import Action
from emr.notes import use_cases as noting
from emr.outcome.model import HELD, OF_STATUS, Correction
from emr.people import queries as people_records
from emr.people.model import Patient
from emr.presence import queries as presence_records
from emr.presence.model import CheckIn, Site
from emr.questionnaires.model import Scales
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import after, begins, day_of
from emr.shared.errors import NotFound
from emr.shared.ids import PersonId, SiteId, VisitId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import Visit, VisitStatus
from emr.worklist import reading as days
from emr.worklist.reading import DayVisit as Held
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec, uuid_of
from server.http.forms import calendar_day
from server.presenters import outcome_words
from server.presenters.frames import frame
from server.presenters.home_words import day_words, read_again
from server.presenters.visit_parts import known_sites, viewer_zone
from server.routes.staff import waiting_room
from server.routes.staff.visits import KIND_WORDS, MODALITY_WORDS
from visit_ui.pages.shell.parts import Badge, Sparkline
from visit_ui.pages.staff.day import Day, DayVisit, UnfinishedNote

UNFINISHED_SHOWN = 6


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: one day, today unless ``?date=`` names another; ``?of=`` the visit that was just booked or cancelled."""
    zone = await viewer_zone(work)
    today = day_of(ask.now, zone)
    chosen = calendar_day(ask.query("date")) or today
    begun, over = begins(chosen, zone), begins(after(chosen), zone)
    (held, met, corrected), around, places, line, unfinished, said = await together(
        work.conn,
        _held_on(ask, work, begun, over),
        frame(ask, work, "Day", live=True),
        known_sites(work),
        waiting_room.read_line(work, ask),
        _unfinished(ask, work, zone),
        _said(ask, work, zone),
    )
    scales = ask.app_context.references.scales
    left = [one for one in held if one.visit.status is VisitStatus.SCHEDULED and one.visit.scheduled_start > ask.now]
    return Day(
        frame=around,
        day=begun,
        now=ask.now,
        is_today=chosen == today,
        visits=tuple(
            _row(one, scales, ask.now, places, met.get(one.visit.id), corrected.get(one.visit.id)) for one in held
        ),
        done=sum(_held(one.visit, corrected.get(one.visit.id)) for one in held),
        next_at=left[0].visit.scheduled_start if left else None,
        waiting=await waiting_room.shown(ask, around, line),
        unfinished=unfinished,
        previous_href=f"/day?date={after(chosen, -1)}",
        today_href="/day",
        next_href=f"/day?date={after(chosen)}",
        book_href="/visits/new",
        day_href=read_again("/day", chosen, ask.query("of")),
        scale=scales.get(days.CURVE_SCALE).short,
        said=said,
    )


async def _held_on(
    ask: Ask, work: UnitOfWork, begun: datetime, over: datetime
) -> tuple[Sequence[Held], Mapping[VisitId, CheckIn], Mapping[VisitId, Correction]]:
    """The visits of the day, the check-ins of those in person, and what was corrected of them."""
    held = await days.day(work.conn, ask.person_id, begun, over)
    met, corrected = await together(
        work.conn,
        presence_records.check_ins(work.conn, [one.visit.id for one in held if not one.visit.remote], ask.now),
        outcome_words.corrections(work, [one.visit for one in held]),
    )
    return held, met, corrected


async def _said(ask: Ask, work: UnitOfWork, zone: str) -> str | None:
    """What became of the visit that was just booked or cancelled."""
    became = {VisitStatus.SCHEDULED: "Booked", VisitStatus.CANCELLED: "Canceled"}
    try:
        visit = await visit_records.get(work.conn, VisitId(uuid_of(ask.query("of"))))
    except NotFound:
        return None
    if visit is None or visit.prescriber != ask.person_id or visit.status not in became:
        return None
    patient = (await people_records.patients(work.conn, {visit.patient}))[visit.patient].person
    when = words.near_moment(visit.scheduled_start, ask.now, zone)
    return f"{became[visit.status]}: {patient.name}, {when}. {patient.given_name} sees this on their page."


def _held(visit: Visit, made: Correction | None) -> bool:
    return (made.went.outcome if made else OF_STATUS.get(visit.status)) in HELD


def _row(
    one: Held,
    scales: Scales,
    now: datetime,
    places: Mapping[SiteId, Site],
    check_in: CheckIn | None,
    made: Correction | None,
) -> DayVisit:
    visit = one.visit
    scale = scales.get(days.CURVE_SCALE)
    curve = None
    if one.totals:
        told = ", ".join(str(total) for total in one.totals)
        curve = Sparkline(tuple(float(total) for total in one.totals), scale.low, scale.high, f"{scale.short} {told}")
    act, href = _act(one, now)
    done, asked = one.scales_answered
    started = done or one.devices or visit.status is not VisitStatus.SCHEDULED
    return DayVisit(
        starts=visit.scheduled_start,
        patient=one.patient.person.name,
        about=about(one.patient, now),
        patient_href=f"/patients/{visit.patient}",
        kind=_kind(one, places),
        scores=curve,
        before=_before(one, done, asked, made) if started else None,
        before_badge=_badge(visit, check_in, started=bool(started)),
        state=_state(one, made),
        act=act,
        act_href=href,
    )


def about(patient: Patient, now: datetime) -> str:
    """ "34, she/her"."""
    return ", ".join(part for part in (str(patient.age(now)), patient.person.pronouns) if part)


def _kind(one: Held, places: Mapping[SiteId, Site]) -> str:
    visit = one.visit
    site = places[visit.site].name if visit.site else None
    parts = (KIND_WORDS[visit.kind], MODALITY_WORDS[visit.modality].lower(), site, visit.place)
    return ", ".join(part for part in parts if part)


def _before(one: Held, done: int, asked: int, made: Correction | None) -> str:
    if _held(one.visit, made):
        return "Done"
    came_to_nothing = one.visit.status in (VisitStatus.MISSED, VisitStatus.CANCELLED)  # nothing is left to be done then
    return f"Scales {done} of {asked}" if asked and not came_to_nothing else ""


def _badge(visit: Visit, check_in: CheckIn | None, *, started: bool) -> Badge | None:
    """In person, whether the front desk has checked the patient in; else, that nothing was done before the visit."""
    if visit.remote:
        return None if started else Badge("No scales answered", "unknown")
    if visit.status in (VisitStatus.ENDED, VisitStatus.CANCELLED, VisitStatus.MISSED):
        return None
    if check_in is not None and check_in.holds:
        return Badge("Checked in", "good", "check")
    return Badge("Not checked in", "unknown")


def _state(one: Held, made: Correction | None) -> Badge | None:
    visit = one.visit
    if made is not None:
        return Badge(outcome_words.state_words(visit, made), "information", "pencil")
    match visit.status:
        case VisitStatus.WAITING:
            return Badge("Waiting", "information")  # how long is counted on in the waiting room above
        case VisitStatus.IN_PROGRESS:
            return Badge("In visit", "good")
        case VisitStatus.MISSED:
            return Badge("Missed", "warning")
        case VisitStatus.ENDED if one.note is not None and one.note.signed_at is not None:
            return Badge("Signed", "plain", "lock")
        case VisitStatus.ENDED:
            return Badge("Note unsigned", "warning")
        case _:
            return None


def _act(one: Held, now: datetime) -> tuple[str | None, str | None]:
    href = f"/visits/{one.visit.id}"
    match one.visit.status:
        case VisitStatus.IN_PROGRESS:
            return "Rejoin", href
        case VisitStatus.ENDED if one.note is None or one.note.signed_at is None:
            return "Finish note", f"{href}?tab=notes"
        case VisitStatus.WAITING | VisitStatus.SCHEDULED:  # long before it, too: to invite somebody, or to call it off
            return "Open", href
        case VisitStatus.MISSED | VisitStatus.CANCELLED:  # to put that right, or to book another
            return "Open", href
        case _:
            return None, None


async def _unfinished(ask: Ask, work: UnitOfWork, zone: str) -> tuple[UnfinishedNote, ...]:
    notes = (await noting.unsigned(work.conn, ask.person_id))[:UNFINISHED_SHOWN]
    people = await people_records.people(work.conn, [PersonId(one.patient) for one in notes])
    rows = []
    for one in notes:
        when = day_words(one.saved_at, ask.now, zone)
        detail = f"{when}, draft saved {words.clock(one.saved_at, zone)}"
        rows.append(UnfinishedNote(people[one.patient].name, detail, f"/visits/{one.visit}?tab=notes"))
    return tuple(rows)


ROUTES = (RouteSpec("GET", "/day", show, Action.DAY_READ),)
