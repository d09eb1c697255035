"""Templates, seals and hashes: pure."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr.notes import model as notes
from emr.notes.model import Draft, Note
from emr.shared.ids import NoteId, PersonId, VisitId
from emr.visits.model import VisitKind
from tests.emr.clinic import NOW

FOLLOW_UP = notes.templates().every["follow_up"]
FIRST = notes.templates().every["first_evaluation"]
DREW = PersonId(uuid4())
NOTE = Note(
    NoteId(uuid4()),
    VisitId(uuid4()),
    PersonId(uuid4()),
    DREW,
    Draft(3, "follow_up", {"plan": "Sertraline 150 mg.", "interval": "Sleeps ‘better’.", "risk": "  "}, NOW, DREW),
    None,
    (),
)


def test_there_is_a_usual_template_for_every_kind_of_visit() -> None:
    assert {kind: notes.templates().usual(kind).id for kind in VisitKind} == {
        VisitKind.FIRST_EVALUATION: "first_evaluation",
        VisitKind.FOLLOW_UP: "follow_up",
        VisitKind.MEDICATION_REVIEW: "follow_up",
        VisitKind.LAB_REVIEW: "follow_up",
        VisitKind.URGENT: "brief",
    }


def test_a_seal_reads_in_the_order_of_the_template_without_empty_sections() -> None:
    seal = notes.seal(NOTE, "Drew Marsh, MD", DREW, NOW)
    assert [(one.title, one.text) for one in seal.sections] == [
        ("Since the last visit", "Sleeps ‘better’."),
        ("Plan", "Sertraline 150 mg."),
    ]
    assert seal.signature == "Drew Marsh, MD"
    assert seal.intact


def test_any_change_of_a_sealed_text_is_seen() -> None:
    seal = notes.seal(NOTE, "Drew Marsh, MD", DREW, NOW)
    assert not replace(seal, content=seal.content.replace("150", "15")).intact


def test_who_and_whose_are_part_of_what_is_signed() -> None:
    seal = notes.seal(NOTE, "Drew Marsh, MD", DREW, NOW)
    other = notes.seal(replace(NOTE, patient=PersonId(uuid4())), "Drew Marsh, MD", DREW, NOW)
    assert seal.sha256 != other.sha256


def test_an_addendum_is_bound_to_the_sealed_note() -> None:
    with pytest.raises(ValueError, match="signed"):
        notes.addendum(NOTE, "Later", DREW, NOW)
    sealed = replace(NOTE, seal=notes.seal(NOTE, "Drew Marsh, MD", DREW, NOW))
    elsewhere = replace(sealed, seal=notes.seal(NOTE, "Somebody", DREW, NOW))
    assert notes.addendum(sealed, "Later", DREW, NOW).sha256 != notes.addendum(elsewhere, "Later", DREW, NOW).sha256


@given(st.dictionaries(st.sampled_from([section.id for section in FOLLOW_UP.sections]), st.text(max_size=40)))
def test_no_word_is_lost_under_another_template(sections: dict[str, str]) -> None:
    for new in notes.templates().every.values():
        kept = notes.carry_over(sections, FOLLOW_UP, new)
        assert set(kept) == {section.id for section in new.sections}
        for text in sections.values():
            assert not text.strip() or any(text in one for one in kept.values())


def test_a_section_that_cannot_be_saved_is_named() -> None:
    sections = {"history": "of another template", "plan": "x" * 20_001, "risk": "a\x00b", "interval": "fine\n\tindeed"}
    assert set(notes.faults(FOLLOW_UP, sections)) == {"history", "plan", "risk"}
    assert notes.faults(FIRST, {"history": "here it is known"}) == {}
