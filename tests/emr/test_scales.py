"""Scoring, by table and by property, over the reference file as it ships."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr.danger import crisis_lines as crisis
from emr.questionnaires import model as scales
from emr.questionnaires.model import Scale
from emr.questionnaires.scales_file import Urgency
from emr.shared.errors import NotFound

PHQ9 = scales.load().get("phq9")
GAD7 = scales.load().get("gad7")
ANSWERS = st.fixed_dictionaries({}, optional={f"q{n}": st.integers(0, 3) for n in range(1, 10)})


def all_answered(scale: Scale, value: int) -> dict[str, int]:
    return {item.id: value for item in scale.scored_items}


def test_the_reference_file_loads_with_source_and_licence_in_each_row() -> None:
    loaded = scales.load()
    assert len(loaded.listed) == 14
    assert all(one.source and one.licence for one in loaded.listed)
    assert loaded.before_visit == ("phq9", "gad7")
    assert len(loaded.sha256) == 64


def test_only_free_scales_that_patients_answer_can_be_asked() -> None:
    assert set(scales.load().askable) == {"phq9", "phq2", "gad7", "gad2", "pcl5"}
    for withheld in ("isi", "mdq", "ybocs", "asrs_v1_1", "audit", "aims", "nonsense"):
        with pytest.raises(NotFound):
            scales.load().get(withheld)


def test_the_score_codes_are_the_totals_and_not_the_panels() -> None:
    assert (PHQ9.total_loinc, GAD7.total_loinc) == ("44261-6", "70274-6")


@pytest.mark.parametrize(
    ("total", "word"),
    [
        *((0, "minimal"), (4, "minimal"), (5, "mild"), (9, "mild"), (10, "moderate"), (14, "moderate")),
        *((15, "moderately severe"), (19, "moderately severe"), (20, "severe"), (27, "severe")),
    ],
)
def test_phq9_totals_have_their_published_words(total: int, word: str) -> None:
    assert PHQ9.severity(total) == word


@pytest.mark.parametrize(
    ("value", "total", "word"), [(0, 0, "minimal"), (1, 7, "mild"), (2, 14, "moderate"), (3, 21, "severe")]
)
def test_gad7_adds_up(value: int, total: int, word: str) -> None:
    score = scales.score(GAD7, all_answered(GAD7, value))
    assert (score.total, score.severity, score.prorated) == (total, word, False)


def test_the_question_of_difficulty_may_be_left_out_and_never_counts() -> None:
    answers = {**all_answered(PHQ9, 1), "difficulty": 3}
    assert scales.score(PHQ9, answers).total == 9
    assert scales.lacking(PHQ9, all_answered(PHQ9, 1)) == ()


def test_up_to_two_missing_answers_are_made_up_for_but_never_item_9() -> None:
    answers = all_answered(PHQ9, 1) | {"q1": 2, "q2": 2}
    two_missing = {item: value for item, value in answers.items() if item not in ("q7", "q8")}
    assert scales.lacking(PHQ9, two_missing) == ()
    # 9 points over seven answers, times nine: 11.57.
    assert scales.score(PHQ9, two_missing) == scales.Score(12, "moderate", True)
    without_9 = {item: value for item, value in answers.items() if item != "q9"}
    assert scales.lacking(PHQ9, without_9) == ("q9",)
    three = {item: value for item, value in two_missing.items() if item != "q6"}
    assert scales.lacking(PHQ9, three) == ("q6", "q7", "q8")
    with pytest.raises(ValueError, match="not answered"):
        scales.score(PHQ9, three)


@given(ANSWERS)
def test_a_total_exists_exactly_when_nothing_is_lacking_and_stays_in_range(answers: dict[str, int]) -> None:
    if scales.lacking(PHQ9, answers):
        with pytest.raises(ValueError, match="not answered"):
            scales.score(PHQ9, answers)
    else:
        score = scales.score(PHQ9, answers)
        assert PHQ9.low <= score.total <= PHQ9.high
        assert score.total >= sum(answers.values())
        assert score.severity == PHQ9.severity(score.total)


@given(st.dictionaries(st.text(max_size=5), st.integers(-5, 9)))
def test_answers_that_are_no_answers_do_not_count(answers: dict[str, int]) -> None:
    assert set(scales.usable(PHQ9, answers)) <= {item.id for item in PHQ9.items}
    assert all(0 <= value <= 3 for value in scales.usable(PHQ9, answers).values())


@pytest.mark.parametrize(
    ("value", "urgency"), [(0, None), (1, Urgency.SAME_SESSION), (2, Urgency.IMMEDIATE), (3, Urgency.IMMEDIATE)]
)
def test_item_9_alarms_from_1_and_at_once_from_2(value: int, urgency: Urgency | None) -> None:
    rule = PHQ9.alarms("q9", value)
    assert (rule.urgency if rule else None) == urgency


def test_no_other_item_of_the_two_scales_alarms() -> None:
    assert not any(PHQ9.alarms(f"q{n}", 3) for n in range(1, 9))
    assert not any(GAD7.alarms(f"q{n}", 3) for n in range(1, 8))


def test_the_first_crisis_line_is_988_by_call_or_text() -> None:
    first = crisis.lines()[0]
    assert (first.call, first.text) == ("988", "988")
    assert all(line.source for line in crisis.lines())
