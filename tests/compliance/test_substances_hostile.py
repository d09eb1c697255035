"""Names as somebody would write them who looks for a way around: none of a controlled name's disguises is uncontrolled,
and none of an uncontrolled name's companions makes it controlled.
"""

import csv
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.shared.vocabulary import Schedule
from compliance.substances.reference import DIRECTORY
from compliance.substances.resolver import FEDERAL_ONLY, NameStatus, Resolution
from server.application import references

SUBSTANCES = references.load().substances
rule = settings(deadline=None, max_examples=400)


def _resolve(name: str) -> Resolution:
    return SUBSTANCES.resolve(name, on=date(2026, 11, 22), state=FEDERAL_ONLY)


def _column(file: str, column: str) -> Iterator[str]:
    with (DIRECTORY / file).open(encoding="utf-8", newline="") as rows:
        yield from (row[column] for row in csv.DictReader(rows))


CONTROLLED = st.sampled_from(sorted(_column("controlled_names.csv", "name")))
KNOWN = st.sampled_from(sorted(_column("known_names.csv", "name")))
WORDS = st.sampled_from(sorted(_column("words.csv", "word")))
MARKS = st.sampled_from(
    [" ", "-", "/", ", ", " ; ", "\n", " (", ") ", ' "', ". ", " & ", " tablet ", " 50 mg ", " w/ "]
)
UNSEEN = st.sampled_from("\u200b\u00ad\u0301\ufe0f\u2063\u180e\u3164\u115f\u034f\ufeff\u202e")


@rule
@given(name=CONTROLLED, mark=MARKS, place=st.integers(0, 30))
def test_a_name_broken_anywhere_is_never_uncontrolled(name: str, mark: str, place: int) -> None:
    text = name[:place] + mark + name[place:]
    assert _resolve(text).schedule is not Schedule.NONE, text


@rule
@given(name=CONTROLLED, mark=UNSEEN, place=st.integers(0, 30))
def test_a_name_with_what_cannot_be_seen_has_no_schedule(name: str, mark: str, place: int) -> None:
    assert _resolve(name[:place] + mark + name[place:]).schedule is None


@rule
@given(name=CONTROLLED, other=KNOWN, joint=MARKS)
def test_another_medicine_never_hides_it(name: str, other: str, joint: str) -> None:
    assert _resolve(name + joint + other).schedule is not Schedule.NONE
    assert _resolve(other + joint + name).schedule is not Schedule.NONE


@rule
@given(name=CONTROLLED, order=st.randoms(use_true_random=False))
def test_its_words_in_another_order_or_grown_together_are_never_uncontrolled(name: str, order: object) -> None:
    words = name.replace("-", " ").replace("/", " ").split()
    order.shuffle(words)  # type: ignore[attr-defined] # random.Random, which strategies.randoms does not say
    for joint in (" ", "", ") (", "; ", "\n", " of "):
        assert _resolve(joint.join(words)).schedule is not Schedule.NONE, words
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in name)
    assert _resolve(wide).schedule is not Schedule.NONE


@rule
@given(
    name=KNOWN, other=KNOWN, words=st.lists(WORDS, max_size=3), number=st.sampled_from(["", "3", "0.5", "50 mg", "2 g"])
)
def test_an_uncontrolled_name_is_never_called_controlled(name: str, other: str, words: list[str], number: str) -> None:
    for text in (f"{name} {' '.join(words)}", f"{' '.join(words)} {name} {number} mg", f"{name} / {other}"):
        found = _resolve(text)
        assert found.schedule in (None, Schedule.NONE), (text, found)


def test_a_name_whose_first_piece_is_its_first_word_gets_an_answer() -> None:
    assert _resolve("B&OSupprettes").schedule is Schedule.II


@pytest.mark.parametrize(
    "name", ["promethazine with", "Tylenol w/", "Robitussin and", "guaifenesin &", "aspirin with (tab)", "Tylenol /"]
)
def test_a_connector_behind_which_nothing_comes_leaves_something_out(name: str) -> None:
    assert _resolve(name).status is not NameStatus.KNOWN


@pytest.mark.parametrize(
    "name",
    [
        "Remeron SolTab 15 mg",
        "Lamictal (Orange) starter kit",
        "Lamictal XR (Blue) patient titration kit",
        "Lamictal ODT Green Starter Kit",
        "desvenlafaxine succ ER 50 mg",
        "metoprolol succ ER 25 mg",
        "quetiapine fum 50 mg",
        "escitalopram oxal 10 mg",
        "divalproex sod ER 500 mg",
        "lithium carb ER 300 mg",
        "haloperidol dec 100 mg/mL",
        "Abilify Discmelt 10 mg",
        "Saphris black cherry 5 mg SL",
        "Chantix starting month pak",
        "Ingrezza initiation pack",
        "Medrol Dosepak",
        "Nicoderm CQ 21 mg/24 hr step 1",
        "clonidine TTS 0.1 mg/24hr weekly patch",
        "Prilosec OTC 20 mg",
        "Tylenol Arthritis 650 mg",
        "Tylenol 8 HR 650 mg",
        "levmetamfetamine 50 mg nasal inhaler",
    ],
)
def test_a_suffix_of_a_pack_or_a_shortened_salt_is_known(name: str) -> None:
    assert _resolve(name).schedule is Schedule.NONE
