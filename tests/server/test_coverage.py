"""What the log covers of the record: each fact names its rows, and each column that never changes is covered."""

import re
from pathlib import Path
from uuid import uuid4

import pytest

from emr.coverage import forms as covered_forms
from emr.dosing.model import TimeOfDay
from emr.medications.events import MedicationStarted
from emr.shared.events import DomainEvent
from emr.shared.ids import DecisionId
from server.application import audit_coverage as coverage
from tests.emr.medicines import Consultation
from tests.server import covered_clinic
from tests.server.counting import counting
from tests.server.test_ledger import FACTS, an_example

FORMS = covered_forms.FORMS


def test_every_fact_is_about_rows_or_says_why_not() -> None:
    assert set(coverage.ABOUT) | set(coverage.WITHOUT) == set(FACTS)
    assert not set(coverage.ABOUT) & set(coverage.WITHOUT)


@pytest.mark.parametrize("kind", coverage.ABOUT, ids=lambda kind: kind.__name__)
def test_a_facts_rows_are_read_in_a_known_format(kind: type[DomainEvent]) -> None:
    for ref in coverage.about(an_example(kind)):
        assert ref.form in FORMS
        assert ref.kind in covered_forms.TABLES


def test_each_kind_of_row_is_some_facts() -> None:
    spoken_of = {ref.kind for kind in coverage.ABOUT for ref in coverage.about(an_example(kind))}
    assert spoken_of == set(coverage.ROWS.kinds)


@pytest.mark.parametrize("kind", covered_forms.TABLES)
def test_each_column_is_covered_unless_it_may_change(kind: str) -> None:
    """A column added to a table needs a format of its own, or a reason to be left out."""
    table = covered_forms.TABLES[kind]
    of_kind = [set(columns) for form, columns in FORMS.items() if form.partition("/")[0].partition(".")[0] == kind]
    left_out = covered_forms.CHANGING.get(kind, frozenset())
    keys = {column.name for column in table.primary_key.columns}
    assert set().union(*of_kind) == {column.name for column in table.c} - keys - left_out


def test_the_document_lists_each_format_with_its_columns() -> None:
    document = (Path(__file__).parents[2] / "docs" / "log.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z_.]+/\d+)` \| (`.+`) \|$", document, re.MULTILINE)
    assert {form: tuple(re.findall(r"`(\w+)`", columns)) for form, columns in listed} == {
        form: tuple(columns) for form, columns in FORMS.items()
    }


async def test_a_dose_change_reads_the_rows_that_it_covers_by_one_statement_however_often_it_happens(
    visit: Consultation,
) -> None:
    first = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    raised = await visit.revise(first.order, "100", "increase", TimeOfDay.MORNING)
    events = [
        MedicationStarted(
            patient=visit.clinic.ada,
            visit=visit.visit.id,
            order=written.order.id,
            prescription=written.prescription,
            decision=DecisionId(uuid4()),
        )
        for written in (first, raised)
    ]
    for some, sent in ((events[:1], 2), (events, 3)):
        with counting() as counted:
            await covered_clinic.write(visit.clinic.conn, some, visit.now)
        read = [one for one in counted.statements if one.startswith("SELECT")]
        assert (len(read), counted.take()) == (1, sent), "one entry is written with its content, several apart from it"
