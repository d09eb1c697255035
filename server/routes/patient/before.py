"""What a patient (or guest) does before the call: device check, where they are, the waiting room."""

from collections.abc import Mapping
from datetime import timedelta

from compliance.shared.vocabulary import Action, Role
from emr.shared import contact
from emr.shared.errors import Invalid, Refused
from emr.visits import use_cases as visiting
from emr.visits.model import Modality, Visit, VisitStatus
from emr.visits.use_cases import DeviceOutcome
from emr.worklist import line
from server.application.actors import person_key, visit_key
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, PageWithStatus, Redirect, RouteSpec
from server.presenters.call_parts import self_test_setup
from server.presenters.frames import frame, role_words, short_name
from server.presenters.visit_parts import OVER, VisitPeople, read_visit_people, statement_of, viewer_zone, visit_context
from server.routes.patient import my_parts, my_safety
from visit_ui.pages.patient.before import ArrivePage, DeviceCheckPage, LastPlace, WaitingPage, WaitingPlace
from visit_ui.pages.shell.parts import Option
from visit_ui.texts import _, marked, ngettext

# Below this a visit counts as on time.
LATE_FROM = timedelta(minutes=5)


async def prepare(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: check camera, microphone, speaker and line; works from the day before."""
    visit_people = await read_visit_people(work)
    if visit_people.visit.status in OVER or not visit_people.visit.remote:
        return Redirect(f"/visits/{visit_people.visit.id}")
    zone = await viewer_zone(work)
    is_patient = ask.person_id == visit_people.visit.patient
    return DeviceCheckPage(
        frame=await frame(ask, work, _("Check your devices"), live=True),
        visit=visit_context(ask, visit_people, zone),
        with_name=visit_people.prescriber.name_words,
        starts_at=visit_people.visit.scheduled_start,
        call=self_test_setup(ask, visit_people),
        next_words=_next_words(ask, visit_people.visit) if is_patient else _("Go to the waiting room"),
        opens_words=_opens_words(visit_people.visit, ask),
        help_phone=my_parts.help_phone(ask),
    )


async def checked(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: what the device check found, as the page says it."""
    visit_people = await read_visit_people(work)
    outcome = ask.form.text("outcome")
    known = {one.value for one in DeviceOutcome}
    kept = DeviceOutcome(outcome) if outcome in known else DeviceOutcome.PROBLEM
    await visiting.note_devices(work.context, visit_people.visit.id, visit_people.visit.patient, kept)
    work.announce(person_key(visit_people.visit.prescriber), "queue")
    is_patient = ask.person_id == visit_people.visit.patient
    if (
        is_patient and visit_people.visit.why_not_arrive(ask.now) is not None
    ):  # the day before, say: nothing follows yet
        return Redirect("/home")
    return Redirect(f"/visits/{visit_people.visit.id}/arrive")


def _next_words(ask: Ask, visit: Visit) -> str:
    """What follows the check: once the visit is open the patient says where they are, and who waits has said so."""
    if visit.why_not_arrive(ask.now) is not None:
        return _("Go to your page")
    return _("Say where you are") if visit.status is VisitStatus.SCHEDULED else _("Go to the waiting room")


async def arrive_form(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: where are you now, and how do we call you back."""
    visit_people = await read_visit_people(work)
    if visit_people.visit.status in OVER or not visit_people.visit.remote:
        return Redirect(f"/visits/{visit_people.visit.id}")
    if ask.person_id != visit_people.visit.patient:
        return Redirect(f"/visits/{visit_people.visit.id}/waiting")
    if visit_people.visit.status in (VisitStatus.WAITING, VisitStatus.IN_PROGRESS) and await statement_of(
        work, visit_people.visit
    ):
        return Redirect(f"/visits/{visit_people.visit.id}/waiting")
    return await _arrive_page(ask, work, visit_people, {}, {})


async def arrive(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: state it, and sit down in the waiting room."""
    visit_people = await read_visit_people(work)
    if not visit_people.visit.remote:
        raise Refused("in_person", _("This visit is in person. Check in at the front desk when you arrive."))
    fields = _stated(ask)
    try:
        statement = contact.statement(**fields)
    except Invalid as error:
        return PageWithStatus(await _arrive_page(ask, work, visit_people, fields, _said(error.fields)), 422)
    await visiting.arrive(work.context, visit_people.visit.id, visit_people.visit.patient, statement)
    work.announce(person_key(visit_people.visit.prescriber), "queue")
    work.announce(visit_key(visit_people.visit.id), "visit")
    return Redirect(f"/visits/{visit_people.visit.id}/waiting")


async def arrive_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and what does not fit. Nobody sits down."""
    return PageWithStatus(await _arrive_page(ask, work, await read_visit_people(work), _stated(ask), _said(wrong)), 422)


def _said(wrong: Mapping[str, str]) -> dict[str, str]:
    """Remedies of the record, as the patient reads them."""
    return {name: marked(remedy) for name, remedy in wrong.items()}


def _stated(ask: Ask) -> dict[str, str]:
    return {name: ask.form.text(name) for name in ("line", "city", "state", "postal", "call_back")}


async def waiting(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: the waiting room; whoever is admitted already goes on into the call."""
    visit_people = await read_visit_people(work)
    visit, zone = visit_people.visit, await viewer_zone(work)
    if visit.status not in (VisitStatus.SCHEDULED, VisitStatus.WAITING) or not visit.remote:
        return Redirect(f"/visits/{visit.id}")
    stated = await statement_of(work, visit)
    is_patient = ask.person_id == visit.patient
    if is_patient and (stated is None or visit.status is VisitStatus.SCHEDULED):
        return Redirect(f"/visits/{visit.id}/arrive")
    return WaitingPage(
        frame=await frame(ask, work, _("Waiting room"), live=True),
        visit=visit_context(ask, visit_people, zone),
        place=await _place(ask, work, visit_people, zone),
        with_name=visit_people.prescriber.name_words,
        with_role=role_words(visit_people.prescriber, frozenset({Role.PRESCRIBER})),
        with_initials=visit_people.prescriber.initials,
        minutes=visit.scheduled_minutes,
        scales=await my_parts.my_scales(ask, work, visit_people, zone),
        safety=await my_safety.fragment(ask, work, visit_people),
        place_words=stated.statement.place_words if stated and is_patient else "",
        call_back=contact.phone_words(stated.statement.call_back) if stated and is_patient else "",
        confirmed_at=stated.at if stated else visit.scheduled_start,
        agenda=await my_parts.agenda(work, visit.patient) if is_patient else (),
        sound_only=visit.modality is Modality.AUDIO,
        help_phone=my_parts.help_phone(ask),
    )


async def place(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment: the place in the queue, live."""
    visit_people = await read_visit_people(work)
    return await _place(ask, work, visit_people, await viewer_zone(work))


async def _place(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, zone: str) -> WaitingPlace:
    visit = visit_people.visit
    found = await line.place_in_queue(work.conn, visit, work.now)
    late = work.now - visit.scheduled_start
    return WaitingPlace(
        visit=visit_context(ask, visit_people, zone),
        with_short=short_name(visit_people.prescriber),
        before=found.ahead if found else 0,
        late_minutes=int(late.total_seconds() // 60) if late >= LATE_FROM else None,
        may_start=found.likely_start if found else None,
        any_minute=found is not None and found.any_minute(work.now),
        starts_at=visit.scheduled_start,
        admitted=visit.status is VisitStatus.IN_PROGRESS,
        over=OVER.get(visit.status),
    )


async def _arrive_page(
    ask: Ask, work: UnitOfWork, visit_people: VisitPeople, typed: dict[str, str], errors: dict[str, str]
) -> ArrivePage:
    before = await visiting.last_statement(work.conn, visit_people.visit.patient)
    last = None
    if before is not None:
        told = before.statement
        last = LastPlace(told.place_words, told.line, told.city, told.state, told.postal)
    why_not = visit_people.visit.why_not_arrive(ask.now)
    number = typed.get("call_back") or (contact.phone_words(before.statement.call_back) if before else "")
    return ArrivePage(
        frame=await frame(ask, work, _("Where are you right now?"), live=True),
        visit=visit_context(ask, visit_people, await viewer_zone(work)),
        last=last,
        states=tuple(Option(code, name) for code, name in contact.states().items()),
        line=typed.get("line", ""),
        city=typed.get("city", ""),
        state=typed.get("state", ""),
        postal=typed.get("postal", ""),
        call_back=number or contact.phone_words(visit_people.patient.phone or ""),
        errors=errors,
        opens_at=visit_people.visit.join_opens_at
        if why_not is not None and ask.now < visit_people.visit.join_opens_at
        else None,
        closed_why=marked(why_not.message) if why_not is not None else None,
    )


def _opens_words(visit: Visit, ask: Ask) -> str | None:
    if visit.join_open(ask.now):
        return None
    minutes = int((visit.join_opens_at - ask.now).total_seconds() // 60) + 1
    if minutes <= 0:
        return None
    if minutes < 90:
        return ngettext("You can join in %(num)s minute.", "You can join in %(num)s minutes.", minutes)
    return _("You can join starting 15 minutes before your visit.")


ROUTES = (
    RouteSpec("GET", "/visits/{visit}/prepare", prepare, Action.VISIT_PREPARE),
    RouteSpec("POST", "/visits/{visit}/prepare", checked, Action.VISIT_PREPARE),
    RouteSpec("GET", "/visits/{visit}/arrive", arrive_form, Action.VISIT_PREPARE),
    RouteSpec("POST", "/visits/{visit}/arrive", arrive, Action.VISIT_ARRIVE, form="arrive", again=arrive_too_long),
    RouteSpec("GET", "/visits/{visit}/waiting", waiting, Action.VISIT_READ),
    RouteSpec("GET", "/visits/{visit}/waiting/place", place, Action.VISIT_READ),
)
