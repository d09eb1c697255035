"""Prescribing: start, revise, renew. Only under a clearance, with answers, and never over somebody else's change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.chart import reading as chart
from emr.dosing.model import TimeOfDay
from emr.medications.clearance import NOTHING, Clearance
from emr.medications.events import DoseRevised, MedicationRenewed, MedicationStarted
from emr.medications.model import Act, OrderOrigin
from emr.prescribing import ground as grounds
from emr.prescribing import list_use_cases as medicating
from emr.prescribing import use_cases as prescribing
from emr.prescribing.list_use_cases import Ending, ReportedMedication
from emr.prescribing.use_cases import SignedOrder
from emr.presence import attending
from emr.safety.checks import Severity
from emr.shared.errors import Conflict, Invalid, NotFound, Refused
from emr.shared.ids import OrderId, PersonId, VisitId
from emr.shared.quantity import mg
from emr.visits import use_cases as visiting
from server.platform import database as databases
from tests.conftest import Database
from tests.emr.clinic import Clinic, open_clinic
from tests.emr.medicines import FORMULARY, Anything, Consultation, clear, consult, proposal


@pytest.fixture
async def visit(clinic: Clinic) -> Consultation:
    """Drew with Ada, in a visit that is in progress."""
    return await consult(clinic)


async def settled(conn: AsyncConnection) -> None:
    """Runs the checks that wait for the end of a transaction."""
    await conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def test_a_started_medicine_is_on_the_list_with_its_prescription(visit: Consultation) -> None:
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    made = proposal("sertraline", "50", TimeOfDay.MORNING, starts_on=visit.today)
    clearance = await clear(visit.clinic, made, "new", visit.visit, now=visit.now)
    written = await prescribing.start(
        context,
        formulary=FORMULARY,
        visit_id=visit.visit.id,
        patient_id=visit.clinic.ada,
        proposal=made,
        answers=Anything(),
        clearance=clearance,
    )
    await settled(context.conn)
    snapshot = await chart.read(context.conn, visit.clinic.ada, visit.now)
    assert [line.current for line in snapshot.entries] == [written.order]
    assert snapshot.entries[0].by == "Dr. Drew Marsh"
    assert written.order.agreement == "not_asked_here"
    assert written.order.reference is not None
    assert written.order.reference.sha256 == FORMULARY.sha256
    assert [type(event) for event in context.events] == [MedicationStarted]
    row = (await context.conn.execute(text("SELECT * FROM prescription"))).one()
    assert (row.order_id, row.decision_id, row.product) == (written.order.id, clearance.decision_id, made.product)
    assert row.recorded_at > visit.now


async def test_a_revision_replaces_and_never_edits(visit: Consultation) -> None:
    first = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    second = (await visit.revise(first, "75", "increase", TimeOfDay.MORNING)).order
    await settled(visit.clinic.conn)
    lines = await chart.entries(visit.clinic.conn, visit.clinic.ada)
    assert [line.history for line in lines] == [(first, second)]
    assert (second.act, second.replaces, second.daily_total) == (Act.REVISED, first.id, mg(75))


async def test_a_renewal_keeps_the_dose_and_who_set_it(visit: Consultation) -> None:
    first = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    same = proposal("sertraline", "50", TimeOfDay.MORNING, starts_on=visit.today, replaces=first.id)
    written = await prescribing.renew(
        context,
        formulary=FORMULARY,
        visit_id=visit.visit.id,
        patient_id=visit.clinic.ada,
        order_id=first.id,
        proposal=same,
        answers=Anything(),
        clearance=await clear(visit.clinic, same, "renew", visit.visit, now=visit.now),
    )
    await settled(context.conn)
    assert written.order.act is Act.RENEWED
    assert [type(event) for event in context.events] == [MedicationRenewed]


async def test_the_list_that_answers_a_signature_is_the_one_that_is_read_after_it(visit: Consultation) -> None:
    """It is made of what was read and what was written, and says of each line who set its dose."""
    conn, patient = visit.clinic.conn, visit.clinic.ada
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    told = ReportedMedication(
        name="melatonin", kind=OrderOrigin.SELF_REPORTED, sentence="3 mg at night", since=visit.today
    )
    melatonin = await medicating.report(context, formulary=FORMULARY, patient_id=patient, told=told)
    first = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    raised = await visit.revise(first.order, "75", "increase", TimeOfDay.MORNING)
    same = proposal("sertraline", "75", TimeOfDay.MORNING, starts_on=visit.today, replaces=raised.order.id)
    more = await prescribing.renew(
        context,
        formulary=FORMULARY,
        visit_id=visit.visit.id,
        patient_id=patient,
        order_id=raised.order.id,
        proposal=same,
        answers=Anything(),
        clearance=await clear(visit.clinic, same, "renew", visit.visit, now=visit.now),
    )
    assert more.ground.lines == await chart.entries(conn, patient)
    order = more.order
    for ending, id in ((Ending.HOLD, order.id), (Ending.STOP, melatonin.id)):
        ground = await grounds.read(context, visit.visit.id, patient)
        ended = await medicating.end(context, ending, ground, id, "Nausea")
        assert ground.after(ended).lines == await chart.entries(conn, patient), ending
    seen = await grounds.read(context, visit.visit.id, patient, lock=False)
    with pytest.raises(ValueError, match="only looked at"):
        await medicating.end(context, Ending.STOP, seen, seen.lines[0].current.id, "Nausea")


async def test_what_is_asked_and_not_answered_is_named_and_nothing_is_written(visit: Consultation) -> None:
    silent = replace(visit, answers={})
    with pytest.raises(Invalid) as refusal:
        await silent.start("sertraline", "50", TimeOfDay.MORNING)
    assert refusal.value.code == "findings_unanswered"
    assert "not_checked:allergies" in refusal.value.fields
    assert await chart.entries(visit.clinic.conn, visit.clinic.ada) == ()


async def test_answers_are_kept_with_the_order_as_they_were_asked(visit: Consultation) -> None:
    written = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    asked = {finding.key for finding in written.findings if finding.needs_answer}
    assert asked <= {answer.key for answer in written.order.answers}
    read = (await chart.entries(visit.clinic.conn, visit.clinic.ada))[0].current
    assert read.answers == written.order.answers
    assert {answer.severity for answer in read.answers} >= {Severity.NOT_CHECKED.value}


async def test_who_saw_an_older_list_gets_the_present_one_and_changes_nothing(visit: Consultation) -> None:
    first = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    second = (await visit.revise(first, "75", "increase", TimeOfDay.MORNING)).order
    with pytest.raises(Conflict) as refusal:
        await visit.revise(first, "100", "increase", TimeOfDay.MORNING)
    assert refusal.value.current == second
    assert (await chart.entries(visit.clinic.conn, visit.clinic.ada))[0].current == second


Change = Callable[[Consultation, dict[str, Any]], Awaitable[dict[str, Any]]]


def changed(**fields: object) -> Change:
    """A clearance in which these fields differ."""

    async def change(_: Consultation, arguments: dict[str, Any]) -> dict[str, Any]:
        return arguments | {"clearance": replace(arguments["clearance"], **fields)}

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (changed(action="increase"), "clearance_mismatch"),
        (changed(action="hold"), "clearance_mismatch"),
        (changed(modality="in_person"), "clearance_mismatch"),
        (changed(encounter_id=uuid4()), "clearance_mismatch"),
        (changed(attendance_id=uuid4()), "clearance_mismatch"),
        (changed(attendance_id=NOTHING), "clearance_mismatch"),
        (changed(patient_id=PersonId(uuid4())), "clearance_mismatch"),
        (changed(prescriber_id=PersonId(uuid4())), "clearance_mismatch"),
        (changed(product="alprazolam 0.5 MG Oral Tablet"), "clearance_mismatch"),
        (changed(outcome="block"), "clearance_mismatch"),
        (changed(valid_until=None), "clearance_expired"),
    ],
)
async def test_a_clearance_for_anything_else_buys_nothing(visit: Consultation, change: Change, code: str) -> None:
    made = proposal("sertraline", "50", TimeOfDay.MORNING, starts_on=visit.today)
    arguments: dict[str, Any] = {
        "formulary": FORMULARY,
        "visit_id": visit.visit.id,
        "patient_id": visit.clinic.ada,
        "proposal": made,
        "answers": Anything(),
        "clearance": await clear(visit.clinic, made, "new", visit.visit, now=visit.now),
    }
    spoilt = await change(visit, arguments)
    if spoilt["clearance"].valid_until is None:
        spoilt["clearance"] = replace(spoilt["clearance"], valid_until=visit.now - timedelta(seconds=1))
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    with pytest.raises(Refused) as refusal:
        await prescribing.start(context, **spoilt)
    assert refusal.value.code == code
    assert context.events == []
    assert await chart.entries(context.conn, visit.clinic.ada) == ()
    await prescribing.start(context, **arguments)


async def test_a_clearance_is_used_once(visit: Consultation) -> None:
    made = proposal("sertraline", "50", TimeOfDay.MORNING, starts_on=visit.today)
    clearance = await clear(visit.clinic, made, "new", visit.visit, now=visit.now)

    async def sign() -> SignedOrder:
        return await prescribing.start(
            visit.clinic.context(visit.clinic.drew, visit.now),
            formulary=FORMULARY,
            visit_id=visit.visit.id,
            patient_id=visit.clinic.ada,
            proposal=made,
            answers=Anything(),
            clearance=clearance,
        )

    await sign()
    with pytest.raises(Refused, match="already been signed"):
        await sign()


async def test_another_patients_order_looks_like_no_order(visit: Consultation) -> None:
    order = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    marcus = await visit.clinic.book(visit.clinic.marcus, start=visit.now)
    marcus = await visit.clinic.hold(marcus, end=False)
    made = proposal("sertraline", "75", TimeOfDay.MORNING, starts_on=visit.today, replaces=order.id)
    for unknown in (order.id, OrderId(uuid4())):
        with pytest.raises(NotFound):
            await prescribing.revise(
                visit.clinic.context(visit.clinic.drew, visit.now),
                formulary=FORMULARY,
                visit_id=marcus.id,
                patient_id=visit.clinic.marcus,
                order_id=unknown,
                proposal=made,
                answers=Anything(),
                clearance=await clear(
                    visit.clinic, made, "increase", marcus, now=visit.now, patient=visit.clinic.marcus
                ),
            )


async def test_a_page_opened_for_another_patient_writes_nothing(visit: Consultation) -> None:
    made = proposal("sertraline", "50", TimeOfDay.MORNING, starts_on=visit.today)
    with pytest.raises(Refused) as refusal:
        await prescribing.start(
            visit.clinic.context(visit.clinic.drew, visit.now),
            formulary=FORMULARY,
            visit_id=visit.visit.id,
            patient_id=visit.clinic.marcus,
            proposal=made,
            answers=Anything(),
            clearance=await clear(visit.clinic, made, "new", visit.visit, now=visit.now),
        )
    assert refusal.value.code == "wrong_patient"


async def test_nothing_is_signed_in_a_visit_that_has_ended(visit: Consultation) -> None:
    clinic, made = visit.clinic, proposal("sertraline", "50", TimeOfDay.MORNING, starts_on=visit.today)
    clearance = await clear(clinic, made, "new", visit.visit, now=visit.now)
    await visiting.end(clinic.context(clinic.drew, visit.now), visit.visit.id, clinic.ada)
    with pytest.raises(Refused) as refusal:
        await prescribing.start(
            clinic.context(clinic.drew, visit.now),
            formulary=FORMULARY,
            visit_id=visit.visit.id,
            patient_id=clinic.ada,
            proposal=made,
            answers=Anything(),
            clearance=clearance,
        )
    assert refusal.value.code == "visit_not_in_progress"


async def test_who_does_not_attend_signs_nothing_and_who_took_over_does(visit: Consultation) -> None:
    clinic, made = visit.clinic, proposal("sertraline", "50", TimeOfDay.MORNING, starts_on=visit.today)
    clearance = await clear(clinic, made, "new", visit.visit, now=visit.now)
    await attending.take_over(clinic.context(clinic.tomas, visit.now), visit.visit.id, clinic.ada)

    async def sign(by: PersonId, clearance: Clearance) -> SignedOrder:
        return await prescribing.start(
            clinic.context(by, visit.now),
            formulary=FORMULARY,
            visit_id=visit.visit.id,
            patient_id=clinic.ada,
            proposal=made,
            answers=Anything(),
            clearance=clearance,
        )

    with pytest.raises(Refused) as refusal:
        await sign(clinic.drew, clearance)
    assert refusal.value.code == "not_attending"
    with pytest.raises(Refused) as refusal:
        await sign(clinic.tomas, clearance)
    assert refusal.value.code == "clearance_mismatch"
    own = await clear(clinic, made, "new", visit.visit, now=visit.now, prescriber=clinic.tomas)
    assert (await sign(clinic.tomas, own)).order.author == clinic.tomas
    await settled(clinic.conn)


async def test_a_revision_of_a_medicine_from_outside_is_refused_with_what_to_do(visit: Consultation) -> None:
    told = medicating.ReportedMedication(
        name="Zoloft",
        kind=OrderOrigin.PRESCRIBED_ELSEWHERE,
        sentence="50 mg in the morning",
        since=visit.today,
        daily_total=mg("50"),
        prescriber="Dr. Okafor",
    )
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    order = await medicating.report(context, formulary=FORMULARY, patient_id=visit.clinic.ada, told=told)
    with pytest.raises(Refused) as refusal:
        await visit.revise(order, "75", "increase", TimeOfDay.MORNING)
    assert refusal.value.code == "not_prescribed_here"
    assert "Contact the other prescriber" in refusal.value.message


async def test_a_revision_leaves_a_fact_with_ids_only(visit: Consultation) -> None:
    first = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    made = proposal("sertraline", "75", TimeOfDay.MORNING, starts_on=visit.today, replaces=first.id)
    clearance = await clear(visit.clinic, made, "increase", visit.visit, now=visit.now)
    written = await prescribing.revise(
        context,
        formulary=FORMULARY,
        visit_id=visit.visit.id,
        patient_id=visit.clinic.ada,
        order_id=first.id,
        proposal=made,
        answers=Anything(),
        clearance=clearance,
    )
    assert context.events == [
        DoseRevised(
            patient=visit.clinic.ada,
            visit=VisitId(visit.visit.id),
            order=written.order.id,
            replaced=first.id,
            prescription=written.prescription,
            decision=clearance.decision_id,
        )
    ]


# Two people at once


@asynccontextmanager
async def another(database: Database, of: Consultation) -> AsyncIterator[Consultation]:
    """The same consultation in a transaction of its own."""
    engine = databases.one_shot_engine(database.app_url)
    async with engine.connect() as conn:
        yield replace(of, clinic=replace(of.clinic, conn=conn))
    await engine.dispose()


@pytest.fixture
async def committed(database: Database) -> AsyncIterator[Consultation]:
    """A consultation that others see."""
    engine = databases.one_shot_engine(database.app_url)
    async with engine.connect() as conn:
        visit = await consult(await open_clinic(conn))
        await conn.commit()
        yield visit
    await engine.dispose()


async def waits(conn: AsyncConnection) -> None:
    """Until somebody waits for a lock in this database."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(20):  # far more than any change takes, so that a test that waits for nothing ends
        while not await conn.scalar(text(waiting)):
            await conn.rollback()


async def test_of_two_who_change_a_dose_at_once_one_gets_the_others_change(
    committed: Consultation, database: Database
) -> None:
    current = (await committed.start("sertraline", "50", TimeOfDay.MORNING)).order
    await committed.clinic.conn.commit()
    async with another(database, committed) as first, another(database, committed) as second:
        winner = (await first.revise(current, "75", "increase", TimeOfDay.MORNING)).order
        late = asyncio.create_task(second.revise(current, "100", "increase", TimeOfDay.MORNING))
        await waits(committed.clinic.conn)
        await first.clinic.conn.commit()
        with pytest.raises(Conflict) as refusal:
            await late
        assert refusal.value.current == winner


async def test_two_medicines_started_at_once_are_checked_against_each_other(
    committed: Consultation, database: Database
) -> None:
    async with another(database, committed) as first, another(database, committed) as second:
        alone = replace(
            second, answers={"not_checked:allergies": "Asked: none", "not_checked:liver-disease:sertraline": "No"}
        )
        await first.start("phenelzine", "45", TimeOfDay.MORNING)
        late = asyncio.create_task(alone.start("sertraline", "50", TimeOfDay.MORNING))
        await waits(committed.clinic.conn)
        await first.clinic.conn.commit()
        with pytest.raises(Invalid) as refusal:
            await late
        assert [key.split(":")[:2] for key in refusal.value.fields] == [["interaction", "maoi"]]


def test_a_clearance_says_all_that_the_database_compares() -> None:
    assert set(Clearance.__slots__) == {
        "decision_id",
        "outcome",
        "action",
        "encounter_id",
        "modality",
        "schedule",
        "patient_id",
        "prescriber_id",
        "product",
        "valid_until",
        "audit_entry_id",
        "attendance_id",
        "check_in_id",
    }
