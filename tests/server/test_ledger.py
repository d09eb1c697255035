"""The ledger: whatever can happen to the record has its line in the log, and no line holds clinical text."""

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

import emr
from compliance.audit import entries as audit
from compliance.shared.vocabulary import Action, SystemEvent
from emr.shared.events import DomainEvent
from server.application import audit_coverage as coverage
from server.application import audit_mapping as ledger
from tests.server.row_cases import CASES, CHANGES, set_the_stage
from tests.server.web_process import Running, transaction

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def every_fact(kind: type[DomainEvent] = DomainEvent) -> Iterator[type[DomainEvent]]:
    """Every subclass, at any depth, once all of emr is imported.

    A slotted dataclass is made twice, and the class that it was made of may still be about: only what its module
    holds under its name counts.
    """
    for module in pkgutil.walk_packages(emr.__path__, "emr."):
        importlib.import_module(module.name)
    for each in kind.__subclasses__():
        if getattr(sys.modules[each.__module__], each.__name__) is each:
            yield each
            yield from every_fact(each)


FACTS = sorted(set(every_fact()), key=lambda each: each.__name__)


def an_example(kind: type[DomainEvent]) -> DomainEvent:
    """A fact with an id in each field of ids, and a code or a digest in each other."""
    values: dict[str, object] = {}
    for field in fields(kind):
        is_text = field.type in ("str", str)
        values[field.name] = ("0a" * 32 if field.name == "sha256" else "phq9") if is_text else uuid4()
    return kind(**values)  # type: ignore[arg-type]  # fields of a kind that is known only now


def test_there_are_facts_to_look_at() -> None:
    assert len(FACTS) > 30


def test_every_fact_has_a_line_and_every_line_a_fact() -> None:
    assert set(ledger.LINES) == set(FACTS)


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_a_facts_entry_can_be_written(kind: type[DomainEvent]) -> None:
    event = an_example(kind)
    entry = ledger.entry(event, actor_id=uuid4(), actor_role="prescriber", rule="own-patient", now=NOW)
    audit.check(entry)
    assert (entry.patient_id, entry.visit_id) == (event.patient, event.visit)
    assert entry.action in {*Action, *SystemEvent}


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_a_fact_says_nothing_that_its_entry_leaves_out(kind: type[DomainEvent]) -> None:
    event = an_example(kind)
    entry = ledger.entry(event, actor_id=uuid4(), actor_role="prescriber", rule="own-patient", now=NOW)
    said = {str(entry.subject_id), str(entry.patient_id), str(entry.visit_id), entry.digest, *entry.details.values()}
    said |= {row.id for row in coverage.about(event)}
    for field in fields(event):
        if (kind.__name__, field.name) not in SHOWN_ELSEWHERE:
            assert str(getattr(event, field.name)) in said, field.name


# The order that a new telling replaces stands in the order's own row.
SHOWN_ELSEWHERE = {("MedicationReported", "replaced")}


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_a_fact_has_room_for_ids_codes_and_digests_only(kind: type[DomainEvent]) -> None:
    """A text in a fact is a code of a closed list (part, scale, outcome, role) or a digest; prose has no field."""
    texts = {field.name for field in fields(kind) if field.type in ("str", str)}
    assert texts <= {"part", "outcome", "scale", "item", "role", "sha256", "kind", "step"}


WORDS = "Zanzibar quokka"


async def test_what_people_write_in_a_visit_is_nowhere_in_the_log(running: Running) -> None:
    stage = await set_the_stage(running)
    drew, ada = await running.as_("drew"), await running.as_("ada")
    written = 0
    for row in CHANGES:
        form = stage.form(row)
        prose = {"reason", "text", "what_was_done", "place", "line", "sentence", "name", stage.ids["section"]}
        person = drew if "drew" in CASES[row.method, row.path].may else ada
        if not prose & form.keys() or row.path.endswith("/end"):
            continue
        changed = {name: WORDS if name in prose and name != "product" else value for name, value in form.items()}
        answer = await person.post(stage.path(row), stage.patient(row), **changed)
        written += answer.status_code in (200, 303)
    assert written >= 5, "the premise: most of it was taken"
    async with transaction(running.settings.database_url) as conn:
        kept = "SELECT count(*) FROM note_draft WHERE note_draft::text ILIKE '%Zanzibar%'"
        assert (await conn.execute(text(kept))).scalar_one() == 1, "the premise: it is in the record"
        for table in ("audit_entry", "audit_content", "audit_leaf"):
            found = await conn.execute(text(f"SELECT count(*) FROM {table} t WHERE t::text ~* 'Zanzibar|quokka'"))
            assert found.scalar_one() == 0, table
        names = "SELECT count(*) FROM audit_entry t WHERE t::text ~* 'Lindqvist|Cast|Ada |sertraline'"
        assert (await conn.execute(text(names))).scalar_one() == 0
        assert (await conn.execute(text("SELECT count(*) FROM audit_entry"))).scalar_one() > 10


async def test_each_change_of_a_visit_leaves_its_entry_with_the_role_that_allowed_it(running: Running) -> None:
    async with transaction(running.settings.database_url) as conn:
        found = await conn.execute(text("SELECT action, actor_role, actor_id, rule, patient_id FROM audit_entry"))
        entries = {(row.action, row.actor_role): row for row in found}
    ada, drew = running.clinic["ada"], running.clinic["drew"]
    for action, role, actor, rule in (
        ("visit.arrive", "patient", ada, "patient-self"),
        ("visit.admit", "prescriber", drew, "prescriber-own-patient"),
        ("medication.start", "prescriber", drew, "prescriber-own-patient"),
        ("alert.raise", "patient", ada, "patient-self"),
    ):
        entry = entries[action, role]
        assert (entry.actor_id, entry.rule, entry.patient_id) == (actor, rule, ada)
    assert all(isinstance(entry.actor_id, UUID) for entry in entries.values())


def test_entries_of_facts_are_made_in_one_place() -> None:
    server = Path(ledger.__file__).parents[1]
    making = re.compile(r"\b(?:ledger|audit_mapping)\.entry\(")
    makers = [path.name for path in server.rglob("*.py") if making.search(path.read_text("utf-8"))]
    assert makers == ["recording.py"]
