"""A clinic for attempts around the code: Ada checked in and in person with Drew, alprazolam and sertraline prescribed.

An attempt is one forbidden write of the application's login, with the same write without what is wrong about it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Schedule
from emr.dosing.model import TimeOfDay
from emr.prescribing import use_cases as prescribing
from emr.presence import attending
from emr.shared.ids import PersonId, VisitId
from emr.visits.model import Modality, Visit
from tests.emr.clinic import Clinic, open_clinic
from tests.emr.medicines import FORMULARY, Anything, clear, proposal
from tests.server.prescription_rows import another_decision, another_order, prescribe, row

_ATTENDANCE = (
    "INSERT INTO attendance (id, visit_id, patient_id, modality, prescriber_id, replaces, began_at, recorded_at)"
    " VALUES (:id, :visit, :patient, :modality, :prescriber, :replaces, now(), now())"
)
_CHECK_IN = (
    "INSERT INTO check_in (id, visit_id, patient_id, modality, prescriber_id, site_id, stated_by, stated_at,"
    " recorded_at, valid_until) VALUES (:id, :visit, :patient, :modality, :prescriber, :site, :stated_by, :stated_at,"
    " :stated_at, :valid_until)"
)
_CONFIRMATION = "INSERT INTO check_in_confirmation VALUES (:check_in, :at, :at)"
_JOIN = "INSERT INTO call_join (visit_id, person_id, joined_at, recorded_at) VALUES (:visit, :person, :at, :at)"
_VISIT = (
    "INSERT INTO visit (id, patient_id, prescriber_id, scheduled_start, scheduled_minutes, kind, modality, status,"
    " room, booked_at, booked_by) VALUES (:id, :patient, :prescriber, :start, 30, 'follow_up', :modality, 'scheduled',"
    " :room, now(), :prescriber)"
)


@dataclass(frozen=True, slots=True)
class Gate:
    """`seen`: Ada's visit in person with Drew; `video`: Marcus's with Drew; both in progress.

    `controlled`, `plain`: the rows of the prescriptions of alprazolam and sertraline in `seen`.
    """

    clinic: Clinic
    now: datetime
    seen: Visit
    video: Visit
    site: UUID
    controlled: Mapping[str, Any]
    plain: Mapping[str, Any]

    @property
    def conn(self) -> AsyncConnection:
        return self.clinic.conn

    async def run(self, statement: str, **values: Any) -> None:
        """Execute and look at every constraint."""
        await self.conn.execute(text(statement), values)
        await self.conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        await self.conn.execute(text("SET CONSTRAINTS ALL DEFERRED"))

    async def ask(self, statement: str, **values: Any) -> Any:
        return (await self.conn.execute(text(statement), values)).scalar_one()

    async def decide(self, *, like: Mapping[str, Any] | None = None, **changes: Any) -> UUID:
        """A decision like that about alprazolam."""
        return await another_decision(self.conn, like or self.controlled, **changes)

    async def prescribe(
        self,
        *,
        like: Mapping[str, Any] | None = None,
        decision: Mapping[str, Any] | UUID | None = None,
        order: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """A prescription of its own order under a decision of its own (or the one given), like that of alprazolam."""
        base = like or self.controlled
        decided = decision if isinstance(decision, UUID) else await another_decision(self.conn, base, **decision or {})
        await prescribe(self.conn, base, await another_order(self.conn, base, **order or {}), decided, **changes)
        await self.conn.execute(text("SET CONSTRAINTS ALL DEFERRED"))

    async def book(self, patient: PersonId, modality: str, start: datetime | None = None) -> UUID:
        """A visit with Drew that is scheduled, whenever it is."""
        made = uuid4()
        values = {"patient": patient, "prescriber": self.clinic.drew, "modality": modality, "room": str(made)}
        await self.run(_VISIT, id=made, start=start or self.now, **values)
        return made

    async def begin(self, visit: UUID) -> None:
        """Arrived and admitted, by rows alone; nobody attends."""
        await self.run("UPDATE visit SET status = 'waiting', arrived_at = now() WHERE id = :id", id=visit)
        await self.run("UPDATE visit SET status = 'in_progress', admitted_at = now() WHERE id = :id", id=visit)

    async def end(self, visit: UUID) -> None:
        await self.run(
            "UPDATE visit SET status = 'ended', ended_at = greatest(now(), admitted_at) WHERE id = :id", id=visit
        )

    async def attend(
        self, visit: UUID, by: PersonId, *, replaces: UUID | None = None, modality: str = "in_person", **changes: Any
    ) -> UUID:
        made = uuid4()
        values = {"visit": visit, "patient": self.clinic.ada, "prescriber": by, "replaces": replaces}
        await self.run(_ATTENDANCE, **{"id": made, "modality": modality, **values, **changes})
        return made

    async def take_over(self, by: PersonId) -> UUID:
        """That prescriber treats Ada from now on."""
        now = await attending.attending(self.conn, VisitId(self.seen.id))
        return await self.attend(self.seen.id, by, replaces=now.id if now else None)

    async def check_in(self, visit: UUID | None = None, *, confirm: bool = True, **changes: Any) -> UUID:
        """Noa checks Ada and Drew in for `seen`, or another visit."""
        made, clinic = uuid4(), self.clinic
        values = {
            "visit": visit or self.seen.id,
            "patient": clinic.ada,
            "modality": "in_person",
            "prescriber": clinic.drew,
            "site": self.site,
            "stated_by": clinic.noa,
            "stated_at": self.now,
            "valid_until": self.now + timedelta(hours=1),
        }
        await self.run(_CHECK_IN, **{"id": made, **values, **changes})
        if confirm:
            await self.confirm(made)
        return made

    async def confirm(self, check_in: UUID, at: datetime | None = None) -> None:
        await self.run(_CONFIRMATION, check_in=check_in, at=at or self.now)

    async def join(self, person: PersonId, visit: UUID | None = None, at: datetime | None = None) -> None:
        """That person's media reach a call: of Marcus's video visit, or another one."""
        await self.run(_JOIN, visit=visit or self.video.id, person=person, at=at or self.now)


async def open_gate(conn: AsyncConnection, now: datetime | None = None) -> Gate:
    """The clinic of this module, written by the use cases. `now` counts in a database marked as a demo."""
    clinic, now = await open_clinic(conn), now or datetime.now(UTC)
    site = await clinic.site()
    seen = await clinic.book(start=now - timedelta(minutes=5), modality=Modality.IN_PERSON)
    await clinic.check_in(seen, now)
    seen = await clinic.hold(seen, end=False)
    video = await clinic.hold(await clinic.book(clinic.marcus, start=now - timedelta(minutes=5)), end=False)
    rows = []
    for medicine, amount, schedule in (("alprazolam_ir", "0.5", Schedule.IV), ("sertraline", "50", Schedule.NONE)):
        made = proposal(medicine, amount, TimeOfDay.NIGHT, starts_on=now.date() - timedelta(days=1))
        written = await prescribing.start(
            clinic.context(clinic.drew, now),
            formulary=FORMULARY,
            visit_id=seen.id,
            patient_id=clinic.ada,
            proposal=made,
            answers=Anything(),
            clearance=await clear(clinic, made, "new", seen, now=now, schedule=schedule),
        )
        rows.append(await row(conn, "prescription", written.prescription))
    for when in ("IMMEDIATE", "DEFERRED"):
        await conn.execute(text(f"SET CONSTRAINTS ALL {when}"))
    return Gate(clinic, now, seen, video, site.id, rows[0], rows[1])


Act = Callable[[Gate], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """`wrong` is refused with what `says` (a pattern); `right` is the same without what is wrong, and goes in.

    `guards`: what refuses it, as `trigger table name`, `constraint table name` or `index name`; with these off it goes
    in.
    """

    name: str
    wrong: Act
    right: Act
    says: str
    guards: tuple[str, ...]


def attempt(name: str, wrong: Act, right: Act, says: str, *guards: str) -> Attempt:
    return Attempt(name, wrong, right, says, guards)


_OFF = {
    "trigger": "ALTER TABLE {} DISABLE TRIGGER {}",
    "constraint": "ALTER TABLE {} DROP CONSTRAINT {} CASCADE",
    "index": "DROP INDEX {}",
}


async def wrong_ones_let_in(gate: Gate, attempts: Sequence[Attempt]) -> list[str]:
    """The attempts that are not refused, or for another reason. Every right one goes in, or its error is raised."""
    found = []
    for attempt in attempts:
        async with _tried(gate.conn):
            await attempt.right(gate)
        async with _tried(gate.conn):
            try:
                await attempt.wrong(gate)
                found.append(f"{attempt.name}: it went in")
            except DBAPIError as error:
                if not re.search(attempt.says, str(error.orig)):
                    found.append(f"{attempt.name}: {error.orig}")
    return found


async def refused_without_guards(gate: Gate, attempts: Sequence[Attempt]) -> list[str]:
    """The attempts that something else than their guards refuses too. `gate` is the tables' owner's."""
    found = []
    for attempt in attempts:
        async with _tried(gate.conn):
            await switch_off(gate.conn, *attempt.guards)
            try:
                await attempt.wrong(gate)
            except DBAPIError as error:
                found.append(f"{attempt.name}: {error.orig}")
    return found


async def switch_off(owner_conn: AsyncConnection, *guards: str) -> None:
    """Take guards, named as in `Attempt`, out of the schema until the transaction is rolled back."""
    for guard in guards:
        kind, *names = guard.split()
        await owner_conn.execute(text(_OFF[kind].format(*names)))


@asynccontextmanager
async def _tried(conn: AsyncConnection) -> AsyncIterator[None]:
    """What is written inside is taken back."""
    nested = await conn.begin_nested()
    yield
    await nested.rollback()
