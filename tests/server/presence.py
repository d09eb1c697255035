"""A clinic in which people meet: a front desk, a site, visits in person, and check-ins as the pages make them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from compliance.shared.vocabulary import Role
from emr.people import use_cases as people
from emr.people.use_cases import NewPerson
from emr.presence import checking_in, sites
from emr.presence.sites import NewSite
from emr.shared.context import UseCaseContext
from emr.shared.ids import PersonId, VisitId
from emr.visits import booking
from emr.visits import repository as visit_records
from emr.visits.booking import NewVisit
from emr.visits.model import Modality
from server.auth import accounts
from tests.server.row_cases import DOSE
from tests.server.web_process import ZONE, Person, Running, signing, transaction

ALPRAZOLAM = {**DOSE, "product": "alprazolam_ir", "name": "alprazolam", "total": "1", "refills": "0"}
LISDEXAMFETAMINE = {**DOSE, "product": "lisdexamfetamine", "name": "lisdexamfetamine", "total": "30", "refills": "0"}


@dataclass(frozen=True, slots=True)
class Desks:
    """The served clinic with Noa at its front desk, and one site in Florida."""

    running: Running
    noa: PersonId
    site: object

    async def visit(
        self,
        patient: str = "ada",
        *,
        modality: Modality = Modality.IN_PERSON,
        prescriber: str = "drew",
        at_site: bool = False,
        start: datetime | None = None,
    ) -> VisitId:
        """A visit booked for now."""
        clinic, now = self.running.clinic, datetime.now(UTC)
        async with transaction(self.running.settings.database_url) as conn:
            new = NewVisit(
                patient=clinic[patient],
                prescriber=clinic[prescriber],
                start=start or now,
                modality=modality,
                site=next(one.id for one in await sites.sites(conn) if one.state == "FL") if at_site else None,
            )
            booked = await booking.book(UseCaseContext(conn, clinic[prescriber], now), new)
        return booked.id

    async def check_in(self, visit: VisitId, patient: str = "ada", *, confirm: bool = True) -> None:
        """Noa states that both are here, and the patient says so too."""
        now = datetime.now(UTC)
        async with transaction(self.running.settings.database_url) as conn:
            context, whom = UseCaseContext(conn, self.noa, now), self.running.clinic[patient]
            booked = await visit_records.get(conn, visit)
            assert booked is not None
            here = frozenset({whom, await checking_in.prescriber_of(conn, booked)})
            site = next(one for one in await sites.sites(conn) if one.state == "FL")
            await checking_in.state(context, visit, whom, site_id=site.id, here=here)
            if confirm:
                known = await people.patient(conn, whom)
                name = f"{known.person.given_name} {known.person.family_name}"
                await checking_in.confirm(context, visit, whom, name, known.birth_date)

    async def another_site(self, name: str, state: str) -> None:
        """The clinic opens a site in another state."""
        async with transaction(self.running.settings.database_url) as conn:
            context = UseCaseContext(conn, self.running.clinic["carla"], datetime.now(UTC))
            await sites.add_site(
                context, NewSite(name=name, line="1 Main St", city="Town", state=state, postal="40202")
            )

    async def end_all(self, *patients: str) -> None:
        """Nobody is in a visit any more, and none is ahead."""
        over = (
            "UPDATE visit SET status = 'ended', ended_at = greatest(now(), admitted_at) WHERE status = 'in_progress'",
            "UPDATE visit SET status = 'cancelled' WHERE status IN ('scheduled', 'waiting')",
        )
        whose = {"patients": [self.running.clinic[one] for one in patients or ("ada", "marcus", "noor")]}
        async with transaction(self.running.settings.database_url) as conn:
            for statement in over:
                await conn.execute(text(f"{statement} AND patient_id = ANY(:patients)"), whose)

    async def ask(self, statement: str, **values: object) -> object:
        """One value, as the application reads it."""
        async with transaction(self.running.settings.database_url) as conn:
            return (await conn.execute(text(statement), values)).scalar()


async def open_desk(running: Running) -> Desks:
    """Noa comes to the front desk, and the clinic has a site."""
    now = datetime.now(UTC) - timedelta(hours=1)
    async with transaction(running.settings.database_url) as conn:
        context = UseCaseContext(conn, running.clinic["carla"], now)
        known = await sites.sites(conn)
        if not known:
            new = NewSite(name="Ybor clinic", line="1701 N 15th St", city="Tampa", state="FL", postal="33605")
            known = (await sites.add_site(context, new),)
        if "noa" in running.clinic.people:
            return Desks(running, running.clinic["noa"], known[0].id)
        noa = await people.add_person(
            context, NewPerson(given_name="Noa", family_name="Reyes", zone=ZONE), id=PersonId(uuid4())
        )
        await accounts.grant(conn, noa.id, (Role.FRONT_DESK,), now=now, by=None)
        running.clinic.people["noa"] = noa.id
    return Desks(running, noa.id, known[0].id)


async def sign_start(person: Person, visit: VisitId, patient: object, **form: str) -> str:
    """The start of a medicine, its findings answered; gives the page that answers the signature."""
    base = f"/visits/{visit}/medicines/start"
    checked = await person.post(f"{base}/check", str(patient), **form)
    answers = signing(checked.text)
    signed = await person.post(base, str(patient), **form, **answers)
    return signed.text
