"""What several pages of a visit need: the visit itself, its people, its banner, the call's ticket."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from emr.danger.crisis_lines import HelpLine as CrisisLine
from emr.people import queries as people_records
from emr.people import use_cases as people
from emr.people.model import Allergies, AllergyStatus, Patient, Person
from emr.presence import queries as presence_records
from emr.presence import sites
from emr.presence.model import Site
from emr.shared import contact
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import day_of
from emr.shared.contact import StatedContact
from emr.shared.ids import PersonId, SiteId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import ParticipantRole, Visit, VisitStatus
from emr.visits.queries import Participant
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Ask
from server.presenters.frames import short_name
from visit_ui.pages.shell.parts import PatientBanner
from visit_ui.pages.visit.panels import PeoplePresent, Present
from visit_ui.pages.visit.parts import StatedPlace, VisitContext, VisitEnding, pronouns_of
from visit_ui.texts import _

OVER = {
    VisitStatus.ENDED: VisitEnding.ENDED,
    VisitStatus.CANCELLED: VisitEnding.CANCELLED,
    VisitStatus.MISSED: VisitEnding.MISSED,
}
PART_WORDS = {
    ParticipantRole.GUARDIAN: _("guardian"),
    ParticipantRole.INTERPRETER: _("interpreter"),
    ParticipantRole.FAMILY: _("family"),
    ParticipantRole.SUPERVISOR: _("supervisor"),
}


@dataclass(frozen=True, slots=True)
class VisitPeople:
    """Everybody who belongs to a visit. ``parts``: person -> what they are in it, in words.

    ``attending``: who treats in it now, when that is not the prescriber for whom it is booked.
    """

    visit: Visit
    patient: Patient
    prescriber: Person
    others: tuple[Person, ...]
    parts: dict[PersonId, str]
    attending: Person | None = None

    @property
    def everybody(self) -> tuple[Person, ...]:
        """Patient, prescriber, whoever took over from them, then those invited, in the order invited."""
        took_over = () if self.attending is None else (self.attending,)
        return (self.patient.person, self.prescriber, *took_over, *self.others)


async def read_visit_people(work: UnitOfWork) -> VisitPeople:
    """The visit of this unit of work with everybody in it; who looks at it is known afterwards too."""
    visit = await work.visit()
    visit_people, person, _ = await together(
        work.conn, people_of(work.conn, visit), _who_took_over(work, visit), work.viewer()
    )
    return visit_people if person is None else attended_by(visit_people, person)


def attended_by(visit_people: VisitPeople, person: Person) -> VisitPeople:
    """The same, of a visit that this person took over."""
    parts = visit_people.parts | {person.id: person.profession or "prescriber"}
    return replace(
        visit_people,
        others=tuple(one for one in visit_people.others if one.id != person.id),
        parts=parts,
        attending=person,
    )


async def _who_took_over(work: UnitOfWork, visit: Visit) -> Person | None:
    """Who treats in the visit now, when that is not the prescriber for whom it is booked."""
    if visit.status is not VisitStatus.IN_PROGRESS:
        return None
    treats = await presence_records.attending(work.conn, visit.id)
    if treats is None or treats.prescriber == visit.prescriber:
        return None
    return (await people_records.people(work.conn, [treats.prescriber]))[treats.prescriber]


async def people_of(conn: AsyncConnection, visit: Visit) -> VisitPeople:
    """The people of a visit that was read already."""
    return (await people_of_each(conn, [visit]))[0]


async def people_of_each(conn: AsyncConnection, visits: Sequence[Visit]) -> list[VisitPeople]:
    """The people of visits that were read already, in their order."""
    invited, patients = await together(
        conn,
        visit_records.participants(conn, [visit.id for visit in visits]),
        people_records.patients(conn, {visit.patient for visit in visits}),
    )
    ids = {visit.prescriber for visit in visits} | {
        one.person for visit_people in invited.values() for one in visit_people
    }
    known = await people_records.people(conn, ids)
    return [people_among(visit, patients[visit.patient], known, invited.get(visit.id, ())) for visit in visits]


def people_among(
    visit: Visit, patient: Patient, known: Mapping[PersonId, Person], invited: Sequence[Participant]
) -> VisitPeople:
    """The people of a visit, of whom everybody is among `known`."""
    prescriber = known[visit.prescriber]
    parts = {visit.patient: "patient", visit.prescriber: prescriber.profession or "prescriber"}
    parts |= {one.person: PART_WORDS[one.part] for one in invited}
    return VisitPeople(visit, patient, prescriber, tuple(known[one.person] for one in invited), parts)


def visit_context(ask: Ask, visit_people: VisitPeople, zone: str) -> VisitContext:
    """What every fragment of the visit needs."""
    return VisitContext(
        visit_id=str(visit_people.visit.id),
        patient_id=str(visit_people.patient.id),
        first_name=visit_people.patient.person.given_name,
        csrf_token=ask.session.csrf_token,
        zone=zone,
        today=day_of(ask.now, zone),
        patients_day=patients_day(visit_people, ask.now),
        pronouns=pronouns_of(visit_people.patient.person.pronouns),
    )


def patients_day(visit_people: VisitPeople, now: datetime) -> date:
    """The day where the patient lives."""
    return day_of(now, visit_people.patient.person.zone)


def meeting_place(visit: Visit, known: Mapping[SiteId, Site]) -> str | None:
    """Where a visit in person is, as patients find it: "Ybor clinic, 1701 N 15th St, Tampa, FL 33605, Room 2"."""
    if visit.remote:
        return None
    site = known.get(visit.site) if visit.site else None
    parts = (site.name, site.address, visit.place) if site else (visit.place,)
    return ", ".join(part for part in parts if part) or None


async def known_sites(work: UnitOfWork) -> Mapping[SiteId, Site]:
    """Every site by id, those that were closed too: a visit that was held there keeps its place."""
    return {one.id: one for one in await sites.sites(work.conn, closed=True)}


async def viewer_zone(work: UnitOfWork) -> str:
    """The viewer's time zone."""
    return (await work.viewer()).zone


async def people_present(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, zone: str) -> PeoplePresent:
    """Who belongs to the visit, and who is in the call now."""
    here = {one.participant for one in await ask.app_context.bus.presence(visit_people.visit.room) if not one.away}
    present = tuple(
        Present(
            participant=str(one.id),
            name=one.name_words,
            short_name=short_name(one),
            initials=one.initials,
            part=visit_people.parts[one.id],
            is_here=str(one.id) in here,
            is_self=one.id == ask.person_id,
        )
        for one in visit_people.everybody
    )
    return PeoplePresent(visit_context(ask, visit_people, zone), present)


async def banner(
    work: UnitOfWork, patient: Patient, stated: StatedContact | None, *, back: tuple[str, str], crisis: str = "/crisis"
) -> PatientBanner:
    """Who this is, always visible. ``back``: where the arrow leads, and its name; ``crisis``: where help stands."""
    return banner_of(work, patient, await people.allergies(work.conn, patient.id), stated, back=back, crisis=crisis)


def banner_of(
    work: UnitOfWork,
    patient: Patient,
    known: Allergies,
    stated: StatedContact | None,
    *,
    back: tuple[str, str],
    crisis: str = "/crisis",
) -> PatientBanner:
    """As `banner`, with the allergies that were read."""
    listed = tuple(f"{one.substance} ({one.reaction})" if one.reaction else one.substance for one in known.listed)
    spoken = pronouns_of(patient.person.pronouns)
    return PatientBanner(
        name=patient.person.name,
        age=f"{patient.age(work.now)} years",
        pronouns=patient.person.pronouns,
        born=words.full(patient.birth_date),
        allergies=None if known.status is AllergyStatus.NOT_ASKED else listed,
        location=None if stated is None else stated.statement.place_words,
        confirmed_at=None if stated is None else stated.at,
        place_heading=f"Where {spoken.subject} {spoken.be} now",
        call_back=call_back_words(patient, stated),
        crisis_href=crisis,
        back_href=back[0],
        back_label=back[1],
    )


def call_back_words(patient: Patient, stated: StatedContact | None) -> str | None:
    """The number stated for this visit, else the one on record; None: neither."""
    number = stated.statement.call_back if stated else patient.phone
    return contact.phone_words(number) if number else None


def stated_place(stated: StatedContact) -> StatedPlace:
    """Where the patient said they are, in words and in full."""
    place = stated.statement
    return StatedPlace(
        words=place.place_words,
        address=f"{place.line}, {place.city}, {place.state} {place.postal}",
        confirmed_at=stated.at,
    )


def crisis_steps(ask: Ask) -> tuple[str, ...]:
    """Whom to turn to when somebody is in danger, from the reference file: who, how, for whom."""
    return tuple(_crisis_step(line) for line in ask.app_context.references.crisis)


def _crisis_step(line: CrisisLine) -> str:
    """ "Emergency services, call 911. If you or someone else is in danger right now." """
    ways = [f"call {line.call}"] if line.call else []
    ways += [f"text {line.text}"] if line.text else []
    return f"{line.name}, {' or '.join(ways)}. {line.words}"


async def statement_of(work: UnitOfWork, visit: Visit) -> StatedContact | None:
    """What the patient said for this visit; None: nothing yet."""
    return (await visit_records.statements(work.conn, [visit.id])).get(visit.id)


def signs(roles: Collection[Role]) -> bool:
    """Whether somebody with these roles may prescribe at all."""
    return Role.PRESCRIBER in roles
