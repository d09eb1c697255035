"""Drafts that two tabs never overwrite silently, signatures that end all change, and addenda."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from emr.notes import use_cases as noting
from emr.notes.model import Draft, Note
from emr.shared.context import UseCaseContext
from emr.shared.errors import Conflict, Invalid, NotFound, RecordError, Refused
from emr.visits.model import Visit
from server.platform.database import one_shot_engine
from tests.conftest import Database
from tests.emr.clinic import NOW, Clinic, open_clinic

LATER = NOW + timedelta(minutes=1)


async def begun(clinic: Clinic) -> Visit:
    return await clinic.hold(await clinic.book(), end=False)


async def test_the_first_save_starts_the_note_and_each_later_one_counts(clinic: Clinic) -> None:
    visit = await begun(clinic)
    assert await noting.read(clinic.conn, visit.id) is None
    context = clinic.context(clinic.drew)
    first = await noting.save(context, visit.id, clinic.ada, 0, {"interval": "Sleeps better."})
    second = await noting.save(context, visit.id, clinic.ada, 1, {"interval": "Sleeps better.", "plan": "Go on."})
    assert (first.version, second.version, second.template) == (1, 2, "follow_up")
    note = await noting.read(clinic.conn, visit.id)
    assert note is not None
    assert note.draft == second
    # Autosaves leave no fact: one for the start, none for the second save.
    assert [type(event).__name__ for event in context.events] == ["NoteStarted"]


async def test_a_second_tab_gets_the_text_that_stands_and_overwrites_nothing(clinic: Clinic) -> None:
    visit = await begun(clinic)
    context = clinic.context(clinic.drew)
    await noting.save(context, visit.id, clinic.ada, 0, {"plan": "one"})
    standing = await noting.save(context, visit.id, clinic.ada, 1, {"plan": "from this tab"})
    for expected in (0, 1, 7):
        with pytest.raises(Conflict) as conflict:
            await noting.save(context, visit.id, clinic.ada, expected, {"plan": "from the other tab"})
        assert conflict.value.current == standing
    note = await noting.read(clinic.conn, visit.id)
    assert note is not None
    assert note.draft == standing


async def test_a_save_whose_answer_was_lost_can_be_repeated(clinic: Clinic) -> None:
    visit = await begun(clinic)
    context = clinic.context(clinic.drew)
    for expected, said in ((0, "one"), (1, "two")):
        saved = await noting.save(context, visit.id, clinic.ada, expected, {"plan": said})
        assert await noting.save(context, visit.id, clinic.ada, expected, {"plan": said}) == saved


async def test_a_part_that_was_emptied_is_not_one_that_nobody_typed_into(clinic: Clinic) -> None:
    visit = await begun(clinic)
    context = clinic.context(clinic.drew)
    await noting.save(context, visit.id, clinic.ada, 0, {"plan": "one"})
    emptied = await noting.save(context, visit.id, clinic.ada, 1, {"plan": "one", "assessment": ""})
    assert (emptied.version, dict(emptied.sections)) == (2, {"plan": "one", "assessment": ""})


async def test_a_draft_may_go_under_another_template(clinic: Clinic) -> None:
    visit = await begun(clinic)
    context = clinic.context(clinic.drew)
    await noting.save(context, visit.id, clinic.ada, 0, {"plan": "one"})
    moved = await noting.save(context, visit.id, clinic.ada, 1, {"plan": "one"}, "brief")
    assert (moved.version, moved.template) == (2, "brief")
    with pytest.raises(Invalid) as refused:
        await noting.save(context, visit.id, clinic.ada, 2, {"assessment": "x"})
    assert set(refused.value.fields) == {"assessment"}
    with pytest.raises(Invalid):
        await noting.save(context, visit.id, clinic.ada, 2, {}, "nonsense")


async def test_only_the_author_writes_and_only_for_the_patient_of_the_visit(clinic: Clinic) -> None:
    visit = await begun(clinic)
    await noting.save(clinic.context(clinic.drew), visit.id, clinic.ada, 0, {"plan": "one"})
    for call, code in (
        (noting.save(clinic.context(clinic.tomas), visit.id, clinic.ada, 1, {"plan": "two"}), "not_author"),
        (noting.sign(clinic.context(clinic.tomas), visit.id, clinic.ada, 1), "not_author"),
        (noting.save(clinic.context(clinic.drew), visit.id, clinic.marcus, 1, {"plan": "two"}), "wrong_patient"),
        (noting.sign(clinic.context(clinic.drew), visit.id, clinic.marcus, 1), "wrong_patient"),
        (noting.add(clinic.context(clinic.drew), visit.id, clinic.marcus, "x"), "wrong_patient"),
        (noting.add(clinic.context(clinic.drew), visit.id, clinic.ada, "too early"), "not_signed"),
    ):
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.code == code


async def test_a_signed_note_is_sealed_under_name_and_time_and_nothing_follows_but_addenda(clinic: Clinic) -> None:
    visit = await begun(clinic)
    context = clinic.context(clinic.drew)
    await noting.save(context, visit.id, clinic.ada, 0, {"plan": "Sertraline 150 mg each morning."})
    note = await noting.sign(context, visit.id, clinic.ada, 1)
    assert note.seal is not None
    assert note.seal.intact
    assert (note.seal.signature, note.seal.signed_at) == ("Drew Marsh, MD", NOW)
    # A double click signs once.
    assert await noting.sign(clinic.context(clinic.drew, LATER), visit.id, clinic.ada, 1) == note
    for call in (
        noting.save(context, visit.id, clinic.ada, 1, {"plan": "Sertraline 200 mg."}),
        noting.sign(clinic.context(clinic.tomas), visit.id, clinic.ada, 1),
    ):
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.code == "sealed"
    await noting.add(clinic.context(clinic.tomas, LATER), visit.id, clinic.ada, " I agree with the plan. ")
    with pytest.raises(Invalid):
        await noting.add(context, visit.id, clinic.ada, "  ")
    read = await noting.read(clinic.conn, visit.id)
    assert read is not None
    assert read.seal == note.seal
    assert [(one.author, one.text, one.written_at) for one in read.addenda] == [
        (clinic.tomas, "I agree with the plan.", LATER)
    ]
    assert await noting.signed(clinic.conn, clinic.ada) == (read,)


async def test_what_is_signed_is_what_was_seen(clinic: Clinic) -> None:
    visit = await begun(clinic)
    context = clinic.context(clinic.drew)
    with pytest.raises(NotFound):
        await noting.sign(context, visit.id, clinic.ada, 0)
    await noting.save(context, visit.id, clinic.ada, 0, {"plan": " "})
    with pytest.raises(Invalid):
        await noting.sign(context, visit.id, clinic.ada, 1)
    standing = await noting.save(context, visit.id, clinic.ada, 1, {"plan": "two"})
    with pytest.raises(Conflict) as conflict:
        await noting.sign(context, visit.id, clinic.ada, 1)
    assert conflict.value.current == standing


async def test_a_note_may_be_prepared_before_the_visit_and_is_signed_once_it_has_begun(clinic: Clinic) -> None:
    visit = await clinic.book()
    context = clinic.context(clinic.drew)
    await noting.save(context, visit.id, clinic.ada, 0, {"plan": "prepared"})
    with pytest.raises(Refused) as refused:
        await noting.sign(context, visit.id, clinic.ada, 1)
    assert refused.value.code == "wrong_state"
    assert [state.visit for state in await noting.unsigned(clinic.conn, clinic.drew)] == [visit.id]
    await clinic.hold(visit)
    await noting.sign(context, visit.id, clinic.ada, 1)
    assert await noting.unsigned(clinic.conn, clinic.drew) == ()


async def test_the_database_refuses_to_change_a_signed_note(clinic: Clinic) -> None:
    visit = await begun(clinic)
    context = clinic.context(clinic.drew)
    await noting.save(context, visit.id, clinic.ada, 0, {"plan": "one"})
    skipping = "UPDATE note_draft SET version = version + 2"
    with pytest.raises(DBAPIError):
        async with clinic.conn.begin_nested():
            await clinic.conn.execute(text(skipping))
    await noting.sign(context, visit.id, clinic.ada, 1)
    await noting.add(context, visit.id, clinic.ada, "Later")
    for attempt in (
        "UPDATE note_draft SET version = version + 1, sections = '{}'",
        "DELETE FROM note_draft",
        "UPDATE note_seal SET content = '{}'",
        "DELETE FROM note_seal",
        "UPDATE note_addendum SET text = 'x'",
        "TRUNCATE note_addendum",
    ):
        with pytest.raises(DBAPIError):
            async with clinic.conn.begin_nested():
                await clinic.conn.execute(text(attempt))


Act = Callable[[AsyncConnection], Awaitable[Draft | Note]]


async def _each_in_a_transaction(engine: AsyncEngine, *acts: Act) -> list[Draft | Note | RecordError]:
    async def one(act: Act) -> Draft | Note | RecordError:
        async with engine.connect() as conn, conn.begin() as transaction:
            try:
                return await act(conn)
            except RecordError as refusal:
                await transaction.rollback()
                return refusal

    return list(await asyncio.gather(*(one(act) for act in acts)))


async def test_tabs_that_save_and_sign_at_the_same_moment_go_one_after_the_other(database: Database) -> None:
    engine = one_shot_engine(database.app_url)
    async with engine.begin() as conn:
        clinic = await open_clinic(conn)
        visit = await begun(clinic)
    ada, drew = clinic.ada, clinic.drew

    async def saved(conn: AsyncConnection, expected: int, said: str) -> Draft:
        return await noting.save(UseCaseContext(conn, drew, NOW), visit.id, ada, expected, {"plan": said})

    for expected in (0, 1):
        came = await _each_in_a_transaction(
            engine,
            partial(saved, expected=expected, said=f"from one tab {expected}"),
            partial(saved, expected=expected, said=f"from another {expected}"),
        )
        assert sorted(type(one).__name__ for one in came) == ["Conflict", "Draft"]
    came = await _each_in_a_transaction(
        engine,
        lambda conn: noting.sign(UseCaseContext(conn, drew, NOW), visit.id, ada, 2),
        lambda conn: saved(conn, 2, "too late or in time"),
    )
    # Either the save came first and the signer is shown it, or the note was signed and the save is refused.
    assert [type(one).__name__ for one in came] in (["Conflict", "Draft"], ["Note", "Refused"])
    await engine.dispose()
