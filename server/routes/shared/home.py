"""First pages: where somebody goes after signing in, the patient's home, help in a crisis."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from starlette.responses import RedirectResponse

from compliance.shared.vocabulary import Action, Role
from emr.danger.crisis_lines import HelpLine
from emr.people import queries as people_records
from emr.presence.model import Site
from emr.shared.clinic_time import words
from emr.shared.ids import SiteId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import Modality, Visit, VisitEventKind, VisitStatus
from emr.visits.use_cases import DeviceOutcome
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters.frames import frame, role_words
from server.presenters.home_words import day_words
from server.presenters.visit_parts import VisitPeople, known_sites, meeting_place, people_of_each, statement_of
from server.routes.patient import my_medicines, my_parts, my_safety
from visit_ui.pages.patient.home import ComingVisit, Crisis, CrisisLine, JoinState, PatientHome, PlainMedicine, TodoItem
from visit_ui.pages.patient.my_safety import MySafety
from visit_ui.texts import _

# Where each role begins; the first that fits.
FIRST_PAGES = (
    (frozenset({Role.PRESCRIBER, Role.SUPERVISOR}), "/day"),
    (frozenset({Role.OFFICER}), "/log"),
    (frozenset({Role.ADMINISTRATOR}), "/people"),
    (frozenset({Role.CARE_TEAM}), "/patients"),
    (frozenset({Role.FRONT_DESK}), "/desk"),
)
AHEAD_SHOWN = 5
KIND_WORDS = {
    Modality.VIDEO: _("Video visit"),
    Modality.AUDIO: _("Phone visit"),
    Modality.IN_PERSON: _("In-person visit"),
}


async def home(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: staff go to their own first page; patients and guests see what is next."""
    if not work.actor.roles & {Role.PATIENT, Role.GUEST}:
        for roles, path in FIRST_PAGES:
            if work.actor.roles & roles:
                return RedirectResponse(path, status_code=303)
    me = await work.viewer()
    mine = Role.PATIENT in work.actor.roles
    (known, todo, safety), off, places, medicines = await together(
        work.conn,
        _ahead(ask, work, mine=mine),
        _all_called_off(ask, work, me.zone),
        known_sites(work),
        _medicines(ask, work, mine=mine),
    )
    coming = tuple(_coming(ask, visit_people, me.zone, places) for visit_people in known)
    return PatientHome(
        frame=await frame(ask, work, _("Home"), live=True),
        first_name=me.given_name,
        visit=coming[0] if coming else None,
        todo=todo,
        later=coming[1:],
        medicines=medicines,
        clinic_phone=ask.app_context.settings.clinic_phone or None,
        cancelled=off,
        safety=safety,
    )


async def _ahead(
    ask: Ask, work: UnitOfWork, *, mine: bool
) -> tuple[Sequence[VisitPeople], tuple[TodoItem, ...], MySafety | None]:
    """The visits to come with their people; of the next one, what is to be done, and its safety steps."""
    ahead = await visit_records.ahead(work.conn, ask.person_id, work.now, AHEAD_SHOWN)
    if not ahead:
        return (), (), None
    known = await people_of_each(work.conn, ahead)
    todo, safety = await together(work.conn, _todo(ask, work, known[0]), _safety(ask, work, known[0], mine=mine))
    return known, todo, safety


async def _safety(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, *, mine: bool) -> MySafety | None:
    return await my_safety.fragment(ask, work, visit_people) if mine else None


async def _medicines(ask: Ask, work: UnitOfWork, *, mine: bool) -> tuple[PlainMedicine, ...] | None:
    return await my_medicines.plain(ask, work, ask.person_id) if mine else None


async def _all_called_off(ask: Ask, work: UnitOfWork, zone: str) -> tuple[str, ...]:
    """ "Thursday, December 3, 10:30 AM, with Dr. Drew Marsh", for each."""
    off = await visit_records.called_off(work.conn, ask.person_id, work.now)
    known = await people_records.people(work.conn, {one.prescriber for one in off})
    return tuple(
        _(
            "%(day)s, %(time)s, with %(name)s",
            day=day_words(one.scheduled_start, ask.now, zone),
            time=words.clock(one.scheduled_start, zone),
            name=known[one.prescriber].name_words,
        )
        for one in off
    )


def _coming(ask: Ask, visit_people: VisitPeople, zone: str, places: Mapping[SiteId, Site]) -> ComingVisit:
    visit, mine = visit_people.visit, ask.person_id == visit_people.visit.patient
    join_state = _join_state(visit, ask.now)
    going_on = join_state is JoinState.GOING_ON
    return ComingVisit(
        starts=visit.scheduled_start,
        minutes=visit.scheduled_minutes,
        when=day_words(visit.scheduled_start, ask.now, zone),
        kind=KIND_WORDS[visit.modality],
        with_name=visit_people.prescriber.name_words,
        with_role=role_words(visit_people.prescriber, frozenset({Role.PRESCRIBER})),
        with_initials=visit_people.prescriber.initials,
        join_state=join_state,
        opens_at=visit.join_opens_at,
        join_href=f"/visits/{visit.id}"
        if going_on
        else f"/visits/{visit.id}/{'waiting' if _waits(visit) else 'prepare'}",
        place=meeting_place(visit, places),
        for_name=None if mine else visit_people.patient.person.name,
        sound_only=visit.modality is Modality.AUDIO,
    )


def _waits(visit: Visit) -> bool:
    return visit.status is VisitStatus.WAITING


def _join_state(visit: Visit, now: datetime) -> JoinState:
    match visit.status:
        case _ if visit.modality is Modality.IN_PERSON:
            return JoinState.AT_CLINIC
        case VisitStatus.IN_PROGRESS:
            return JoinState.GOING_ON
        case VisitStatus.WAITING:
            return JoinState.WAITING
        case _:
            return JoinState.OPEN if visit.join_open(now) else JoinState.CLOSED


async def _todo(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> tuple[TodoItem, ...]:
    """What to do before the next visit, each with whether it is done."""
    visit = visit_people.visit
    mine = ask.person_id == visit.patient
    devices, due, stated = await together(
        work.conn, _devices(ask, work, visit), my_parts.due_scales(ask, work, visit_people), statement_of(work, visit)
    )
    items = [] if visit.modality is Modality.IN_PERSON else [devices]
    if not mine:
        return tuple(items)
    for scale in due:
        href = f"/visits/{visit.id}/scales/{scale.scale}"
        items.append(TodoItem(scale.title, scale.length, scale.done, None if scale.done else _("Answer"), href))
    if visit.modality is Modality.IN_PERSON:
        return tuple(items)
    items.append(_where(visit, located=stated is not None, opened=visit.join_open(ask.now)))
    return tuple(items)


async def _devices(ask: Ask, work: UnitOfWork, visit: Visit) -> TodoItem:
    """Done when every device of this person was tested and works; else it can be done again."""
    found = await visit_records.last_events(work.conn, [visit.id], VisitEventKind.DEVICES_CHECKED, by=ask.person_id)
    outcome = found[visit.id].detail if visit.id in found else None
    done = outcome in (DeviceOutcome.ALL_WORK, DeviceOutcome.AUDIO_ONLY)
    words = _("About a minute.") if done or outcome is None else _("Something was not tested, or did not work.")
    act = None if done else _("Check again") if outcome else _("Check now")
    title = _("Check your microphone") if visit.modality is Modality.AUDIO else _("Check your camera and microphone")
    return TodoItem(title, words, done, act, f"/visits/{visit.id}/prepare")


def _where(visit: Visit, *, located: bool, opened: bool) -> TodoItem:
    """It leads on into the waiting room, so it is asked for once that is open."""
    if located or not opened:
        detail = (
            _("So that help can find you.")
            if located
            else _("You can do this once joining opens. It helps us find you.")
        )
        return TodoItem(_("Say where you are"), detail, located)
    detail = _("So that help can find you. Next is the waiting room.")
    return TodoItem(_("Say where you are"), detail, done=False, act=_("Say where"), href=f"/visits/{visit.id}/arrive")


async def crisis(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: whom to turn to at once."""
    lines = tuple(crisis_line(line) for line in ask.app_context.references.crisis)
    return Crisis(frame=await frame(ask, work, _("Help now")), lines=lines, back_href="/home")


def crisis_line(line: HelpLine) -> CrisisLine:
    """One way to get help, with what its button does."""
    if line.call:
        return CrisisLine(line.name, line.words, _("Call %(number)s", number=line.call), f"tel:{line.call}")
    return CrisisLine(line.name, line.words, _("Text %(number)s", number=line.text), f"sms:{line.text}")


ROUTES = (
    RouteSpec("GET", "/home", home, Action.SESSION_READ),
    RouteSpec("GET", "/crisis", crisis, Action.CRISIS_READ),
)
