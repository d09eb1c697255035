"""Numbers in a name: a grade stays a grade in any dress, and two strengths of one medicine are never just that one."""

import csv
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.shared.vocabulary import Schedule
from compliance.substances.reference import DIRECTORY
from compliance.substances.resolver import FEDERAL_ONLY, NameStatus, Resolution
from server.application import references

rule = settings(deadline=None)
SUBSTANCES = references.load().substances


def _resolve(name: str) -> Resolution:
    return SUBSTANCES.resolve(name, on=date(2026, 11, 22), state=FEDERAL_ONLY)


NAMES = st.sampled_from(["Tylenol", "APAP", "paracetamol", "acetaminophen 325 mg", "aspirin", "Ecotrin", "ASA"])
DRESSES = st.sampled_from(
    [
        *(
            "3",
            "#3",
            "# 3",
            "(#3)",
            "(3)",
            "[#3]",
            "{3}",
            "3.0",
            "3,0",
            "03",
            "#3.",
            "-3",
            ", 3",
            "w/ 3",
            "/3",
            "no. 3",
        ),
        *("number 3", "'3'", '"3"', "３", "＃３", "³", "№ 3", "III", "; #3", ": 3", "\n3"),
    ]
)
BESIDE = st.sampled_from(
    ["", "tab", "tablets", "cap", "oral tablet", "every 4 hours", "prn", "#30", "daily", "(tablet)"]
)


@rule
@given(name=NAMES, dress=DRESSES, grade=st.sampled_from("1234"), before=BESIDE, after=BESIDE)
def test_no_form_bracket_or_decimal_hides_a_grade(name: str, dress: str, grade: str, before: str, after: str) -> None:
    digits = dict(zip("3３³", (grade, chr(ord("０") + int(grade)), "¹²³⁴"[int(grade) - 1]), strict=True))
    worn = "".join(digits.get(letter, letter) for letter in dress)
    for text in (f"{name} {worn} {after}", f"{name} {before} {worn} {after}", f"{after} {name} {worn}"):
        assert _resolve(text).schedule is not Schedule.NONE, text


COUNTED = (
    "acetaminophen 2 tablets every 6 hours",
    "Tylenol 3 tablets",
    "Tylenol two tablets every 6 hours",
    "Tylenol 3 times daily",
    "take Tylenol 2 at bedtime",
    "aspirin 81 mg 1 tablet daily",
    "acetaminophen 3",
    "Tylenol IV",
)
MEASURED = (
    "Tylenol 2 g daily",
    "acetaminophen 4 g",
    "acetaminophen 325 mg, take 2 tablets every 6 hours",
    "acetaminophen 325 mg take 1-2 tablets by mouth every 4 hours prn",
    "acetaminophen 500 mg 3 times daily",
    "aspirin 325 mg for 3 days",
    "aspirin 81 mg tablet once daily",
    "acetaminophen 325 mg 30 tablets",
    "aspirin 325 mg #30",
    "acetaminophen 160 mg/5 mL, take 10 mL every 4 hours",
)


@pytest.mark.parametrize("name", COUNTED)
def test_a_number_that_may_count_tablets_is_ambiguous_and_not_called_controlled(name: str) -> None:
    found = _resolve(name)
    assert found.status is NameStatus.AMBIGUOUS
    assert "codeine" not in found.ingredients


@pytest.mark.parametrize("name", MEASURED)
def test_a_number_that_measures_or_follows_a_verb_of_taking_is_no_grade(name: str) -> None:
    assert _resolve(name).schedule is Schedule.NONE


@pytest.mark.parametrize(
    "name", ["Tylenol #3", "Tylenol 3", "APAP #3 tab", "Tylenol no. 4 tablets", "Tylenol #3 300-30"]
)
def test_a_grade_that_is_marked_or_stands_alone_behind_its_brand_is_read(name: str) -> None:
    assert _resolve(name).schedule is Schedule.III


def _half_written() -> list[tuple[str, str, str]]:
    """Name, strength of it, strength of the controlled ingredient that is not named: each in one of its products."""
    with (DIRECTORY / "combination_strengths.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["substance"], one.strip(), other.strip())
            for row in csv.DictReader(file)
            for one in row["strengths"].split(";")
            for other in row["controlled_strengths"].split(";")
        ]


WAYS = (
    "{0} {2}/{1}",
    "{0} {1}-{2} mg",
    "{0} {2} mg/{1} mg tab",
    "{0} ({2}-{1})",
    "{2} mg {0} {1} mg",
    "{0} {1}mg + {2}mg",
)


@pytest.mark.parametrize("way", WAYS)
def test_two_strengths_of_one_medicine_that_only_a_controlled_product_has_are_ambiguous(way: str) -> None:
    for name, one, other in _half_written():
        found = _resolve(way.format(name, one, other))
        assert found.status is NameStatus.AMBIGUOUS, way.format(name, one, other)
        assert [reason.code for reason in found.reasons] == ["unnamed_ingredient"]


def test_two_strengths_of_two_medicines_or_of_another_product_are_read() -> None:
    for name in (
        "acetaminophen/pseudoephedrine 325/30",
        "guaifenesin-dextromethorphan 100-10 mg/5 mL",
        "perphenazine/amitriptyline 4-25 mg",
        "hydroxyzine 25-50 mg",
        "ibuprofen 200-400 mg",
        "Symbyax 6-25 mg",
        "promethazine 6.25 mg/5 mL",
    ):
        assert _resolve(name).schedule is Schedule.NONE, name


def test_a_code_is_held_to_the_same_rule() -> None:
    assert _resolve("RxCUI 1191").schedule is Schedule.NONE
    for text in ("RxCUI 1191 #3", "RxCUI 1191 tablets 4", "RxCUI 1191 4.8355/325"):
        assert _resolve(text).status is NameStatus.AMBIGUOUS


@pytest.mark.parametrize(
    ("name", "schedule", "ingredients"),
    [
        ("Tuxarin ER", Schedule.III, ("chlorpheniramine", "codeine")),
        ("Tuzistra XR 14.7-2.8 mg/5 mL", Schedule.III, ("chlorpheniramine", "codeine")),
        ("Ambifed-G CD tablet", Schedule.III, ("codeine", "guaifenesin", "pseudoephedrine")),
    ],
)
def test_a_brand_has_all_its_ingredients(name: str, schedule: Schedule, ingredients: tuple[str, ...]) -> None:
    found = _resolve(name)
    assert (found.schedule, found.ingredients) == (schedule, ingredients)


def test_free_text_takes_a_count_for_a_count() -> None:
    for text in ("take with Tylenol 3 times a day", "acetaminophen 2 tablets"):
        assert SUBSTANCES.controlled_names_in(text) == ()
    assert [named.name for named in SUBSTANCES.controlled_names_in("for pain: Tylenol #3")] == ["Tylenol #3"]
