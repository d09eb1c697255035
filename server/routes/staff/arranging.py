"""Who else takes part in a visit, and calling it off: before it, and the first in the middle of it too."""

from collections.abc import Mapping

from compliance.shared.vocabulary import Action, Role
from emr.people import queries as people_records
from emr.people import use_cases as people
from emr.shared.clinic_time.days import day_of
from emr.shared.errors import Invalid, NotFound, RecordError, Refused
from emr.shared.ids import PersonId
from emr.shared.together import together
from emr.visits import booking
from emr.visits import queries as visit_records
from emr.visits.model import ParticipantRole
from server.application.actors import person_key, visit_key
from server.application.effects import outbox
from server.application.unit_of_work import UnitOfWork
from server.auth import accounts
from server.http.endpoint import Answer, Ask, Created, PageWithStatus, Redirect, RouteSpec, uuid_of
from server.http.forms import Reader
from server.presenters.visit_parts import VisitPeople, read_visit_people, viewer_zone, visit_context
from visit_ui.pages.visit.panels import Invitable, Invited, InviteForm, InviteValues

NOBODY_CHOSEN = "Choose who should join, or enter their full name."
ONE_WAY = "Choose a person or enter a name, not both."
NOT_LISTED = "Choose someone on the list, or enter the full name."
NO_SUCH_NAME = (
    "No single person with this full name can join in this role. Check the spelling and the role, "
    "or ask an administrator."
)


async def invite(ask: Ask, work: UnitOfWork) -> Answer:
    """POST fragment: a guardian, family member, interpreter or supervisor may join this visit."""
    visit_people = await read_visit_people(work)
    typed = InviteValues(*(ask.form.text(name) for name in ("person", "name", "part")))
    try:
        person, part = await _chosen(ask, work, visit_people, typed)
        await booking.invite(work.context, visit_people.visit.id, visit_people.visit.patient, person, part)
    except (Invalid, Refused, NotFound) as error:
        return PageWithStatus(await form(ask, work, visit_people, error=_words(error), typed=typed), 422)
    _tell(work, visit_people, person)
    return Created(await _invited(ask, work, str(person)), str(person))


async def _invited(ask: Ask, work: UnitOfWork, of: str) -> InviteForm:
    name = (await people.person(work.conn, PersonId(uuid_of(of)))).name_words
    said = f"{name} can join. The visit is now on their page."
    return await form(ask, work, await read_visit_people(work), said=said)


async def invite_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and how much fits. Invites nobody."""
    typed = InviteValues(*(ask.form.text(name) for name in ("person", "name", "part")))
    return PageWithStatus(
        await form(ask, work, await read_visit_people(work), error=" ".join(wrong.values()), typed=typed), 422
    )


async def _chosen(
    ask: Ask, work: UnitOfWork, visit_people: VisitPeople, typed: InviteValues
) -> tuple[PersonId, ParticipantRole]:
    """Whom the form means, and as what. Raises ``Invalid`` with one remedy."""
    if bool(typed.person) == bool(typed.name):
        raise Invalid({"person": ONE_WAY if typed.person else NOBODY_CHOSEN})
    reader = Reader(ask.form)
    part = reader.choice("part", [one.value for one in ParticipantRole], "Choose a role.")
    reader.check()
    # Staff take part as staff, guests as guests.
    fitting = await accounts.holding(
        work.conn, (Role.SUPERVISOR if part == ParticipantRole.SUPERVISOR.value else Role.GUEST,)
    )
    if typed.person:
        listed = {str(one): one for one in await _known_here(work, visit_people)}
        if typed.person not in listed:
            raise Invalid({"person": NOT_LISTED})
        if listed[typed.person] not in fitting:
            whom = "a supervisor" if part == ParticipantRole.SUPERVISOR.value else "a guest"
            raise Invalid({"part": f"This person has no access as {whom}. Choose another role."})
        return listed[typed.person], ParticipantRole(part)
    others = (await people_records.people(work.conn, fitting - {one.id for one in visit_people.everybody})).values()
    called = [one.id for one in others if one.is_called(typed.name)]
    if len(called) != 1:  # the same words for none and for several: a name that is tried out tells nothing
        raise Invalid({"name": NO_SUCH_NAME})
    return called[0], ParticipantRole(part)


async def _known_here(work: UnitOfWork, visit_people: VisitPeople) -> frozenset[PersonId]:
    """Whom this visit may name: guests of this patient's visits, and who supervises its prescriber."""
    guests, supervisors, as_guests, as_supervisors = await together(
        work.conn,
        visit_records.guests_of(work.conn, visit_people.visit.patient),
        people.supervisors(work.conn, visit_people.visit.prescriber),
        accounts.holding(work.conn, (Role.GUEST,)),
        accounts.holding(work.conn, (Role.SUPERVISOR,)),
    )
    return (guests & as_guests) | (frozenset(supervisors) & as_supervisors)


async def uninvite(ask: Ask, work: UnitOfWork) -> Answer:
    """POST fragment: an invitation is taken back; whoever is in the call by it leaves it."""
    visit_people = await read_visit_people(work)
    person = PersonId(ask.path_id("person"))
    await booking.uninvite(work.context, visit_people.visit.id, visit_people.visit.patient, person)
    _tell(work, visit_people, person)
    return Created(await _taken_back(ask, work, str(person)), str(person))


async def _taken_back(ask: Ask, work: UnitOfWork, of: str) -> InviteForm:
    name = (await people.person(work.conn, PersonId(uuid_of(of)))).name_words
    said = f"{name} is no longer invited to this visit."
    return await form(ask, work, await read_visit_people(work), said=said)


async def cancel(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: the visit will not be held. Those who take part see it on their own pages at once."""
    visit_people = await read_visit_people(work)
    visit = await booking.cancel(work.context, visit_people.visit.id, visit_people.visit.patient)
    work.must_happen(outbox.end_room(visit.room))  # somebody may have been waiting in it
    for person in (visit.patient, *(one.id for one in visit_people.others)):
        work.announce(person_key(person), "visit")
    work.announce(person_key(visit.prescriber), "queue")
    work.announce(visit_key(visit.id), "visit")
    day = day_of(visit.scheduled_start, await viewer_zone(work))
    return Redirect(f"/day?date={day}&of={visit.id}")


async def form(
    ask: Ask,
    work: UnitOfWork,
    visit_people: VisitPeople,
    *,
    said: str | None = None,
    error: str | None = None,
    typed: InviteValues | None = None,
) -> InviteForm:
    """Who is invited, and who may still be chosen; anybody else by the exact name."""
    others = await _known_here(work, visit_people) - {one.id for one in visit_people.everybody}
    known = (await people_records.people(work.conn, others)).values()
    return InviteForm(
        visit=visit_context(ask, visit_people, await viewer_zone(work)),
        invited=tuple(Invited(str(one.id), one.name_words, visit_people.parts[one.id]) for one in visit_people.others),
        candidates=tuple(Invitable(str(one.id), one.name_words) for one in sorted(known, key=lambda one: one.name)),
        said=said,
        error=error,
        typed=typed or InviteValues(),
    )


def _tell(work: UnitOfWork, visit_people: VisitPeople, person: PersonId) -> None:
    work.announce(visit_key(visit_people.visit.id), "presence")
    work.announce(person_key(person), "visit")


def _words(error: RecordError) -> str:
    return " ".join(error.fields.values()) if isinstance(error, Invalid) else error.message


_PARTICIPANTS = "/visits/{visit}/participants"
ROUTES = (
    RouteSpec(
        "POST",
        _PARTICIPANTS,
        invite,
        Action.VISIT_INVITE,
        form="invite",
        again=invite_too_long,
        afterwards=_invited,
    ),
    RouteSpec("POST", f"{_PARTICIPANTS}/{{person}}/withdraw", uninvite, Action.VISIT_UNINVITE, afterwards=_taken_back),
    RouteSpec("POST", "/visits/{visit}/cancel", cancel, Action.VISIT_CANCEL),
)
