"""The frame around every page: who looks, where they may go, and what their page listens to."""

from compliance.shared.vocabulary import Action, Role
from emr.people.model import Person
from server.application.actors import Subject
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Ask
from server.presenters.help import help_now
from visit_ui.pages.shell.frame import Frame, NavItem, Viewer
from visit_ui.texts import _

# The word for a role where the person has no profession of their own; the first that fits.
ROLE_WORDS = {
    Role.PRESCRIBER: "Prescriber",
    Role.SUPERVISOR: "Supervisor",
    Role.OFFICER: "Compliance officer",
    Role.ADMINISTRATOR: "Administrator",
    Role.CARE_TEAM: "Care team",
    Role.FRONT_DESK: "Front desk",
    Role.PATIENT: _("Patient"),
    Role.GUEST: _("Guest"),
}

# Places in the header: label, address, the action it needs. Shown only to those who may open them.
PLACES: tuple[tuple[str, str, Action, frozenset[Role]], ...] = (
    ("Day", "/day", Action.DAY_READ, frozenset({Role.PRESCRIBER, Role.SUPERVISOR})),
    ("Patients", "/patients", Action.PATIENT_SEARCH, frozenset({Role.PRESCRIBER, Role.SUPERVISOR, Role.CARE_TEAM})),
    ("Front desk", "/desk", Action.DESK_READ, frozenset({Role.FRONT_DESK})),
    (_("Home"), "/home", Action.VISIT_READ, frozenset({Role.PATIENT, Role.GUEST})),
    ("Prescribing log", "/log", Action.LOG_READ, frozenset({Role.OFFICER})),
    ("People", "/people", Action.PERSON_READ, frozenset({Role.ADMINISTRATOR})),
    ("Sites", "/sites", Action.SITE_READ, frozenset({Role.ADMINISTRATOR})),
)


async def frame(ask: Ask, work: UnitOfWork, title: str, *, subject: Subject | None = None, live: bool = False) -> Frame:
    """The frame of a page for this viewer. ``live`` opens a stream for the person and the subject's visit."""
    viewer = await work.viewer()
    about = subject or work.subject
    return Frame(
        title=title,
        viewer=Viewer(viewer.name_words, role_words(viewer, work.actor.roles), viewer.initials),
        csrf_token=ask.session.csrf_token,
        nav=_nav(ask.request.url.path, work.actor.roles),
        demo=ask.app_context.demo,
        live_url=live_url(ask, work.subject, work.action) if live else None,
        patient_id=None if about.patient_id is None else str(about.patient_id),
        zone=viewer.zone,
        search_url="/patients" if Role.PRESCRIBER in work.actor.roles else None,
        home_url="/home",
        help_now=help_now(),
    )


def live_url(ask: Ask, about: Subject, action: Action) -> str:
    """The address of the page's stream, with the count of what it has seen."""
    which = "" if about.visit_id is None else f"visit={about.visit_id}&"
    if action is Action.DESK_READ:
        which = "desk=1&"
    return f"/live?{which}seen={ask.seen}"


def role_words(person: Person, roles: frozenset[Role]) -> str:
    """What the person is here, in words: the profession, else the first role."""
    if person.profession:
        return person.profession
    return next((words for role, words in ROLE_WORDS.items() if role in roles), "No role yet")


def short_name(person: Person) -> str:
    """ "Dr. Marsh", or the given name of somebody without a title."""
    return f"{person.prefix} {person.family_name}" if person.prefix else person.given_name


def _nav(path: str, roles: frozenset[Role]) -> tuple[NavItem, ...]:
    places = [place for place in PLACES if place[3] & roles]
    if len(places) < 2:
        return ()
    return tuple(NavItem(place[0], place[1], current=path == place[1]) for place in places)
