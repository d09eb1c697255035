"""The cast, in an empty record: who they are, and a desk for any of them at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from emr.people import use_cases as people
from emr.people.use_cases import NewPerson
from emr.presence import checking_in, sites
from emr.presence.model import CheckIn, Site
from emr.presence.sites import NewSite
from emr.shared.contact import ContactStatement, statement
from emr.shared.context import UseCaseContext
from emr.shared.events import DomainEvent
from emr.shared.ids import PersonId
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from emr.visits.model import Modality, Visit
from server.auth import accounts

# 24 November 2026, 10:00 in Tampa.
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
ZONE = "America/New_York"


def at_home() -> ContactStatement:
    return statement(line="Home, 412 W Swann Ave", city="Tampa", state="FL", postal="33606", call_back="(813) 555-0142")


@dataclass(frozen=True, slots=True)
class Clinic:
    """Ada and Marcus are patients of Drew; Jonah has none and is supervised by Tomás; Noa is at the front desk; Sam is
    a stranger. `told`, where given, gathers the facts of every desk.
    """

    conn: AsyncConnection
    ada: PersonId
    marcus: PersonId
    ilse: PersonId
    drew: PersonId
    tomas: PersonId
    jonah: PersonId
    sofia: PersonId
    noa: PersonId
    carla: PersonId
    sam: PersonId
    told: list[DomainEvent] | None = None

    def context(self, actor: PersonId, now: datetime = NOW) -> UseCaseContext:
        return (
            UseCaseContext(self.conn, actor, now)
            if self.told is None
            else UseCaseContext(self.conn, actor, now, self.told)
        )

    async def book(
        self,
        patient: PersonId | None = None,
        *,
        start: datetime = NOW,
        modality: Modality = Modality.VIDEO,
        scales: tuple[str, ...] | None = None,
        prescriber: PersonId | None = None,
    ) -> Visit:
        """A visit of Ada's with Drew unless said otherwise, booked a day before."""
        new = NewVisit(
            patient=patient or self.ada,
            prescriber=prescriber or self.drew,
            start=start,
            modality=modality,
            scales=scales,
        )
        return await booking.book(self.context(self.drew, start - timedelta(days=1)), new)

    async def site(self) -> Site:
        """The clinic's site."""
        known = await sites.sites(self.conn)
        return known[0] if known else await sites.add_site(self.context(self.carla), YBOR)

    async def check_in(self, visit: Visit, now: datetime, *, confirm: bool = True) -> CheckIn:
        """Noa states that both are at the site; unless said otherwise the patient says so too."""
        prescriber = await checking_in.prescriber_of(self.conn, visit)
        here = frozenset({visit.patient, prescriber})
        site = await self.site()
        context = self.context(self.noa, now)
        stated = await checking_in.state(context, visit.id, visit.patient, site_id=site.id, here=here)
        if not confirm:
            return stated
        patient = await people.patient(self.conn, visit.patient)
        name = f"{patient.person.given_name} {patient.person.family_name}"
        return await checking_in.confirm(context, visit.id, visit.patient, name, patient.birth_date)

    async def hold(self, visit: Visit, *, end: bool = True) -> Visit:
        """Arrive on time, be admitted, and (unless said otherwise) end half an hour later."""
        start = visit.scheduled_start
        said = at_home() if visit.remote else None
        await visiting.arrive(self.context(visit.patient, start), visit.id, visit.patient, said)
        visit = await visiting.admit(self.context(visit.prescriber, start), visit.id, visit.patient)
        if end:
            later = start + timedelta(minutes=30)
            visit = await visiting.end(self.context(visit.prescriber, later), visit.id, visit.patient)
        return visit


YBOR = NewSite(name="Ybor clinic", line="1701 N 15th St", city="Tampa", state="FL", postal="33605")


async def open_clinic(conn: AsyncConnection, told: list[DomainEvent] | None = None) -> Clinic:
    """Add the cast. The first person adds themselves, as a command line would."""
    events = [] if told is None else told
    context = UseCaseContext(conn, PersonId(uuid4()), NOW - timedelta(days=400), events)

    async def add(given: str, family: str, prefix: str = "", credential: str = "", pronouns: str = "") -> PersonId:
        new = NewPerson(
            given_name=given,
            family_name=family,
            zone=ZONE,
            prefix=prefix,
            credential=credential,
            pronouns=pronouns,
            profession="Psychiatrist" if prefix else None,
        )
        return (await people.add_person(context, new)).id

    carla = await add("Carla", "Winn")
    context = UseCaseContext(conn, carla, context.now, events)
    clinic = Clinic(
        conn=conn,
        told=told,
        ada=await add("Ada", "Lindqvist", pronouns="she/her"),
        marcus=await add("Marcus", "Oyelaran", pronouns="he/him"),
        ilse=await add("Ilse", "Lindqvist"),
        drew=await add("Drew", "Marsh", "Dr.", "MD"),
        tomas=await add("Tomás", "Beaulieu", "Dr.", "DO"),
        jonah=await add("Jonah", "Pike", "", "PA-C"),
        sofia=await add("Sofia", "Lund"),
        noa=await add("Noa", "Reyes"),
        carla=carla,
        sam=await add("Sam", "Stranger"),
    )
    await people.add_patient(context, clinic.ada, date(1992, 3, 14), "(813) 555-0142")
    await people.add_patient(context, clinic.marcus, date(1980, 6, 2), "813-555-0177")
    for patient in (clinic.ada, clinic.marcus):
        await people.assign_prescriber(context, patient, clinic.drew)
    await people.supervise(context, clinic.jonah, clinic.tomas)
    for prescriber in (clinic.drew, clinic.tomas, clinic.jonah):
        await accounts.grant(conn, prescriber, (Role.PRESCRIBER,), now=context.now, by=None)
    await accounts.grant(conn, clinic.noa, (Role.FRONT_DESK,), now=context.now, by=None)
    return clinic
