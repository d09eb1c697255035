"""The one list: what is reported, held and stopped, and how its patient reads it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from emr.chart import reading as chart
from emr.dosing.model import TimeOfDay
from emr.medications.events import MedicationHeld, MedicationReported, MedicationStopped
from emr.medications.model import Order, OrderOrigin, OrderStatus
from emr.prescribing import list_use_cases as medicating
from emr.prescribing.list_use_cases import ReportedMedication
from emr.shared.errors import Conflict, Invalid, NotFound, Refused
from emr.shared.ids import OrderId
from emr.shared.quantity import mg
from tests.emr.clinic import Clinic
from tests.emr.medicines import FORMULARY, Consultation, consult


@pytest.fixture
async def visit(clinic: Clinic) -> Consultation:
    return await consult(clinic)


def lorazepam(visit: Consultation) -> ReportedMedication:
    return ReportedMedication(
        name="Ativan 0.5 mg",
        kind=OrderOrigin.PRESCRIBED_ELSEWHERE,
        sentence="0.5 mg at night",
        since=visit.today - timedelta(days=60),
        daily_total=mg("0.5"),
        prescriber="Dr. Okafor",
        indication="sleep",
    )


async def report(visit: Consultation, told: ReportedMedication, replaces: OrderId | None = None) -> Order:
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    order = await medicating.report(
        context, formulary=FORMULARY, patient_id=visit.clinic.ada, told=told, replaces=replaces
    )
    assert [type(event) for event in context.events] == [MedicationReported]
    return order


async def test_a_medicine_from_outside_stands_on_the_one_list(visit: Consultation) -> None:
    await visit.start("sertraline", "50", TimeOfDay.MORNING)
    order = await report(visit, lorazepam(visit))
    assert (order.medicine, order.name, order.ingredients) == ("lorazepam", "lorazepam", ("lorazepam",))
    lines = await chart.entries(visit.clinic.conn, visit.clinic.ada)
    assert [(line.current.name, line.by) for line in lines] == [
        ("sertraline", "Dr. Drew Marsh"),
        ("lorazepam", "Dr. Okafor"),
    ]


async def test_a_name_that_nobody_knows_is_kept_as_it_was_told(visit: Consultation) -> None:
    told = replace(
        lorazepam(visit), name="Green drops", kind=OrderOrigin.SELF_REPORTED, daily_total=None, prescriber=None
    )
    order = await report(visit, told)
    assert (order.medicine, order.name, order.ingredients) == (None, "Green drops", ("green drops",))


async def test_what_is_told_anew_replaces_what_was_told(visit: Consultation) -> None:
    first = await report(visit, lorazepam(visit))
    more = replace(lorazepam(visit), sentence="1 mg at night", daily_total=mg(1), since=visit.today)
    second = await report(visit, more, replaces=first.id)
    lines = await chart.entries(visit.clinic.conn, visit.clinic.ada)
    assert [line.history for line in lines] == [(first, second)]
    with pytest.raises(Conflict) as refusal:
        await report(visit, lorazepam(visit), replaces=first.id)
    assert refusal.value.current == second


async def test_another_medicine_does_not_replace_what_was_told(visit: Consultation) -> None:
    first = await report(visit, lorazepam(visit))
    with pytest.raises(Refused) as refusal:
        await report(visit, replace(lorazepam(visit), name="zolpidem"), replaces=first.id)
    assert refusal.value.code == "another_ingredient"


async def test_what_is_prescribed_here_is_not_reported_over(visit: Consultation) -> None:
    order = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    with pytest.raises(Refused) as refusal:
        await report(visit, replace(lorazepam(visit), name="sertraline"), replaces=order.id)
    assert refusal.value.code == "prescribed_here"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 201),
        ("sentence", ""),
        ("kind", OrderOrigin.PRESCRIBED_HERE),
        ("prescriber", None),
    ],
)
async def test_a_report_that_is_filled_in_badly_says_which_field(
    visit: Consultation, field: str, value: object
) -> None:
    with pytest.raises(Invalid) as refusal:
        await report(visit, replace(lorazepam(visit), **{field: value}))  # type: ignore[arg-type]  # a form's field
    assert set(refusal.value.fields) == {field}


async def test_nobody_has_taken_anything_since_tomorrow(visit: Consultation) -> None:
    with pytest.raises(Invalid) as refusal:
        await report(visit, replace(lorazepam(visit), since=visit.today + timedelta(days=3)))
    assert set(refusal.value.fields) == {"since"}


async def test_a_held_medicine_stays_on_the_list_and_a_stopped_one_leaves_it(visit: Consultation) -> None:
    order = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    ada = visit.clinic.ada
    held = await medicating.hold(context, patient_id=ada, order_id=order.id, reason="Rash", visit_id=visit.visit.id)
    snapshot = await chart.read(context.conn, ada, visit.now)
    assert [(line.current.status, line.taken) for line in snapshot.entries] == [(OrderStatus.HELD, False)]
    ended = await medicating.stop(context, patient_id=ada, order_id=held.id, reason="Rash is worse")
    snapshot = await chart.read(context.conn, ada, visit.now)
    assert snapshot.entries == ()
    assert [line.current for line in snapshot.stopped] == [ended]
    assert [type(event) for event in context.events] == [MedicationHeld, MedicationStopped]
    assert ended.reason == "Rash is worse"


async def test_a_controlled_medicine_may_be_stopped_without_any_clearance(visit: Consultation) -> None:
    order = await report(visit, lorazepam(visit))
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    ended = await medicating.stop(context, patient_id=visit.clinic.ada, order_id=order.id, reason="Not taken any more")
    assert ended.status is OrderStatus.STOPPED


async def test_a_reason_is_needed(visit: Consultation) -> None:
    order = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    for act in (medicating.hold, medicating.stop):
        for reason in ("  ", "x" * 501):
            with pytest.raises(Invalid) as refusal:
                await act(context, patient_id=visit.clinic.ada, order_id=order.id, reason=reason)
            assert set(refusal.value.fields) == {"reason"}


async def test_another_patients_medicine_is_neither_held_nor_stopped(visit: Consultation) -> None:
    order = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    for act in (medicating.hold, medicating.stop):
        with pytest.raises(NotFound):
            await act(context, patient_id=visit.clinic.marcus, order_id=order.id, reason="Rash")
        with pytest.raises(Refused) as refusal:
            await act(
                context,
                patient_id=visit.clinic.marcus,
                order_id=order.id,
                reason="Rash",
                visit_id=visit.visit.id,
            )
        assert refusal.value.code == "wrong_patient"
    assert context.events == []


async def test_the_patient_reads_the_same_list_in_plain_words(visit: Consultation) -> None:
    order = (await visit.start("sertraline", "150", TimeOfDay.MORNING)).order
    outside = await report(visit, lorazepam(visit))
    plain = await medicating.plain_list(visit.clinic.conn, visit.clinic.ada, FORMULARY, visit.today)
    assert [each.order for each in plain] == [order.id, outside.id]
    first, second = plain
    assert (first.name, first.dose) == ("Sertraline", "150 mg each morning")
    assert first.instruction == "Take one 100 mg and one 50 mg tablet by mouth each morning."
    assert first.purpose == "For depression."
    assert first.caution == "Do not stop it all at once. Talk with us first."
    assert second.note.startswith("We did not prescribe this.")
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    await medicating.hold(context, patient_id=visit.clinic.ada, order_id=order.id, reason="Rash")
    held = (await medicating.plain_list(visit.clinic.conn, visit.clinic.ada, FORMULARY, visit.today))[0]
    assert held.note == "On hold. Do not take it until we tell you."


async def test_a_dose_that_begins_tomorrow_is_not_told_as_todays(visit: Consultation) -> None:
    first = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    tomorrow = visit.today + timedelta(days=1)
    await visit.revise(first, "100", "increase", TimeOfDay.MORNING, starts_on=tomorrow)
    (told,) = await medicating.plain_list(visit.clinic.conn, visit.clinic.ada, FORMULARY, visit.today)
    assert (told.dose, told.since, told.by) == ("50 mg each morning", first.starts_on, "Dr. Drew Marsh")
    assert told.instruction == "Take one 50 mg tablet by mouth each morning."
    assert told.ahead is not None
    assert (told.ahead.dose, told.ahead.since) == ("100 mg each morning", tomorrow)
    (told,) = await medicating.plain_list(visit.clinic.conn, visit.clinic.ada, FORMULARY, tomorrow)
    assert (told.dose, told.since, told.ahead) == ("100 mg each morning", tomorrow, None)


@pytest.mark.parametrize(
    ("name", "sentence", "kept"),
    [
        ("Xanax 0.5 mg", "at night", "0.5 mg at night"),
        ("Xanax 0.5 mg", "1 mg at night", "1 mg at night"),
        ("Xanax", "at night", "at night"),
        ("Grandma's drops 5 mg", "at night", "at night"),
    ],
)
async def test_an_amount_told_with_the_name_is_kept(visit: Consultation, name: str, sentence: str, kept: str) -> None:
    order = await report(visit, replace(lorazepam(visit), name=name, sentence=sentence))
    assert order.sentence == kept


async def test_what_is_held_today_is_not_told_with_a_dose_ahead(visit: Consultation) -> None:
    first = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    later = visit.today + timedelta(days=3)
    second = (await visit.revise(first, "100", "increase", TimeOfDay.MORNING, starts_on=later)).order
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    await medicating.hold(context, patient_id=visit.clinic.ada, order_id=second.id, reason="Rash", on=visit.today)
    (told,) = await medicating.plain_list(visit.clinic.conn, visit.clinic.ada, FORMULARY, visit.today)
    assert (told.note[:7], told.ahead) == ("On hold", None)


def grade(words: str) -> float:
    """Flesch-Kincaid grade of a text."""
    found = re.findall(r"[A-Za-z']+", words)
    sentences = max(1, len(re.findall(r"[.!?](\s|$)", words)))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower())))) for word in found)
    return 0.39 * len(found) / sentences + 11.8 * syllables / len(found) - 15.59


async def test_the_patients_words_are_at_grade_eight_or_easier(visit: Consultation) -> None:
    await visit.start("sertraline", "150", TimeOfDay.MORNING)
    await report(visit, lorazepam(visit))
    await report(visit, replace(lorazepam(visit), name="melatonin", kind=OrderOrigin.SELF_REPORTED, prescriber=None))
    for each in await medicating.plain_list(visit.clinic.conn, visit.clinic.ada, FORMULARY, visit.today):
        assert grade(" ".join((each.instruction, each.note, each.caution))) <= 8
