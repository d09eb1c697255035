"""Notes, drafts, seals and addenda as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from emr.notes import tables as t
from emr.notes.model import Addendum, Draft, Note, NoteSeal
from emr.shared.ids import NoteId, PersonId, VisitId
from emr.shared.together import any_of

_COLUMNS = (
    t.note.c.id,
    t.note.c.visit_id,
    t.note.c.patient_id,
    t.note.c.author_id,
    t.note_draft.c.version,
    t.note_draft.c.template,
    t.note_draft.c.sections,
    t.note_draft.c.saved_at,
    t.note_draft.c.saved_by,
    t.note_seal.c.content,
    t.note_seal.c.sha256,
    t.note_seal.c.signed_at,
    t.note_seal.c.signed_by,
)


@dataclass(frozen=True, slots=True)
class NoteState:
    """How far the note of a visit is, without its text."""

    note: NoteId
    visit: VisitId
    patient: PersonId
    author: PersonId
    saved_at: datetime
    signed_at: datetime | None


async def start(
    conn: AsyncConnection, visit: VisitId, patient: PersonId, author: PersonId, now: datetime
) -> NoteId | None:
    """The new note's id; None when the visit has one already."""
    started = await conn.execute(
        pg_insert(t.note)
        .values(id=uuid4(), visit_id=visit, patient_id=patient, author_id=author, started_at=now)
        .on_conflict_do_nothing()
        .returning(t.note.c.id)
    )
    id = started.scalar_one_or_none()
    return None if id is None else NoteId(id)


async def add_draft(conn: AsyncConnection, note: NoteId, draft: Draft) -> None:
    await conn.execute(
        insert(t.note_draft).values(
            note_id=note,
            version=draft.version,
            template=draft.template,
            sections=dict(draft.sections),
            saved_at=draft.saved_at,
            saved_by=draft.saved_by,
        )
    )


async def replace_draft(conn: AsyncConnection, note: NoteId, draft: Draft) -> bool:
    """Write version n over version n - 1. False when another version stands: nothing is written then."""
    written = await conn.execute(
        update(t.note_draft)
        .where(t.note_draft.c.note_id == note, t.note_draft.c.version == draft.version - 1)
        .values(
            version=draft.version,
            template=draft.template,
            sections=dict(draft.sections),
            saved_at=draft.saved_at,
            saved_by=draft.saved_by,
        )
        .returning(t.note_draft.c.note_id)
    )
    return written.first() is not None


async def lock_draft(conn: AsyncConnection, visit: VisitId) -> None:
    """Hold the row of the visit's draft, if there is one, until the transaction ends."""
    of_visit = select(t.note.c.id).where(t.note.c.visit_id == visit).scalar_subquery()
    await conn.execute(select(t.note_draft.c.version).where(t.note_draft.c.note_id == of_visit).with_for_update())


async def add_seal(conn: AsyncConnection, note: NoteId, seal: NoteSeal) -> None:
    await conn.execute(
        insert(t.note_seal).values(
            note_id=note,
            content=seal.content,
            sha256=seal.sha256,
            signed_at=seal.signed_at,
            signed_by=seal.signed_by,
        )
    )


async def add_addendum(conn: AsyncConnection, note: NoteId, addendum: Addendum) -> UUID:
    """The addendum's id."""
    id = uuid4()
    await conn.execute(
        insert(t.note_addendum).values(
            id=id,
            note_id=note,
            text=addendum.text,
            sha256=addendum.sha256,
            written_at=addendum.written_at,
            author_id=addendum.author,
        )
    )
    return id


async def of_visit(conn: AsyncConnection, visit: VisitId) -> Note | None:
    return next(iter(await _notes(conn, t.note.c.visit_id == visit)), None)


async def signed_of_patient(conn: AsyncConnection, patient: PersonId) -> tuple[Note, ...]:
    """Signed notes, the latest signed first."""
    found = await _notes(conn, (t.note.c.patient_id == patient) & t.note_seal.c.note_id.is_not(None))
    return tuple(
        sorted(found, key=lambda note: note.seal.signed_at if note.seal else note.draft.saved_at, reverse=True)
    )


async def _notes(conn: AsyncConnection, where: ColumnElement[bool]) -> tuple[Note, ...]:
    joined = t.note.join(t.note_draft).outerjoin(t.note_seal, t.note_seal.c.note_id == t.note.c.id)
    rows = (await conn.execute(select(*_COLUMNS).select_from(joined).where(where))).all()
    added = await _addenda(conn, [row.id for row in rows])
    return tuple(_note_of(row, added.get(row.id, ())) for row in rows)


async def _addenda(conn: AsyncConnection, notes: Collection[UUID]) -> Mapping[UUID, tuple[Addendum, ...]]:
    rows = await conn.execute(
        select(t.note_addendum)
        .where(any_of(t.note_addendum.c.note_id, notes))
        .order_by(t.note_addendum.c.written_at, t.note_addendum.c.id)
    )
    found: dict[UUID, tuple[Addendum, ...]] = {}
    for row in rows:
        one = Addendum(PersonId(row.author_id), row.text, row.sha256, row.written_at)
        found[row.note_id] = (*found.get(row.note_id, ()), one)
    return found


def _note_of(row: Row[*tuple[object, ...]], addenda: tuple[Addendum, ...]) -> Note:
    seal = None
    if row.sha256 is not None:
        seal = NoteSeal(row.content, row.sha256, row.signed_at, PersonId(row.signed_by))
    return Note(
        id=NoteId(row.id),
        visit=VisitId(row.visit_id),
        patient=PersonId(row.patient_id),
        author=PersonId(row.author_id),
        draft=Draft(row.version, row.template, row.sections, row.saved_at, PersonId(row.saved_by)),
        seal=seal,
        addenda=addenda,
    )


async def _states(conn: AsyncConnection, where: ColumnElement[bool]) -> tuple[NoteState, ...]:
    joined = t.note.join(t.note_draft).outerjoin(t.note_seal, t.note_seal.c.note_id == t.note.c.id)
    columns = (
        t.note.c.id,
        t.note.c.visit_id,
        t.note.c.patient_id,
        t.note.c.author_id,
        t.note_draft.c.saved_at,
        t.note_seal.c.signed_at,
    )
    rows = await conn.execute(select(*columns).select_from(joined).where(where).order_by(t.note_draft.c.saved_at))
    return tuple(
        NoteState(
            NoteId(row.id),
            VisitId(row.visit_id),
            PersonId(row.patient_id),
            PersonId(row.author_id),
            row.saved_at,
            row.signed_at,
        )
        for row in rows
    )


async def states(conn: AsyncConnection, visits: Collection[UUID]) -> Mapping[VisitId, NoteState]:
    """How far the note of each visit is; a visit without a note is absent."""
    return {state.visit: state for state in await _states(conn, any_of(t.note.c.visit_id, visits))}


async def unsigned(conn: AsyncConnection, author: PersonId) -> tuple[NoteState, ...]:
    """That author's notes not signed yet, the longest untouched first."""
    return await _states(conn, (t.note.c.author_id == author) & t.note_seal.c.note_id.is_(None))
