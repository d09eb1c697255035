"""A running web process over real engines and sockets, with a small clinic written through the use cases."""

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import uvicorn
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette

from compliance.shared.vocabulary import Role
from emr.people import use_cases as people
from emr.people.use_cases import NewPerson
from emr.shared import contact
from emr.shared.context import UseCaseContext
from emr.shared.ids import PersonId, VisitId
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from emr.visits.model import Modality, ParticipantRole
from server.auth import accounts
from server.auth.actor import SESSION_COOKIE
from server.auth.sessions import Sessions, SignedInPerson, key_of
from server.auth.settings import SessionSettings
from server.auth.tokens import IdToken
from server.demo.wiring import PARTS
from server.http.app import make_app
from server.platform import database
from server.platform.settings import Settings
from server.processes.run import SOCKET_MESSAGE_BYTES, Server, listen
from tests.conftest import Database
from tests.databases import store

ISSUER = "https://id.example.org"
PLACE = contact.statement(line="Home", city="Tampa", state="FL", postal="33605", call_back="(813) 555-0142")


def settings_for(database_url: str, redis_url: str, port: int, folder: Path, *, worker: str = "") -> Settings:
    """Settings of a web process on loopback; with the login `worker` also those of a worker."""
    return Settings(
        database_url=database_url,
        worker_database_url=worker,
        redis_url=redis_url,
        public_url=f"http://localhost:{port}",
        oidc_issuer=ISSUER,
        oidc_client_id="titrate",
        oidc_client_secret="not used here",
        ticket_key="t" * 40,
        log_key_file=folder / "log-key",
        checkpoint_folder=folder / "checkpoints",
        host="localhost",
        port=port,
        media_port=port,
    )


@dataclass(slots=True)
class Clinic:
    """The cast and their visits: Ada and Marcus are Drew's patients, Noor is Ruth's; Jonah is supervised by Tomás.

    Noa is at the front desk of the one site.
    """

    people: dict[str, PersonId] = field(default_factory=dict)
    visits: dict[str, VisitId] = field(default_factory=dict)

    def __getitem__(self, name: str) -> PersonId:
        return self.people[name]


ROLES: Mapping[str, tuple[Role, ...]] = {
    "ada": (Role.PATIENT,),
    "marcus": (Role.PATIENT,),
    "noor": (Role.PATIENT,),
    "ilse": (Role.GUEST,),
    "drew": (Role.PRESCRIBER,),
    "ruth": (Role.PRESCRIBER,),
    "jonah": (Role.PRESCRIBER,),
    "tomas": (Role.PRESCRIBER, Role.SUPERVISOR),
    "sofia": (Role.CARE_TEAM,),
    "noa": (Role.FRONT_DESK,),
    "olu": (Role.OFFICER,),
    "carla": (Role.ADMINISTRATOR,),
}
BORN = {"ada": date(1992, 3, 14), "marcus": date(1980, 7, 2), "noor": date(1985, 5, 21)}
ZONE = "America/New_York"


async def found(conn: AsyncConnection, now: datetime, *, issuer: str = ISSUER, zone: str = ZONE) -> Clinic:
    """Write the clinic: people, roles, ties, and one video visit of today for each patient. All live in `zone`."""
    clinic = Clinic()
    context = UseCaseContext(conn, PersonId(uuid4()), now)
    for name, roles in ROLES.items():
        prefix = "Dr." if name in ("drew", "tomas") else None
        new = NewPerson(given_name=name.capitalize(), family_name="Cast", zone=zone, prefix=prefix, credential="MD")
        person = await people.add_person(context, new)
        clinic.people[name] = person.id
        if name in BORN:
            await people.add_patient(context, person.id, BORN[name], "(813) 555-0142")
        await accounts.grant(conn, person.id, roles, now=now, by=None)
        await accounts.link(conn, person.id, issuer, name, now=now, by=None)
    context = UseCaseContext(conn, clinic["drew"], now)
    for patient, prescriber in (("ada", "drew"), ("marcus", "drew"), ("noor", "ruth"), ("noor", "jonah")):
        await people.assign_prescriber(context, clinic[patient], clinic[prescriber])
    await people.supervise(context, clinic["jonah"], clinic["tomas"])
    await people.join_care_team(context, clinic["ada"], clinic["sofia"])
    for patient, prescriber in (("ada", "drew"), ("marcus", "drew"), ("noor", "ruth")):
        visit = await booking.book(context, NewVisit(patient=clinic[patient], prescriber=clinic[prescriber], start=now))
        clinic.visits[patient] = visit.id
    await booking.invite(context, clinic.visits["ada"], clinic["ada"], clinic["ilse"], ParticipantRole.FAMILY)
    return clinic


async def begin_visit(conn: AsyncConnection, clinic: Clinic, patient: str, prescriber: str, now: datetime) -> VisitId:
    """Arrive with a stated place, and be admitted."""
    visit = clinic.visits[patient]
    await visiting.arrive(UseCaseContext(conn, clinic[patient], now), visit, clinic[patient], PLACE)
    await visiting.admit(UseCaseContext(conn, clinic[prescriber], now), visit, clinic[patient])
    return visit


@dataclass(slots=True)
class Running:
    """A served clinic. ``as_`` gives a browser-like client of a person."""

    settings: Settings
    base: str
    clinic: Clinic
    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    async def as_(self, name: str) -> "Person":
        """A signed-in client. The session is begun as sign-in begins it, without the provider."""
        redis = Redis.from_url(self.settings.redis_url, decode_responses=True)
        sessions = Sessions(redis, SessionSettings())
        now = datetime.now(UTC)
        token = IdToken(issuer=ISSUER, subject=name, sid=None, auth_time=now, raw="")

        roles = frozenset(role.value for role in ROLES[name])
        session_id = await sessions.begin(SignedInPerson(self.clinic[name], roles), token, now)
        session = await sessions.read(key_of(session_id), now)
        await redis.aclose()
        assert session is not None
        client = httpx2.AsyncClient(
            base_url=self.base,
            headers={"Cookie": f"{SESSION_COOKIE}={session_id}", "Origin": self.base, "Accept": "text/html"},
            trust_env=False,
            verify=False,  # plain HTTP: loading certificates would only cost time
            timeout=30,
        )
        self.clients.append(client)
        return Person(client, session.csrf_token, session_id)

    async def nobody(self) -> httpx2.AsyncClient:
        """A client that is not signed in."""
        client = httpx2.AsyncClient(base_url=self.base, headers={"Accept": "text/html"}, trust_env=False, verify=False)
        self.clients.append(client)
        return client


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody's browser, as far as HTTP goes."""

    client: httpx2.AsyncClient
    csrf: str
    session_id: str

    async def get(self, path: str, *, fragment: bool = False) -> httpx2.Response:
        """A page, or with ``fragment`` what htmx asks for."""
        headers = {"HX-Request": "true"} if fragment else {"Sec-Fetch-Mode": "navigate"}
        return await self.client.get(path, headers=headers)

    async def post(self, path: str, patient: UUID | str | None = None, **fields: str) -> httpx2.Response:
        """A form, with the token, the key and the patient that our pages put into it."""
        data = {"csrf_token": self.csrf, "idempotency_key": str(uuid4()), **fields}
        if patient is not None:
            data["patient"] = str(patient)
        return await self.client.post(path, data=data)


def signing(page: str, answer: str = "Looked at together") -> dict[str, str]:
    """What a form of an order sends beside what is typed: an answer to each finding, and that it was read back."""
    shown = re.search(r'name="shown" value="([^"]*)"', page)
    asked = re.findall(r'name="(answer-[^"]+)"', page)
    return {**dict.fromkeys(asked, answer), "shown": shown[1] if shown else ""}


async def sign_end(person: Person, path: str, patient: UUID | str, reason: str) -> httpx2.Response:
    """A medicine is stopped or held, as the form of the path reads it back."""
    form = await person.get(path, fragment=True)
    return await person.post(path, patient, reason=reason, **signing(form.text))


async def booked(drew: Person, running: Running, *, days: int = 3, patient: str = "marcus") -> str:
    """A prescriber books a visit with a patient of theirs in that many days; gives its path."""
    fields = {"time": "10:30", "minutes": "30", "kind": "follow_up", "modality": "video", "place": ""}
    async with transaction(running.settings.database_url) as conn:
        day = (
            await conn.execute(text("SELECT (now()::date + CAST(:days AS integer))::text"), {"days": days})
        ).scalar_one()
        answer = await drew.post("/visits/new", running.clinic[patient], date=day, **fields)
        assert answer.status_code == 303, answer.text
        newest = text("SELECT id FROM visit WHERE patient_id = :patient ORDER BY booked_at DESC LIMIT 1")
        return f"/visits/{(await conn.execute(newest, {'patient': running.clinic[patient]})).scalar_one()}"


@contextmanager
def serving(settings: Settings, *, demo: bool = False, app: Starlette | None = None) -> Iterator[None]:
    """The web process in a thread of its own, on real sockets, until the end."""
    config = uvicorn.Config(
        app or make_app(settings, demo=PARTS if demo else None),
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=SOCKET_MESSAGE_BYTES,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    sockets = listen(settings.host, settings.port)
    thread = threading.Thread(target=server.run, kwargs={"sockets": sockets}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the web process did not start")
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        for line in sockets:
            line.close()


@asynccontextmanager
async def transaction(url: str) -> AsyncIterator[AsyncConnection]:
    """A committed transaction of the restricted login."""
    async with store(url).begin() as conn:
        yield conn


@asynccontextmanager
async def away(there: Database) -> AsyncIterator[None]:
    """The database takes no connection and has ended those it had, as while it restarts."""
    engine = store(database.with_database(there.owner_url, "postgres"))
    engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
    )
    async with engine.connect() as owner:
        await owner.execute(text("SET ROLE titrate_owner"))
        async with transaction(there.app_url) as web, transaction(there.worker_url) as worker:
            await owner.execute(text(f"ALTER DATABASE {there.name} ALLOW_CONNECTIONS false"))
            for login in (web, worker):
                await login.execute(others)
        try:
            yield
        finally:
            await owner.execute(text(f"ALTER DATABASE {there.name} ALLOW_CONNECTIONS true"))


def write_clinic(url: str, now: datetime) -> Clinic:
    """The clinic, committed; from a fixture that is not async."""

    async def write() -> Clinic:
        async with transaction(url) as conn:
            return await found(conn, now)

    return asyncio.run(write())


__all__ = ["Modality", "Running", "begin_visit", "found", "serving", "settings_for", "transaction", "write_clinic"]
