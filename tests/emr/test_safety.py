"""The checks before signing: what they find, what they cannot know, and that neither is passed over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr.chart.model import Chart
from emr.dosing.model import TimeOfDay
from emr.formulary.entries import MedicineId, SourceReview
from emr.medications import model as medication
from emr.medications.model import OrderOrigin
from emr.safety import checks as safety
from emr.safety.checks import Finding, Severity
from emr.shared.errors import NotFound
from emr.shared.ids import OrderId
from tests.emr.medicines import FORMULARY, NOW, TODAY, chart, keys, proposal, signed, started, stopped, told

WEIGHT, EGFR, QTC = "29463-7", "98979-8", "8636-3"
KG, ML_MIN, MS = "kg", "mL/min/{1.73_m2}", "ms"


def found(
    on: Chart,
    medicine: str,
    amount: str,
    *moments: TimeOfDay,
    replaces: OrderId | None = None,
    indication: str = "depression",
    starts_on: date = TODAY,
) -> dict[str, Finding]:
    made = proposal(medicine, amount, *moments, replaces=replaces, indication=indication, starts_on=starts_on)
    return keys(safety.check(on, made, FORMULARY, NOW))


def about(findings: dict[str, Finding], start: str) -> Finding:
    """The one finding whose key begins so."""
    matching = [each for key, each in findings.items() if key.startswith(start)]
    assert len(matching) == 1, list(findings)
    return matching[0]


def none_about(findings: dict[str, Finding], start: str) -> bool:
    return not any(key.startswith(start) for key in findings)


# How much


def test_a_dose_within_the_label_is_told_as_information() -> None:
    current = started("sertraline", "100")
    finding = found(chart(current), "sertraline", "150", replaces=current.id)["within_label:sertraline"]
    assert finding.severity is Severity.INFORMATION
    assert finding.what == "150 mg a day; the label maximum is 200 mg a day."
    assert not finding.needs_answer


def test_above_the_labels_maximum_is_a_stop() -> None:
    current = started("escitalopram", "20")
    other = told("Lexapro", OrderOrigin.PRESCRIBED_ELSEWHERE, "10")
    finding = found(chart(current, other), "escitalopram", "20", replaces=current.id)["label_max:escitalopram"]
    assert finding.severity is Severity.STOP
    assert finding.what == "30 mg a day, of which 20 mg from this order; the label maximum is 20 mg a day."


def test_above_the_usual_maximum_is_a_warning() -> None:
    current = started("quetiapine", "800")
    finding = found(chart(current), "quetiapine", "800", replaces=current.id)["usual_max:quetiapine"]
    assert finding.severity is Severity.WARNING


def test_daily_totals_are_summed_over_formulations_with_salts_converted() -> None:
    current = started("bupropion_hbr", "348")  # counts as 300 mg
    findings = found(chart(current), "bupropion_xl", "300")
    assert findings["label_max:bupropion_xl"].what.startswith("600 mg a day")


def test_a_part_of_a_combination_that_cannot_be_counted_is_not_passed_over() -> None:
    findings = found(chart(told("Symbyax", OrderOrigin.PRESCRIBED_ELSEWHERE, "6")), "fluoxetine", "20")
    finding = about(findings, "not_checked:sum")
    assert finding.severity is Severity.NOT_CHECKED
    assert "checked without it" in finding.what


def test_a_held_medicine_is_not_counted_but_is_a_duplicate() -> None:
    order = started("sertraline", "200")
    held = medication.hold(order, "Rash", TODAY, signed())
    findings = found(chart((order, held)), "sertraline", "50")
    assert "within_label:sertraline" in findings
    assert about(findings, "duplicate:sertraline").severity is Severity.WARNING


@pytest.mark.parametrize(("weight", "severity"), [(None, Severity.NOT_CHECKED), ("40", Severity.STOP), ("80", None)])
def test_a_maximum_by_weight_asks_for_the_weight(weight: str | None, severity: Severity | None) -> None:
    current = started("valproate", "1000", TimeOfDay.MORNING, TimeOfDay.EVENING)
    on = chart(current, measures={WEIGHT: (weight, KG)} if weight else None)
    findings = found(on, "valproate", "1250", TimeOfDay.MORNING, TimeOfDay.EVENING, replaces=current.id)
    if severity is None:
        assert none_about(findings, "label_max_per_kg")
        assert none_about(findings, "not_checked:weight")
    else:
        key = "not_checked:weight" if severity is Severity.NOT_CHECKED else "label_max_per_kg:valproate"
        assert findings[key].severity is severity


def test_a_weight_in_pounds_is_understood_and_one_in_stones_is_unknown() -> None:
    current = started("valproate", "1000")
    pounds = chart(current, measures={WEIGHT: ("176", "[lb_av]")})
    stones = chart(current, measures={WEIGHT: ("12", "[stone_av]")})
    assert "not_checked:weight" not in found(pounds, "valproate", "1250", replaces=current.id)
    assert "not_checked:weight" in found(stones, "valproate", "1250", replaces=current.id)


def test_a_step_too_soon_or_too_large_is_a_warning() -> None:
    current = started("sertraline", "50", on=TODAY - timedelta(days=3))
    findings = found(chart(current), "sertraline", "150", replaces=current.id)
    assert findings["pace:sertraline"].what == "3 days after the last change; the label calls for at least 7 days."
    assert findings["step:sertraline"].what == "100 mg at once; usually at most 50 mg at a time."


def test_a_step_down_has_no_pace() -> None:
    current = started("sertraline", "150", on=TODAY)
    findings = found(chart(current), "sertraline", "50", replaces=current.id)
    assert none_about(findings, "pace")
    assert none_about(findings, "step")


def test_a_start_above_the_usual_start_is_a_warning() -> None:
    assert found(chart(), "lamotrigine", "200")["above_start:lamotrigine"].severity is Severity.WARNING
    assert none_about(found(chart(), "lamotrigine", "25"), "above_start")


# What is taken together


def test_a_contraindicated_pair_is_a_stop_with_mechanism_management_and_source() -> None:
    finding = about(found(chart(started("phenelzine", "45")), "sertraline", "50"), "interaction:maoi")
    assert finding.severity is Severity.STOP
    assert finding.why == "Serotonin excess."
    assert finding.management.startswith("Do not combine")
    assert finding.source.startswith("FDA labels")
    assert finding.verified is SourceReview.UNVERIFIED
    assert finding.data_version == FORMULARY.version
    assert "Not yet reviewed by a clinician" in finding.review_words


def test_a_major_pair_warns_and_a_moderate_one_informs() -> None:
    ibuprofen = told("ibuprofen")
    assert about(found(chart(ibuprofen), "lithium", "600"), "interaction:lithium:nsaid").severity is Severity.WARNING
    serotonin = about(found(chart(ibuprofen), "sertraline", "50"), "interaction:serotonergic_antidepressant:nsaid")
    assert serotonin.severity is Severity.INFORMATION


def test_a_medicine_from_outside_is_checked_like_any_other() -> None:
    lorazepam = told("Lorazepam 0.5 mg", OrderOrigin.PRESCRIBED_ELSEWHERE, "0.5")
    finding = about(found(chart(lorazepam), "clozapine", "12.5"), "interaction:clozapine:benzodiazepine")
    assert finding.severity is Severity.WARNING
    assert "Lorazepam" in finding.title


def test_only_the_most_specific_rule_of_a_kind_is_told() -> None:
    findings = found(chart(told("diazepam")), "clozapine", "12.5")
    assert none_about(findings, "interaction:benzodiazepine:cns_depressant")
    pimozide = found(chart(started("pimozide", "2")), "citalopram", "20")
    assert about(pimozide, "interaction:qt_high_risk_psych:qt_prolonging").severity is Severity.STOP
    assert none_about(pimozide, "interaction:qt_prolonging:qt_prolonging")


def test_rules_about_different_dangers_are_all_told() -> None:
    findings = found(chart(started("amitriptyline", "50")), "citalopram", "20")
    assert about(findings, "interaction:qt_high_risk_psych:qt_prolonging").severity is Severity.STOP
    about(findings, "interaction:serotonergic_antidepressant:serotonergic_antidepressant")


def test_one_substance_in_two_formulations_is_a_duplicate_and_not_an_interaction() -> None:
    findings = found(chart(started("haloperidol", "5")), "haloperidol", "2")
    assert about(findings, "duplicate:haloperidol").severity is Severity.WARNING
    assert none_about(findings, "interaction")


def test_related_substances_are_duplicates() -> None:
    about(found(chart(started("citalopram", "20")), "escitalopram", "10"), "duplicate:citalopram")


def test_the_medicine_being_changed_does_not_interact_with_itself() -> None:
    current = started("sertraline", "100")
    findings = found(chart(current), "sertraline", "150", replaces=current.id)
    assert none_about(findings, "duplicate")
    assert none_about(findings, "interaction")


def test_two_maois_do_not_go_together() -> None:
    about(found(chart(started("phenelzine", "45")), "tranylcypromine", "30"), "interaction:maoi:maoi")


def test_an_unknown_name_on_the_list_is_not_passed_over() -> None:
    finding = about(found(chart(told("Vitamin D")), "sertraline", "50"), "not_checked:unknown")
    assert finding.severity is Severity.NOT_CHECKED
    assert "This does not mean it is safe" in finding.what


@pytest.mark.parametrize(
    ("before", "amount", "after", "start", "days"),
    [
        ("phenelzine", "45", "sertraline", "50", 14),
        ("fluoxetine", "20", "phenelzine", "45", 35),
        ("vortioxetine", "10", "phenelzine", "45", 21),
        ("sertraline", "50", "phenelzine", "45", 14),
        ("duloxetine", "30", "phenelzine", "45", 5),
        ("phenelzine", "45", "tranylcypromine", "30", 14),
    ],
)
def test_a_stopped_medicine_counts_until_its_washout_is_over(
    before: str, amount: str, after: str, start: str, days: int
) -> None:
    gone = started(before, amount)
    too_soon = chart(stopped(gone, TODAY - timedelta(days=days - 1)))
    in_time = chart(stopped(gone, TODAY - timedelta(days=days)))
    finding = about(found(too_soon, after, start), "washout")
    assert finding.severity is Severity.STOP
    assert f"Only {days - 1} days since {before} was stopped; at least {days} required. Not before " in finding.what
    assert none_about(found(in_time, after, start), "washout")


def test_the_washout_is_counted_to_the_day_of_the_start() -> None:
    on = chart(stopped(started("phenelzine", "45"), TODAY - timedelta(days=10)))
    about(found(on, "sertraline", "50"), "washout")
    assert none_about(found(on, "sertraline", "50", starts_on=TODAY + timedelta(days=4)), "washout")


# For some patients


def test_an_age_above_the_limit_lowers_the_maximum() -> None:
    current = started("citalopram", "20")
    older = found(chart(current, age=67), "citalopram", "40", replaces=current.id)
    assert about(older, "adjustment:citalopram:age").severity is Severity.STOP
    younger = found(chart(current, age=34), "citalopram", "40", replaces=current.id)
    assert none_about(younger, "adjustment:citalopram:age")


@pytest.mark.parametrize("medicine", ["citalopram", "gabapentin", "lithium", "valproate", "duloxetine"])
def test_what_is_unknown_about_the_patient_is_asked_and_never_passes(medicine: str) -> None:
    start = FORMULARY.medicine(MedicineId(medicine)).limits.usual_start
    assert start is not None
    findings = safety.check(chart(age=None), proposal(medicine, str(start).split(" ")[0]), FORMULARY, NOW)
    rules = [rule for rule in FORMULARY.contents.adjustments if rule.medicine == medicine]
    asked = {each.key for each in findings if each.severity is Severity.NOT_CHECKED}
    factors = {"age": "not_checked:age", "renal": "not_checked:egfr", "hepatic": "not_checked:liver-disease"}
    for factor, key in factors.items():
        if any(rule.factor == factor for rule in rules):
            assert f"{key}:{medicine}" in asked


def test_a_known_kidney_function_decides() -> None:
    current = started("gabapentin", "900")
    low = chart(current, measures={EGFR: ("20", ML_MIN)})
    finding = about(found(low, "gabapentin", "900", replaces=current.id), "adjustment:gabapentin:renal")
    assert finding.severity is Severity.STOP
    assert "eGFR 20 mL/min/1.73 m²" in finding.what
    good = chart(current, measures={EGFR: ("95", ML_MIN)})
    assert none_about(found(good, "gabapentin", "900", replaces=current.id), "adjustment:gabapentin:renal")


def test_a_kidney_function_below_every_band_is_not_a_pass() -> None:
    on = chart(measures={EGFR: ("10", ML_MIN)})
    assert found(on, "gabapentin", "300")["not_checked:egfr-band:gabapentin"].severity is Severity.NOT_CHECKED


def test_a_maximum_of_nothing_means_do_not_use() -> None:
    on = chart(measures={EGFR: ("25", ML_MIN)})
    findings = found(on, "duloxetine", "30")
    assert about(findings, "adjustment:duloxetine:renal").title.startswith("do not use")


def test_what_is_not_to_be_used_is_not_given_a_maximum_of_nothing_as_well() -> None:
    asked = about(found(chart(), "sertraline", "50"), "not_checked:liver")
    assert "moderate or severe: not recommended" in asked.what
    assert "at most 0" not in asked.what


def test_another_medicine_that_blocks_an_enzyme_lowers_the_maximum() -> None:
    current = started("vortioxetine", "10")
    findings = found(chart(current, started("bupropion_xl", "150")), "vortioxetine", "20", replaces=current.id)
    finding = about(findings, "adjustment:vortioxetine:cyp2d6")
    assert finding.severity is Severity.STOP
    assert "Taken with bupropion" in finding.what


def test_a_long_qtc_forbids_and_an_unknown_one_asks() -> None:
    assert "not_checked:qtc:gepirone_er" in found(chart(), "gepirone_er", "18.2")
    long = found(chart(measures={QTC: ("470", MS)}), "gepirone_er", "18.2")
    assert about(long, "adjustment:gepirone_er:ecg").severity is Severity.STOP


def test_a_maximum_by_indication_holds_for_that_indication() -> None:
    current = started("cariprazine", "3")
    depression = found(chart(current), "cariprazine", "6", replaces=current.id, indication="Bipolar depression")
    assert about(depression, "adjustment:cariprazine:indication").severity is Severity.STOP
    other = found(chart(current), "cariprazine", "6", replaces=current.id, indication="schizophrenia")
    assert about(other, "adjustment:cariprazine:indication").severity is Severity.INFORMATION


def test_doses_for_adults_say_nothing_about_a_child() -> None:
    assert found(chart(age=15), "sertraline", "50")["not_checked:adult_doses"].severity is Severity.NOT_CHECKED


# Allergies


def test_an_allergy_to_the_medicine_its_brand_or_its_class_is_a_stop() -> None:
    for allergen in ("sertraline", "Zoloft", "SSRIs", "SSRI"):
        finding = about(found(chart(allergies=(allergen,)), "sertraline", "50"), "allergy")
        assert finding.severity is Severity.STOP, allergen


def test_an_allergy_to_a_related_substance_is_a_stop_and_to_the_class_is_told() -> None:
    assert about(found(chart(allergies=("Celexa",)), "escitalopram", "10"), "allergy").severity is Severity.STOP
    other = about(found(chart(allergies=("Prozac",)), "sertraline", "50"), "allergy")
    assert other.severity is Severity.INFORMATION


def test_a_penicillin_allergy_has_nothing_to_do_with_sertraline() -> None:
    assert none_about(found(chart(allergies=("Penicillin",)), "sertraline", "50"), "allergy")


def test_an_allergy_nobody_here_knows_is_not_passed_over() -> None:
    finding = about(found(chart(allergies=("the yellow pill",)), "sertraline", "50"), "allergy")
    assert finding.severity is Severity.NOT_CHECKED


def test_allergies_never_asked_are_not_the_same_as_none() -> None:
    assert found(chart(allergies=None), "sertraline", "50")["not_checked:allergies"].needs_answer
    assert "not_checked:allergies" not in found(chart(allergies=()), "sertraline", "50")


# All together


def test_stops_come_first_and_information_last() -> None:
    current = started("citalopram", "20")
    on = chart(current, started("pimozide", "2"), told("warfarin"), told("Vitamin D"), age=67)
    made = proposal("citalopram", "40", replaces=current.id)
    severities = [each.severity for each in safety.check(on, made, FORMULARY, NOW)]
    assert severities == sorted(severities, key=list(Severity).index)
    assert {Severity.STOP, Severity.WARNING, Severity.NOT_CHECKED, Severity.INFORMATION} <= set(severities)


def test_what_needs_an_answer_and_has_none_is_named() -> None:
    findings = safety.check(chart(allergies=None), proposal("sertraline", "50"), FORMULARY, NOW)
    assert {each.key for each in safety.unanswered(findings, {})} == {
        each.key for each in findings if each.needs_answer
    }
    answers = {each.key: "asked" for each in findings}
    assert safety.unanswered(findings, answers) == ()
    assert safety.unanswered(findings, dict.fromkeys(answers, "  "))


def test_an_order_that_is_not_on_the_chart_cannot_be_checked() -> None:
    elsewhere = started("sertraline", "50")
    with pytest.raises(NotFound):
        safety.check(chart(), proposal("sertraline", "100", replaces=elsewhere.id), FORMULARY, NOW)


def test_stopping_a_medicine_that_wants_a_taper_says_so() -> None:
    finding = safety.check_stop(started("paroxetine_ir", "20"), FORMULARY)[0]
    assert finding.title == "do not stop abruptly"
    assert safety.check_stop(started("buspirone", "10"), FORMULARY) == ()
    assert safety.check_stop(told("Vitamin D"), FORMULARY) == ()


STARTS = [
    ("sertraline", "50"),
    ("fluoxetine", "20"),
    ("lithium", "600"),
    ("quetiapine", "50"),
    ("clozapine", "25"),
    ("bupropion_xl", "150"),
    ("phenelzine", "45"),
    ("buspirone", "15"),
    ("lamotrigine", "25"),
    ("citalopram", "20"),
    ("haloperidol", "2"),
]


@settings(deadline=None)
@given(st.sampled_from(STARTS), st.lists(st.sampled_from(STARTS), max_size=3, unique=True), st.booleans())
def test_the_same_question_gets_the_same_answer_whatever_the_order_of_the_list(
    new: tuple[str, str], taken: list[tuple[str, str]], turned: bool
) -> None:
    orders = [started(*each) for each in taken]
    made = proposal(*new)
    one = safety.check(chart(*orders), made, FORMULARY, NOW)
    other = safety.check(chart(*(reversed(orders) if turned else orders)), made, FORMULARY, NOW)
    assert keys(one).keys() == keys(other).keys()
    assert all(each.source and each.title and each.what for each in one)
