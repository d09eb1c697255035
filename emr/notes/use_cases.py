"""Use cases of notes: save a draft, sign and seal it, add to it afterwards, read it.

A save names the version it was written upon. When another tab or device has saved since, nothing is overwritten:
the conflict carries the text that stands now, to be shown beside the one in hand.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.notes import model as notes
from emr.notes import repository as records
from emr.notes.events import AddendumWritten, NoteSigned, NoteStarted
from emr.notes.model import Addendum, Draft, Note
from emr.people import use_cases as people
from emr.shared import text as words
from emr.shared.context import UseCaseContext
from emr.shared.errors import Conflict, Invalid, NotFound, Refused
from emr.shared.ids import PersonId, VisitId
from emr.visits.guard import visit_of
from emr.visits.model import VisitStatus

ADDENDUM_MOST = 10_000


async def save(
    context: UseCaseContext,
    visit_id: VisitId,
    patient_id: PersonId,
    expected_version: int,
    sections: Mapping[str, str],
    template_id: str | None = None,
) -> Draft:
    """Save the draft; gives it back with its new version. The first save (expected version 0) starts the note.

    `template_id` None keeps the draft's template (at first: the usual one of the visit's kind). Saving the text
    that stands already is granted without a new version, so that a save whose answer was lost can be repeated.
    Raises `Conflict` (current: `Draft`) when another version stands, `Refused` when the note is signed, when
    another person writes it, or the visit was cancelled, `Invalid` for sections that cannot be saved.
    """
    visit = await visit_of(context.conn, visit_id, patient_id)
    note = await _locked(context.conn, visit_id)
    if note is not None:
        _may_write(note, context.actor)
    elif visit.status is VisitStatus.CANCELLED:
        raise Refused("wrong_state", "This visit was canceled, so it has no note.")
    usual = note.draft.template if note else notes.templates().usual(visit.kind).id
    template = notes.templates().every.get(template_id or usual)
    if template is None:
        raise Invalid({"template": "Choose one of the templates offered."})
    if wrong := notes.faults(template, sections):
        raise Invalid(wrong)
    draft = Draft(expected_version + 1, template.id, dict(sections), context.now, context.actor)
    if note is None:
        note = await _start(context, visit_id, patient_id, draft)
        return note.draft
    if _same_text(note.draft, draft):
        return note.draft
    if note.draft.version != expected_version or not await records.replace_draft(context.conn, note.id, draft):
        raise await _conflict(context.conn, visit_id)
    return draft


async def _start(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, draft: Draft) -> Note:
    """The first save. Two tabs that save first at the same moment: one starts the note, the other conflicts."""
    id = None
    if draft.version == 1:
        id = await records.start(context.conn, visit_id, patient_id, context.actor, context.now)
    if id is None:
        raise await _conflict(context.conn, visit_id)
    await records.add_draft(context.conn, id, draft)
    context.events.append(NoteStarted(patient=patient_id, visit=visit_id, note=id))
    return Note(id, visit_id, patient_id, context.actor, draft, None, ())


async def _locked(conn: AsyncConnection, visit_id: VisitId) -> Note | None:
    """The visit's note, held until the transaction ends: saves and signatures go one after the other."""
    await records.lock_draft(conn, visit_id)
    return await records.of_visit(conn, visit_id)


async def _conflict(conn: AsyncConnection, visit_id: VisitId) -> Conflict:
    """What to raise when another version stands; its `current` is that `Draft`, None if there is no note yet."""
    now = await records.of_visit(conn, visit_id)
    return Conflict(
        "note_changed", "This note was changed in another window. Nothing was overwritten.", now.draft if now else None
    )


def _may_write(note: Note, actor: PersonId) -> None:
    if note.seal is not None:
        raise Refused("sealed", "This note is signed. Add an addendum instead.")
    if note.author != actor:
        raise Refused("not_author", "Another person is writing this note.")


def _same_text(one: Draft, other: Draft) -> bool:
    """An emptied section is not one that was never typed into, so it is compared too."""
    return one.template == other.template and dict(one.sections) == dict(other.sections)


async def sign(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, expected_version: int) -> Note:
    """Sign and seal the draft that the signer saw. Signing the same again gives the sealed note back.

    Raises `Conflict` (current: `Draft`) when another version stands than the one seen, `Invalid` for an empty
    note, `Refused` when it is sealed, another's, or the visit has not begun, `NotFound` when there is none.
    """
    visit = await visit_of(context.conn, visit_id, patient_id)
    note = await _locked(context.conn, visit_id)
    if note is None:
        raise NotFound("no_note", "This visit has no note yet.")
    if note.seal is not None and note.seal.signed_by == context.actor and note.draft.version == expected_version:
        return note
    _may_write(note, context.actor)
    if visit.status not in (VisitStatus.IN_PROGRESS, VisitStatus.ENDED, VisitStatus.MISSED):
        raise Refused("wrong_state", "A note can be signed once the visit has begun.")
    if note.draft.version != expected_version:
        raise await _conflict(context.conn, visit_id)
    if not any(text.strip() for text in note.draft.sections.values()):
        raise Invalid({"note": "Enter something before signing."})
    signature = (await people.person(context.conn, context.actor)).signature
    seal = notes.seal(note, signature, context.actor, context.now)
    await records.add_seal(context.conn, note.id, seal)
    context.events.append(NoteSigned(patient=patient_id, visit=visit_id, note=note.id, sha256=seal.sha256))
    return Note(note.id, visit_id, patient_id, note.author, note.draft, seal, ())


async def add(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, text: str) -> Addendum:
    """Add to a signed note under one's own name; the sealed text stays as it was signed.

    Raises `Refused` while the note is not signed, `NotFound` when there is none, `Invalid` for no text.
    """
    await visit_of(context.conn, visit_id, patient_id)
    note = await records.of_visit(context.conn, visit_id)
    if note is None:
        raise NotFound("no_note", "This visit has no note yet.")
    if note.seal is None:
        raise Refused("not_signed", "The note is not signed yet. Edit the note itself.")
    said = words.prose(text, ADDENDUM_MOST)
    if said is None:
        raise Invalid({"text": f"Enter an addendum of at most {ADDENDUM_MOST} characters."})
    addendum = notes.addendum(note, said, context.actor, context.now)
    id = await records.add_addendum(context.conn, note.id, addendum)
    context.events.append(
        AddendumWritten(patient=patient_id, visit=visit_id, note=note.id, addendum=id, sha256=addendum.sha256)
    )
    return addendum


async def read(conn: AsyncConnection, visit_id: VisitId) -> Note | None:
    """The visit's note, draft or sealed, with its addenda; None: nobody has begun one."""
    return await records.of_visit(conn, visit_id)


async def signed(conn: AsyncConnection, patient_id: PersonId) -> tuple[Note, ...]:
    """The patient's signed notes, the latest signed first."""
    return await records.signed_of_patient(conn, patient_id)


async def unsigned(conn: AsyncConnection, author_id: PersonId) -> tuple[records.NoteState, ...]:
    """The author's notes not signed yet, the longest untouched first."""
    return await records.unsigned(conn, author_id)
