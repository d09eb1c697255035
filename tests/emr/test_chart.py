"""The snapshot one decision needs: the list, the allergies, and what was measured, for one patient at one moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import insert

from emr.chart import reading as chart
from emr.diary.tables import observation
from emr.dosing.model import TimeOfDay
from emr.medications.model import OrderOrigin
from emr.people import use_cases as people
from emr.people.model import AllergyStatus
from emr.prescribing import list_use_cases as medicating
from emr.shared.errors import NotFound
from emr.shared.ids import PersonId
from emr.shared.quantity import Quantity, Unit
from emr.shared.together import together
from tests.emr.clinic import Clinic
from tests.emr.medicines import FORMULARY, Consultation, consult


@pytest.fixture
async def visit(clinic: Clinic) -> Consultation:
    return await consult(clinic)


async def measured(visit: Consultation, code: str, value: str, unit: str, days_ago: int) -> None:
    await visit.clinic.conn.execute(
        insert(observation).values(
            id=uuid4(),
            patient_id=visit.clinic.ada,
            code=code,
            name=code,
            value=Decimal(value),
            unit=unit,
            observed_at=visit.now - timedelta(days=days_ago),
            source="clinic",
            recorded_at=visit.now,
            recorded_by=visit.clinic.drew,
        )
    )


async def test_an_empty_chart_says_what_is_unknown(visit: Consultation) -> None:
    snapshot = await chart.read(visit.clinic.conn, visit.clinic.ada, visit.now)
    assert (snapshot.entries, snapshot.stopped) == ((), ())
    assert snapshot.allergies.status is AllergyStatus.NOT_ASKED
    assert [snapshot.measure(name) for name in ("weight", "egfr", "qtc")] == [None, None, None]


async def test_the_newest_value_of_each_measure_counts_up_to_now(visit: Consultation) -> None:
    await measured(visit, "29463-7", "61.5", "kg", 100)
    await measured(visit, "29463-7", "63.5", "kg", 3)
    await measured(visit, "29463-7", "99", "kg", -1)
    snapshot = await chart.read(visit.clinic.conn, visit.clinic.ada, visit.now)
    assert snapshot.measure("weight") == Quantity(Decimal("63.5"), Unit.KG)


async def test_a_value_in_a_unit_nobody_understands_is_unknown(visit: Consultation) -> None:
    await measured(visit, "98979-8", "80", "mL/min", 3)
    snapshot = await chart.read(visit.clinic.conn, visit.clinic.ada, visit.now)
    assert snapshot.measure("egfr") is None


async def test_age_and_today_go_by_the_patients_zone(visit: Consultation) -> None:
    evening = datetime(2027, 3, 14, 3, 0, tzinfo=UTC)  # still 13 March in Tampa, the day before Ada's birthday
    snapshot = await chart.read(visit.clinic.conn, visit.clinic.ada, evening)
    assert (snapshot.today.isoformat(), snapshot.age) == ("2027-03-13", 34)
    later = await chart.read(visit.clinic.conn, visit.clinic.ada, evening + timedelta(hours=12))
    assert (later.today.isoformat(), later.age) == ("2027-03-14", 35)


async def test_allergies_are_read_with_the_list(visit: Consultation) -> None:
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    await people.record_allergy(context, visit.clinic.ada, "Penicillin", "rash")
    snapshot = await chart.read(visit.clinic.conn, visit.clinic.ada, visit.now)
    assert [each.substance for each in snapshot.allergies.listed] == ["Penicillin"]


async def test_lines_come_here_first_then_from_elsewhere_then_their_own(visit: Consultation) -> None:
    context = visit.clinic.context(visit.clinic.drew, visit.now)
    for name, kind in (("melatonin", OrderOrigin.SELF_REPORTED), ("lorazepam", OrderOrigin.PRESCRIBED_ELSEWHERE)):
        told = medicating.ReportedMedication(
            name=name, kind=kind, sentence="at night", since=visit.today, prescriber="Dr. Okafor"
        )
        await medicating.report(context, formulary=FORMULARY, patient_id=visit.clinic.ada, told=told)
    await visit.start("sertraline", "50", TimeOfDay.MORNING)
    await visit.start("hydroxyzine", "25", TimeOfDay.NIGHT)
    snapshot = await chart.read(visit.clinic.conn, visit.clinic.ada, visit.now)
    assert [(line.current.name, line.by) for line in snapshot.entries] == [
        ("sertraline", "Dr. Drew Marsh"),
        ("hydroxyzine", "Dr. Drew Marsh"),
        ("lorazepam", "Dr. Okafor"),
        ("melatonin", None),
    ]


async def test_a_line_knows_since_when_it_is_as_it_is(visit: Consultation) -> None:
    first = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    second = (await visit.revise(first, "75", "increase", TimeOfDay.MORNING)).order
    line = (await chart.entries(visit.clinic.conn, visit.clinic.ada))[0]
    assert (line.since, line.started) == (second.starts_on, first.starts_on)
    snapshot = await chart.read(visit.clinic.conn, visit.clinic.ada, visit.now)
    assert snapshot.entry(second.id) == line
    assert snapshot.entry(first.id) is None


async def test_a_line_tells_the_dose_of_today_from_one_that_begins_later(visit: Consultation) -> None:
    first = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    later = visit.today + timedelta(days=3)
    second = (await visit.revise(first, "75", "increase", TimeOfDay.MORNING, starts_on=later)).order
    line = (await chart.entries(visit.clinic.conn, visit.clinic.ada))[0]
    assert (line.taken_on(visit.today).id, line.taken_on(later).id) == (first.id, second.id)
    assert (line.since_of(first), line.since_of(second)) == (first.starts_on, later)
    await visit.revise(second, "100", "increase", TimeOfDay.MORNING)
    line = (await chart.entries(visit.clinic.conn, visit.clinic.ada))[0]
    assert line.taken_before is None, "75 mg would have begun later, 50 mg began the same day"


async def test_reads_that_are_asked_together_share_the_list_and_the_next_one_is_read_anew(visit: Consultation) -> None:
    conn, ada = visit.clinic.conn, visit.clinic.ada
    first = (await visit.start("sertraline", "50", TimeOfDay.MORNING)).order
    one, two = await together(conn, chart.entries(conn, ada), chart.entries(conn, ada))
    assert one[0] is two[0]
    await visit.revise(first, "75", "increase", TimeOfDay.MORNING)
    later, _ = await together(conn, chart.entries(conn, ada), chart.entries(conn, ada))
    assert len(later[0].history) == 2


async def test_another_patients_lines_are_not_read(visit: Consultation) -> None:
    await visit.start("sertraline", "50", TimeOfDay.MORNING)
    snapshot = await chart.read(visit.clinic.conn, visit.clinic.marcus, visit.now)
    assert snapshot.entries == ()


async def test_a_stranger_has_no_chart(visit: Consultation) -> None:
    for nobody in (visit.clinic.sam, PersonId(uuid4())):
        with pytest.raises(NotFound):
            await chart.read(visit.clinic.conn, nobody, visit.now)
