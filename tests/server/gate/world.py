"""A served clinic that is walked through one step after the other, over HTTP and by SQL as each login.

Hypothesis and the attacks are not async, the clients are: they live in a loop of their own thread.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx2
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from compliance.shared.vocabulary import Role
from emr.people import use_cases as people
from emr.people.use_cases import NewPerson
from emr.shared.context import UseCaseContext
from emr.shared.ids import PersonId
from server.auth import accounts
from server.platform import database
from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.gate import judge
from tests.server.gate.judge import Finding, Judge
from tests.server.presence import Desks, open_desk
from tests.server.web_process import ZONE, Person, Running, serving, settings_for, write_clinic

T = TypeVar("T")
REDIS = 6
PATIENTS: Mapping[str, tuple[str, ...]] = {"ada": ("drew", "ruth"), "marcus": ("drew",), "noor": ("ruth", "jonah")}
PRESCRIBERS = ("drew", "ruth", "jonah")
ROLES_OF: Mapping[str, frozenset[Role]] = {
    **dict.fromkeys(PRESCRIBERS, frozenset({Role.PRESCRIBER})),
    "tomas": frozenset({Role.PRESCRIBER, Role.SUPERVISOR}),
    "sofia": frozenset({Role.CARE_TEAM}),
    "noa": frozenset({Role.FRONT_DESK}),
    "carla": frozenset({Role.ADMINISTRATOR}),
}
BORN = date(1992, 3, 14)
# What a door would leave behind: who is where, what is on the list and what was allowed. Blocks and the log go on.
WATCHED = (
    "visit",
    "attendance",
    "check_in",
    "check_in_confirmation",
    "call_join",
    "role_grant",
    "medication_order",
    "medication_current",
    "prescription",
    "decision WHERE outcome = 'allow'",
)


@dataclass(slots=True)
class World:
    """The clinic. `told`: what was answered to each step, newest last, until `forget`."""

    running: Running
    desks: Desks
    web: AsyncEngine
    owner: AsyncEngine
    loop: asyncio.AbstractEventLoop
    clients: dict[str, Person] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    calls_opened: list[UUID] = field(default_factory=list)
    judge: Judge = field(default_factory=Judge)

    def id(self, name: str) -> PersonId:
        return self.running.clinic[name]

    @property
    def patients(self) -> tuple[PersonId, ...]:
        """Those who came last: what is judged is theirs."""
        return tuple(self.id(name) for name in PATIENTS)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work gives, done in the clients' loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=60)

    # over HTTP

    async def client(self, name: str) -> Person:
        if name not in self.clients:
            self.clients[name] = await self.running.as_(name)
        return self.clients[name]

    async def posted(self, who: str, path: str, patient: UUID, /, **fields: str) -> httpx2.Response:
        """What a form of that person is answered; kept in `told`."""
        answer = await (await self.client(who)).post(path, patient, **fields)
        self.told.append(answer.text)
        return answer

    def post(self, who: str, path: str, patient: UUID, /, **fields: str) -> httpx2.Response:
        return self.wait(self.posted(who, path, patient, **fields))

    # by SQL

    async def acting(self, act: Callable[[AsyncConnection], Awaitable[T]], *, owner: bool = False) -> T:
        """A committed transaction of the application's login, or of the owner's."""
        async with (self.owner if owner else self.web).begin() as conn:
            if owner:
                await database.assume_owner(conn)
            return await act(conn)

    def act(self, act: Callable[[AsyncConnection], Awaitable[T]], *, owner: bool = False) -> T:
        return self.wait(self.acting(act, owner=owner))

    def complaint(self, act: Callable[[AsyncConnection], Awaitable[object]], *, owner: bool = False) -> str | None:
        """What the database says to it; None: it was done. Kept in `told`."""
        try:
            self.act(act, owner=owner)
        except DBAPIError as refused:
            self.told.append(str(refused.orig))
            return self.told[-1]
        return None

    def ask(self, statement: str, **values: object) -> Any:
        """One value."""

        async def asking(conn: AsyncConnection) -> Any:
            return (await conn.execute(text(statement), values)).scalar()

        return self.act(asking)

    def alter(self, *statements: str) -> None:
        """Change the schema, as the owner."""

        async def altering(conn: AsyncConnection) -> None:
            for statement in statements:
                await conn.execute(text(statement))

        self.act(altering, owner=True)

    def rows(self) -> str:
        """A digest of what a door would leave behind."""
        digests = [f"(SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t)" for table in DIGESTED]
        return str(self.ask(f"SELECT concat_ws(' ', {', '.join(digests)})"))

    def judged(self) -> tuple[Finding, ...]:
        """What is wrong with what stands in the database, of the patients who came last."""
        return self.judge.findings(self.act(lambda conn: judge.read(conn, self.patients)))

    # a new day

    def leave(self) -> None:
        """Nobody is in a visit any more."""

        async def leaving(conn: AsyncConnection) -> None:
            await conn.execute(text(LEFT_OPEN), {"patients": list(self.patients)})

        self.act(leaving)

    def new_patients(self) -> None:
        """Three patients of whom nothing is written yet, and everybody in the roles of the beginning."""
        self.leave()
        self.told.clear()
        self.calls_opened.clear()
        self.judge = Judge()
        for name in PATIENTS:
            if name in self.clients:
                self.wait(self.clients.pop(name).client.aclose())

        async def coming(conn: AsyncConnection) -> None:
            now = datetime.now(UTC)
            context = UseCaseContext(conn, self.id("carla"), now)
            for name, roles in ROLES_OF.items():
                for role in await accounts.roles_of(conn, self.id(name)) - roles:
                    await accounts.revoke(conn, self.id(name), role, now=now)
            for name, roles in ROLES_OF.items():
                await accounts.grant(conn, self.id(name), roles, now=now, by=None)
            for name, treated_by in PATIENTS.items():
                new = NewPerson(given_name=name.capitalize(), family_name="Cast", zone=ZONE)
                person = (await people.add_person(context, new)).id
                await people.add_patient(context, person, BORN, "(813) 555-0142")
                await accounts.grant(conn, person, (Role.PATIENT,), now=now, by=None)
                for prescriber in treated_by:
                    await people.assign_prescriber(context, person, self.id(prescriber))
                self.running.clinic.people[name] = person

        self.act(coming)


DIGESTED = tuple(f"(SELECT * FROM {table})" for table in WATCHED)
LEFT_OPEN = (
    "UPDATE visit SET status = 'ended', ended_at = greatest(now(), admitted_at)"
    " WHERE status = 'in_progress' AND patient_id = ANY(:patients)"
)


@contextmanager
def a_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=20)
        loop.close()


@contextmanager
def opened(engines: Engines, there: Database, folder: Path) -> Iterator[World]:
    """A web process over that database, with its people, a front desk and a site."""
    port = free_port()
    settings = settings_for(there.app_url, engines.redis(REDIS), port, folder)
    clinic = write_clinic(there.app_url, datetime.now(UTC) - timedelta(minutes=1))
    running = Running(settings, f"http://localhost:{port}", clinic)
    with serving(settings), a_loop() as loop:
        desks = asyncio.run_coroutine_threadsafe(open_desk(running), loop).result(timeout=60)
        web, owner = database.engine(there.app_url), database.engine(there.owner_url)
        world = World(running, desks, web, owner, loop)
        try:
            world.new_patients()
            yield world
        finally:
            world.wait(_closed(world))


async def _closed(world: World) -> None:
    for client in world.running.clients:
        await client.aclose()
    await world.web.dispose()
    await world.owner.dispose()
