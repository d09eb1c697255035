"""A log of its own for one test: a fresh database, the application's login, its owner, a key and a folder outside."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from compliance.audit import entries as audit
from compliance.audit import sealing
from compliance.audit.checkpoint import Signer
from compliance.audit.entries import AuditEntry, EntryOutcome
from compliance.audit.outside import Outside
from compliance.audit.store import DirectoryStore
from compliance.prescribing import decisions
from compliance.prescribing.decision import VALIDITY, Citation, Decision, Obligation, Reason, WayForward
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction, Schedule
from server.application import references
from server.migrations.names import OWNER_ROLE
from server.platform import database as databases
from tests.conftest import Engines
from tests.databases import a_name, store

BEGIN_ANEW = (
    *(
        f"DELETE FROM {table}"
        for table in ("decision", "audit_leaf", "audit_text", "audit_content", "checkpoint", "audit_entry")
    ),
    "ALTER TABLE audit_entry ALTER id RESTART",
)
ORIGIN = "titrate.example/log"
NOW = datetime(2026, 11, 24, 15, 21, 44, 123456, tzinfo=UTC)
ADA = UUID("00000000-0000-4000-8000-00000000ada1")
MARCUS = UUID("00000000-0000-4000-8000-0000000c0ffe")
DREW = UUID("00000000-0000-4000-8000-00000000d0c1")
RUTH = UUID("00000000-0000-4000-8000-00000000d0c2")
NOA = UUID("00000000-0000-4000-8000-00000000f0d1")
VISIT = UUID("00000000-0000-4000-8000-000000000001")
"""Ada's video visit; the others are found by `visit_of`."""

CLINIC = (
    "INSERT INTO person (id, given_name, family_name, zone, added_at)"
    " SELECT unnest(CAST(:people AS uuid[])), 'A', 'Person', 'America/New_York', now()",
    "INSERT INTO patient (person_id, code, birth_date)"
    " SELECT id, 'P-' || row_number() OVER (), '1990-01-01' FROM unnest(CAST(:patients AS uuid[])) AS id",
    "INSERT INTO visit (id, patient_id, prescriber_id, scheduled_start, scheduled_minutes, kind, modality, status,"
    " room, booked_at, booked_by) SELECT v.id, v.patient, :prescriber, now(), 30, 'follow_up', v.modality, 'scheduled',"
    " v.id::text, now(), :prescriber FROM unnest(CAST(:visits AS uuid[]), CAST(:seen AS uuid[]),"
    " CAST(:modalities AS text[])) AS v (id, patient, modality)",
    "INSERT INTO role_grant (id, person_id, role, granted_at) SELECT gen_random_uuid(), id, 'prescriber', now()"
    " FROM unnest(CAST(:treating AS uuid[])) AS id",
    "INSERT INTO role_grant (id, person_id, role, granted_at) VALUES (gen_random_uuid(), :noa, 'front_desk', now())",
    "INSERT INTO site (id, name, line, city, state, postal, added_at, added_by)"
    " VALUES (gen_random_uuid(), 'Ybor clinic', '1701 N 15th St', 'Tampa', 'FL', '33605', now(), :noa)",
)
SERTRALINE = "sertraline 25 MG Oral Tablet"
LORAZEPAM = "lorazepam 1 MG Oral Tablet"


def visit_of(patient: UUID, modality: Modality) -> UUID | None:
    """The visit of that patient by that modality; None without an encounter."""
    if modality is Modality.NONE:
        return None
    return VISIT if (patient, modality) == (ADA, Modality.VIDEO) else uuid5(patient, modality.value)


async def open_clinic(conn: AsyncConnection) -> None:
    """Two patients, two prescribers, and a visit of each patient by each modality: what a decision must point at."""
    visits = [(visit_of(one, by), one, by.value) for one in (ADA, MARCUS) for by in Modality if by is not Modality.NONE]
    values = {
        "people": [ADA, MARCUS, DREW, RUTH, NOA],
        "treating": [DREW, RUTH],
        "noa": NOA,
        "patients": [ADA, MARCUS],
        "prescriber": DREW,
        "visits": [each[0] for each in visits],
        "seen": [each[1] for each in visits],
        "modalities": [each[2] for each in visits],
    }
    for statement in CLINIC:
        names = set(re.findall(r"(?<!:):(\w+)", statement))
        await conn.execute(text(statement), {name: values[name] for name in names})


def an_entry(**changes: object) -> AuditEntry:
    """Drew admits Ada; `changes` replace fields."""
    fields: dict[str, object] = {
        "actor_id": DREW,
        "actor_role": "prescriber",
        "action": "visit.admit",
        "outcome": EntryOutcome.ALLOWED,
        "rule": "own-patient",
        "subject_type": "visit",
        "subject_id": VISIT,
        "patient_id": ADA,
        "visit_id": VISIT,
        "occurred_at": NOW,
        "details": {"status": "in_progress"},
    }
    return AuditEntry(**(fields | changes))  # type: ignore[arg-type]  # a test's keyword arguments


def a_decision(**changes: object) -> Decision:
    """An allowed start of an uncontrolled medicine by video; `changes` replace fields."""
    rule = Citation("829e", "21 USC 829(e)", "An in-person evaluation comes first.", None)
    fields: dict[str, object] = {
        "outcome": DecisionOutcome.ALLOW,
        "action": PrescribingAction.NEW,
        "modality": Modality.VIDEO,
        "schedule": Schedule.NONE,
        "ingredients": ("sertraline",),
        "reasons": (Reason("not_controlled", "“Sertraline” is in no schedule."),),
        "rule": "uncontrolled",
        "citations": (rule,),
        "pack_id": "strict-block",
        "pack_version": "1.4",
        "pack_sha256": "ab" * 32,
        "reference_sha256": "cd" * 32,
        "decided_at": NOW,
        "valid_until": NOW + VALIDITY,
        "evidence": (("matched", "name"), ("resolved", "sertraline")),
        "obligations": (Obligation("hand_off", "Hand it to a certified system.", rule),),
        "ways_forward": (),
    }
    return Decision(**(fields | changes))  # type: ignore[arg-type]  # a test's keyword arguments


def a_block(**changes: object) -> Decision:
    """The blocked start of alprazolam by video; `changes` replace fields."""
    fields: dict[str, object] = {
        "outcome": DecisionOutcome.BLOCK,
        "schedule": Schedule.IV,
        "ingredients": ("alprazolam",),
        "reasons": (Reason("controlled_remote", "Alprazolam is in schedule IV."),),
        "rule": "remote-controlled",
        "obligations": (),
        "ways_forward": (WayForward("in_person", "Book an in-person visit", "See the patient first."),),
    }
    return a_decision(**(fields | changes))


ATTENDED = (
    "UPDATE visit SET status = 'ended', ended_at = now() WHERE patient_id = :patient AND status = 'in_progress'"
    " AND id <> :visit",
    "UPDATE visit SET status = 'waiting', arrived_at = now() WHERE id = :visit AND status = 'scheduled'",
    "UPDATE visit SET status = 'in_progress', admitted_at = now() WHERE id = :visit AND status = 'waiting'",
    "INSERT INTO attendance (id, visit_id, patient_id, modality, prescriber_id, replaces, began_at, recorded_at)"
    " SELECT gen_random_uuid(), v.id, v.patient_id, v.modality, CAST(:prescriber AS uuid), a.id, now(), now()"
    " FROM visit v LEFT JOIN attendance a ON a.visit_id = v.id"
    " AND NOT EXISTS (SELECT FROM attendance later WHERE later.replaces = a.id)"
    " WHERE v.id = :visit AND a.prescriber_id IS DISTINCT FROM CAST(:prescriber AS uuid)",
)
CHECKED_IN = (
    "INSERT INTO check_in (id, visit_id, patient_id, modality, prescriber_id, site_id, stated_by, stated_at,"
    " recorded_at, valid_until) SELECT gen_random_uuid(), v.id, v.patient_id, v.modality, :prescriber, s.id, :noa,"
    " now(), now(), now() FROM visit v, site s WHERE v.id = :visit",
    "INSERT INTO check_in_confirmation SELECT id, now(), now() FROM check_in c"
    " WHERE NOT EXISTS (SELECT FROM check_in_confirmation f WHERE f.check_in_id = c.id)",
)


async def met(conn: AsyncConnection, visit: UUID, patient: UUID, prescriber: UUID, *, seen: bool) -> dict[str, object]:
    """The prescriber treats in that visit, and (`seen`) both were checked in: the ids that a decision rests on."""
    values = {"visit": visit, "patient": patient, "prescriber": prescriber, "noa": NOA}
    for statement in (*ATTENDED, *(CHECKED_IN if seen else ())):
        names = set(re.findall(r"(?<!:):(\w+)", statement))
        await conn.execute(text(statement), {name: values[name] for name in names})
    treats = (
        "SELECT a.id FROM attendance a WHERE a.visit_id = :visit"
        " AND NOT EXISTS (SELECT FROM attendance later WHERE later.replaces = a.id)"
    )
    seen_by = "SELECT id FROM check_in WHERE visit_id = :visit ORDER BY recorded_at DESC LIMIT 1"
    return {
        "attendance_id": await conn.scalar(text(treats), {"visit": visit}),
        "check_in_id": await conn.scalar(text(seen_by), {"visit": visit}),
    }


async def record(conn: AsyncConnection, made: Decision, **changes: object) -> decisions.RecordedDecision:
    """Record a decision of Drew for Ada about sertraline, in her visit; `changes` replace arguments. `product`: the
    medicine as it was typed.
    """
    fields: dict[str, object] = {
        "patient_id": ADA,
        "prescriber_id": DREW,
        "product": SERTRALINE,
        "encounter_id": visit_of(ADA, made.modality),
        "patient_state": "FL",
        "now": NOW,
    }
    fields |= changes
    visit, patient, who = (fields[name] for name in ("encounter_id", "patient_id", "prescriber_id"))
    if made.allowed and made.action.dispenses and isinstance(visit, UUID):
        seen = made.modality is Modality.IN_PERSON and made.schedule not in (Schedule.NONE, None)
        assert isinstance(patient, UUID)
        assert isinstance(who, UUID)
        fields = {**await met(conn, visit, patient, who, seen=seen), **fields}
    typed = fields["product"]
    fields |= {"typed": typed, "product": typed if typed in references.load().products else None}
    return await decisions.record(conn, made, **fields)  # type: ignore[arg-type]  # a test's arguments


@dataclass(slots=True)
class Log:
    """One database with a log in it, seen by web (`app`), worker (`worker`) and its owner (`owner`)."""

    name: str
    app: AsyncEngine
    worker: AsyncEngine
    owning: AsyncEngine
    store: DirectoryStore
    folder: Path
    signer: Signer
    owner_url: str

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[AsyncConnection]:
        """A committed transaction of the tables' owner."""
        async with self.owning.begin() as conn:
            await conn.execute(text(f"SET ROLE {OWNER_ROLE}"))
            yield conn

    async def as_attacker(self, *statements: str) -> None:
        """Run SQL as an owner who switches the guards off and on again."""
        tables = ("audit_entry", "audit_content", "audit_text", "audit_leaf", "checkpoint", "decision")
        async with self.owner() as conn:
            for table in tables:
                await conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            for statement in statements:
                await conn.execute(text(statement))
            for table in tables:
                await conn.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))

    async def append(self, count: int = 1) -> list[int]:
        """Write that many entries, each in a transaction of its own."""
        numbers = []
        for minute in range(count):
            async with self.app.begin() as conn:
                entry = an_entry(occurred_at=NOW + timedelta(minutes=minute), subject_id=uuid4())
                numbers.append(await audit.append(conn, entry))
        return numbers

    async def decide(self, made: Decision | None = None, **changes: object) -> decisions.RecordedDecision:
        """Record a decision for Ada by Drew, committed."""
        async with self.app.begin() as conn:
            return await record(conn, made or a_decision(), **changes)

    async def seal(self) -> int:
        """Seal once, as the worker does."""
        async with self.worker.begin() as conn:
            return await sealing.seal(conn, NOW)

    async def seal_all(self) -> None:
        """Seal until nothing is left: autovacuum's own transactions may hold a row back for a moment."""
        async with asyncio.timeout(20):
            while True:
                await self.seal()
                async with self.app.connect() as conn:
                    waiting = "SELECT count(*) FROM audit_entry e LEFT JOIN audit_leaf l ON l.entry_id = e.id"
                    if not await conn.scalar(text(f"{waiting} WHERE l.entry_id IS NULL")):
                        return

    async def sign(self, at: datetime | None = None) -> None:
        """Seal everything, sign a checkpoint (`at`: as of another time) and keep it outside."""
        async with self.app.connect() as conn:
            horizon = await sealing.horizon(conn)
        await self.seal_all()
        async with self.worker.begin() as conn:
            await sealing.checkpoint(conn, self.signer, at or datetime.now(UTC), complete_to=horizon)
        async with self.app.connect() as conn:
            await Outside(self.store, [self.signer.verifier]).export(conn)

    async def rows(self, statement: str) -> Sequence[tuple[object, ...]]:
        """What the application reads."""
        async with self.app.connect() as conn:
            return [tuple(row) for row in await conn.execute(text(statement))]


@pytest.fixture
async def conn(conn: AsyncConnection) -> AsyncConnection:
    """The restricted login's connection, in a transaction that has opened a clinic."""
    await open_clinic(conn)
    return conn


@asynccontextmanager
async def a_log(engines: Engines, template: str, folder: Path, signer: Signer) -> AsyncIterator[Log]:
    """A log in a copy of database `template`, which is dropped at the end."""
    with a_name() as name:
        await databases.make_database(engines.owner_url, name, template=template)
        there = engines.database(name)
        app, worker, owner = (store(url) for url in (there.app_url, there.worker_url, there.owner_url))
        yield Log(name, app, worker, owner, DirectoryStore(folder), folder, signer, there.owner_url)
        await databases.drop_database(engines.owner_url, name)


@pytest.fixture
async def log(engines: Engines, template: str, tmp_path: Path) -> AsyncIterator[Log]:
    """An empty log of its own."""
    async with a_log(engines, template, tmp_path / "outside", Signer.generate(ORIGIN)) as opened:
        async with opened.app.begin() as conn:
            await open_clinic(conn)
        yield opened
