"""Who else takes part in a visit, and calling it off: before it, and the first in the middle of it too."""

from zoneinfo import ZoneInfo

from compliance.vocabulary import Action, Role
from emr import booking, people
from emr.errors import Invalid, NotFound, RecordError, Refused
from emr.ids import PersonId
from emr.records import people as people_records
from emr.visit import Part
from server import accounts
from server.actors import person_key, visit_key
from server.asking import Answer, Ask, Made, Row, See, Shown, uuid_of
from server.forms import Reader
from server.routes.visit_parts import VisitPeople, context, viewer_zone, visit_people
from server.work import Work
from visit_ui.pages.visit_panels import Invitable, Invited, InviteForm


async def invite(ask: Ask, work: Work) -> Answer:
    """POST fragment: a guardian, family member, interpreter or supervisor may join this visit."""
    those = await visit_people(work)
    reader = Reader(ask.form)
    person = PersonId(reader.uuid("person", "Choose who should join."))
    part = reader.choice("part", [one.value for one in Part], "Choose in what part.")
    try:
        reader.check()
        await _refuse_other_part(work, person, Part(part))
        await booking.invite(work.desk, those.visit.id, those.visit.patient, person, Part(part))
    except (Invalid, Refused, NotFound) as error:
        return Shown(await form(ask, work, those, error=_words(error)), 422)
    _tell(work, those, person)
    return Made(await _invited(ask, work, str(person)), str(person))


async def _invited(ask: Ask, work: Work, of: str) -> InviteForm:
    name = (await people.person(work.conn, PersonId(uuid_of(of)))).name_words
    said = f"{name} may join: the visit stands on their own page."
    return await form(ask, work, await visit_people(work), said=said)


async def _refuse_other_part(work: Work, person: PersonId, part: Part) -> None:
    """Staff take part as staff, guests as guests. Raises ``Invalid``."""
    roles = await accounts.roles_of(work.conn, person)
    fitting = Role.SUPERVISOR if part is Part.SUPERVISOR else Role.GUEST
    if fitting not in roles:
        whom = "a supervisor" if part is Part.SUPERVISOR else "a guest"
        raise Invalid({"part": f"This person has no access as {whom}: choose another part."})


async def uninvite(ask: Ask, work: Work) -> Answer:
    """POST fragment: an invitation is taken back; whoever is in the call by it leaves it."""
    those = await visit_people(work)
    person = PersonId(ask.path_id("person"))
    await booking.uninvite(work.desk, those.visit.id, those.visit.patient, person)
    _tell(work, those, person)
    return Made(await _taken_back(ask, work, str(person)), str(person))


async def _taken_back(ask: Ask, work: Work, of: str) -> InviteForm:
    name = (await people.person(work.conn, PersonId(uuid_of(of)))).name_words
    said = f"{name} takes no part in this visit any more."
    return await form(ask, work, await visit_people(work), said=said)


async def cancel(ask: Ask, work: Work) -> Answer:
    """POST: the visit will not be held. Those who take part see it on their own pages at once."""
    those = await visit_people(work)
    visit = await booking.cancel(work.desk, those.visit.id, those.visit.patient)
    for person in (visit.patient, *(one.id for one in those.others)):
        work.announce(person_key(person), "visit")
    work.announce(person_key(visit.prescriber), "queue")
    work.announce(visit_key(visit.id), "visit")
    day = visit.scheduled_start.astimezone(ZoneInfo(await viewer_zone(work)))
    return See(f"/day?date={day:%Y-%m-%d}&of={visit.id}")


async def form(
    ask: Ask, work: Work, those: VisitPeople, *, said: str | None = None, error: str | None = None
) -> InviteForm:
    """Who is invited, and who may still be."""
    others = await accounts.holding(work.conn, (Role.GUEST, Role.SUPERVISOR)) - {one.id for one in those.everybody}
    known = (await people_records.people(work.conn, others)).values()
    found = (Invitable(str(one.id), one.name_words) for one in sorted(known, key=lambda one: one.name))
    invited = tuple(Invited(str(one.id), one.name_words, those.parts[one.id]) for one in those.others)
    return InviteForm(context(ask, those, await viewer_zone(work)), invited, tuple(found), said=said, error=error)


def _tell(work: Work, those: VisitPeople, person: PersonId) -> None:
    work.announce(visit_key(those.visit.id), "presence")
    work.announce(person_key(person), "visit")


def _words(error: RecordError) -> str:
    return " ".join(error.fields.values()) if isinstance(error, Invalid) else error.message


_PARTICIPANTS = "/visits/{visit}/participants"
ROWS = (
    Row("POST", _PARTICIPANTS, invite, Action.VISIT_INVITE, afterwards=_invited),
    Row("POST", f"{_PARTICIPANTS}/{{person}}/withdraw", uninvite, Action.VISIT_UNINVITE, afterwards=_taken_back),
    Row("POST", "/visits/{visit}/cancel", cancel, Action.VISIT_CANCEL),
)
