"""Doses and ladders: only what real tablets, patches and liquids can make, and said in plain words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.substances import resolver as substances
from emr.dosing.forms import NoLadder, form_of, forms
from emr.dosing.ladder import Ladder, choice_of, ladder, ladder_for, neighbors
from emr.dosing.model import CountingUnit, Dose, Intake, TimeOfDay, even, pieces_of, pieces_words, sentence, sig, total
from emr.dosing.proposal import product_text, propose, suggested_moments
from emr.formulary.entries import MedicineId, ProductId
from emr.shared.errors import Invalid
from emr.shared.quantity import Quantity, mg
from tests.emr.medicines import FORMULARY, proposal

MEDICINES = sorted(FORMULARY.contents.medicines)
SERTRALINE = MedicineId("sertraline")


def made(medicine: str, now: str | None = None, new: str | None = None, times: int = 1) -> Ladder:
    found = ladder(
        FORMULARY,
        MedicineId(medicine),
        times_a_day=times,
        now=mg(now) if now else None,
        new=mg(new) if new else None,
    )
    assert isinstance(found, Ladder)
    return found


def totals(steps: Ladder) -> list[str]:
    return [str(rung.total) for rung in steps.rungs]


TABLET = {str(p.counted): p for p in FORMULARY.products(SERTRALINE) if p.form == "Oral Tablet"}


def test_the_ladder_of_sertraline_is_made_of_its_tablets() -> None:
    steps = made("sertraline", now="100", new="150")
    assert totals(steps) == ["25 mg", "50 mg", "75 mg", "100 mg", "125 mg", "150 mg", "175 mg", "200 mg"]
    assert [str(r.total) for r in steps.rungs if r.now] == ["100 mg"]
    assert [str(r.total) for r in steps.rungs if r.new] == ["150 mg"]
    assert [str(r.total) for r in steps.rungs if r.max] == ["200 mg"]


def test_a_total_says_how_it_is_made_fewest_pieces_first() -> None:
    rung = made("sertraline").rung(mg(150))
    assert rung is not None
    assert [choice.words for choice in rung.choices] == [
        "one 100 mg and one 50 mg tablet",
        "three 50 mg tablets",
        "one 100 mg and two 25 mg tablets",
    ]


def test_the_next_steps_are_the_next_lower_total_and_the_usual_step_up() -> None:
    near = neighbors(made("sertraline", now="100"), mg(100))
    assert (near.down and str(near.down.total), near.up and str(near.up.total)) == ("75 mg", "150 mg")
    near = neighbors(made("hydroxyzine", now="25"), mg(25))
    assert (near.down and str(near.down.total), near.up and str(near.up.total)) == ("10 mg", "50 mg")


def test_there_is_no_step_below_the_lowest_nor_above_the_maximum() -> None:
    assert neighbors(made("sertraline"), mg(25)).down is None
    assert neighbors(made("sertraline"), mg(200)).up is None


@settings(deadline=None)
@given(st.sampled_from(MEDICINES), st.integers(1, 3), st.integers(0, 6))
def test_every_combination_sums_to_its_total_and_every_strength_is_real(medicine: str, times: int, nth: int) -> None:
    name = MedicineId(medicine)
    known = forms(FORMULARY, name)
    steps = ladder(FORMULARY, name, form=known[nth % len(known)] if known else None, times_a_day=times)
    if isinstance(steps, NoLadder):
        assert steps.sentence
        return
    real = {product.id: product.counted for product in FORMULARY.products(name)}
    assert [rung.total for rung in steps.rungs] == sorted(rung.total for rung in steps.rungs)
    for rung in steps.rungs:
        assert 1 <= len(rung.choices) <= 3
        for choice in rung.choices:
            assert total(piece.amount for piece in choice.pieces) * times == rung.total
            assert all(real[piece.product] == piece.each for piece in choice.pieces)
            assert choice_of(FORMULARY, name, choice.key) == choice


@settings(deadline=None)
@given(st.sampled_from(MEDICINES), st.integers(1, 3))
def test_no_ladder_goes_above_the_labels_maximum(medicine: str, times: int) -> None:
    steps = ladder(FORMULARY, MedicineId(medicine), times_a_day=times)
    if isinstance(steps, Ladder) and steps.label_max is not None:
        assert all(rung.total <= steps.label_max for rung in steps.rungs)
        assert len(steps.rungs) <= 16


@settings(deadline=None)
@given(st.sampled_from(MEDICINES), st.data())
def test_neighbours_are_real_and_on_the_right_side(medicine: str, data: st.DataObject) -> None:
    steps = ladder(FORMULARY, MedicineId(medicine))
    if isinstance(steps, NoLadder) or not steps.rungs:
        return
    now = data.draw(st.sampled_from(steps.rungs)).total
    near = neighbors(steps, now)
    assert near.down is None or (near.down.total < now and near.down.choices)
    assert near.up is None or (near.up.total > now and near.up.choices)


def test_a_present_dose_that_no_tablets_make_stands_in_the_ladder_without_a_choice() -> None:
    rung = made("sertraline", now="112").rung(mg(112))
    assert rung is not None
    assert rung.now
    assert rung.choices == ()


def test_the_ladder_of_a_dose_keeps_its_form_and_its_times_a_day() -> None:
    taken = proposal("lithium", "300", TimeOfDay.MORNING, TimeOfDay.NIGHT).dose
    steps = ladder_for(FORMULARY, MedicineId("lithium"), taken, new=mg(900))
    assert isinstance(steps, Ladder)
    assert steps.times_a_day == 2
    assert [str(rung.total) for rung in steps.rungs if rung.now] == ["600 mg"]
    assert [str(rung.total) for rung in steps.rungs if rung.new] == ["900 mg"]


def test_a_ladder_that_was_made_is_not_made_again() -> None:
    """A list of seventy lines asks for seventy with every look."""
    taken = even((pieces_of(TABLET["50 mg"], 1),), [TimeOfDay.MORNING])
    assert ladder_for(FORMULARY, SERTRALINE, taken) is ladder_for(FORMULARY, SERTRALINE, taken)
    assert ladder_for(FORMULARY, SERTRALINE, taken) != ladder_for(FORMULARY, SERTRALINE, taken, new=mg(100))


def test_what_is_not_known_well_has_no_ladder() -> None:
    small = Intake(TimeOfDay.MORNING, (pieces_of(TABLET["25 mg"], 1),))
    large = Intake(TimeOfDay.NIGHT, (pieces_of(TABLET["50 mg"], 1),))
    for medicine, taken, code in (
        (None, None, "not_prescribed_here"),
        (SERTRALINE, None, "not_prescribed_here"),
        (SERTRALINE, Dose((small, large)), "uneven"),
        (MedicineId("fluoxetine"), Dose((small,)), "form_unknown"),
    ):
        found = ladder_for(FORMULARY, medicine, taken)
        assert isinstance(found, NoLadder)
        assert found.code == code


def test_every_product_that_can_be_proposed_is_understood_by_the_prescribing_policy() -> None:
    """What the formulary knows of schedules is a hint; this holds it against the list that decides."""
    known = substances.load()
    for medicine in FORMULARY.contents.medicines.values():
        for form in forms(FORMULARY, medicine.id):
            steps = ladder(FORMULARY, medicine.id, form=form)
            choices = [choice for rung in steps.rungs for choice in rung.choices] if isinstance(steps, Ladder) else []
            for text in {product_text(FORMULARY, choice) for choice in choices}:
                schedule = known.resolve(text, on=date(2026, 11, 24), state="FL").schedule
                assert schedule is not None, text
                assert schedule.value == medicine.schedule, text


@pytest.mark.parametrize(
    ("medicine", "code"),
    [
        ("olanzapine_fluoxetine", "combination"),
        ("buprenorphine_naloxone", "combination"),
        ("aripiprazole_maintena", "not_daily"),
        ("esketamine_nasal", "not_daily"),
    ],
)
def test_where_no_ladder_can_be_made_it_says_so(medicine: str, code: str) -> None:
    found = ladder(FORMULARY, MedicineId(medicine))
    assert isinstance(found, NoLadder)
    assert found.code == code


def test_products_that_are_not_interchangeable_are_never_mixed() -> None:
    for medicine in MEDICINES:
        for form in forms(FORMULARY, MedicineId(medicine)):
            assert len({(p.form, p.release, p.components) for p in form.products}) == 1


def test_a_patch_steps_by_whole_patches() -> None:
    steps = made("selegiline_transdermal", now="6")
    assert totals(steps) == ["6 mg", "9 mg", "12 mg"]
    assert sig(steps.rungs[0].choices[0].dose([TimeOfDay.MORNING])) == "Put on one 6 mg patch each morning."


def test_a_liquid_is_poured_in_measurable_volumes() -> None:
    liquid = next(form for form in forms(FORMULARY, MedicineId("fluoxetine")) if form.kind is CountingUnit.LIQUID)
    steps = ladder(FORMULARY, MedicineId("fluoxetine"), form=liquid)
    assert isinstance(steps, Ladder)
    assert steps.rungs[0].choices[0].words == "5 mL (20 mg)"


def dose(
    *counts: tuple[str, int], moments: tuple[TimeOfDay, ...] = (TimeOfDay.MORNING,), as_needed: bool = False
) -> Dose:
    return even(tuple(pieces_of(TABLET[strength], count) for strength, count in counts), moments, as_needed=as_needed)


@pytest.mark.parametrize(
    ("what", "line", "told"),
    [
        (dose(("100 mg", 1)), "100 mg each morning", "Take one 100 mg tablet by mouth each morning."),
        (
            dose(("100 mg", 1), ("50 mg", 1)),
            "150 mg each morning",
            "Take one 100 mg and one 50 mg tablet by mouth each morning.",
        ),
        (dose(("50 mg", 3)), "150 mg each morning", "Take three 50 mg tablets by mouth each morning."),
        (
            dose(("25 mg", 1), moments=(TimeOfDay.NIGHT,), as_needed=True),
            "25 mg at night as needed",
            "Take one 25 mg tablet by mouth at night as needed.",
        ),
        (
            dose(("25 mg", 1), moments=(TimeOfDay.DAY,) * 3, as_needed=True),
            "25 mg up to three times a day as needed",
            "Take one 25 mg tablet by mouth as needed, up to three times a day.",
        ),
        (
            dose(("50 mg", 1), moments=(TimeOfDay.MORNING, TimeOfDay.EVENING)),
            "50 mg each morning and each evening",
            "Take one 50 mg tablet by mouth each morning and each evening.",
        ),
        (
            dose(("25 mg", 1), moments=(TimeOfDay.MORNING, TimeOfDay.NOON, TimeOfDay.NIGHT)),
            "25 mg three times a day",
            "Take one 25 mg tablet by mouth each morning, at noon and at night.",
        ),
        (
            dose(("100 mg", 1), moments=(TimeOfDay.DAY,)),
            "100 mg once a day",
            "Take one 100 mg tablet by mouth once a day.",
        ),
    ],
)
def test_a_dose_is_told_in_plain_words(what: Dose, line: str, told: str) -> None:
    assert sentence(what) == line
    assert sig(what) == told


def test_uneven_intakes_are_told_one_by_one() -> None:
    small = Intake(TimeOfDay.MORNING, (pieces_of(TABLET["25 mg"], 1),))
    large = Intake(TimeOfDay.NIGHT, (pieces_of(TABLET["50 mg"], 1),))
    both = Dose((small, large))
    assert both.each is None
    assert both.daily_total == mg(75)
    assert sentence(both) == "25 mg each morning and 50 mg at night"
    assert sig(both) == "Take one 25 mg tablet by mouth each morning and one 50 mg tablet by mouth at night."


def test_pieces_are_spelled_out() -> None:
    assert pieces_words([pieces_of(TABLET["100 mg"], 2), pieces_of(TABLET["25 mg"], 1)]) == (
        "two 100 mg and one 25 mg tablet"
    )


def test_a_dose_of_nothing_does_not_exist() -> None:
    with pytest.raises(ValueError, match="at least one intake"):
        Dose(())


def test_a_proposal_tells_its_product_supply_and_totals() -> None:
    wanted = proposal("sertraline", "150", TimeOfDay.MORNING)
    assert wanted.product == "sertraline Oral Tablet"
    assert wanted.code is None
    assert wanted.daily_total == mg(150)
    assert (wanted.dose_each, wanted.times_a_day) == (mg(150), 1)
    assert wanted.supply_words == "30 days, 30 of each, 1 refill"
    assert wanted.agreement == "not_asked_here"
    single = proposal("sertraline", "50", TimeOfDay.MORNING)
    assert (single.product, single.code) == ("sertraline 50 MG Oral Tablet", "312941")
    assert single.supply_words == "30 days, 30 of 50 mg, 1 refill"


@settings(deadline=None)
@given(st.integers(1, 90), st.sampled_from(["25", "75", "150", "175"]), st.integers(1, 4))
def test_the_supply_lasts_exactly_its_days(days: int, amount: str, times: int) -> None:
    wanted = proposal("sertraline", amount, *[TimeOfDay.DAY] * times, days_supply=days)
    handed_out = total(each.piece.amount for each in wanted.supply)
    assert handed_out == wanted.daily_total * days


SMALLEST = f"{TABLET['25 mg'].id}x1"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "x1",
        "312940",
        f"{TABLET['25 mg'].id}x0",
        f"{TABLET['25 mg'].id}x4",
        f"{TABLET['25 mg'].id}x1.5",
        f"{TABLET['25 mg'].id}x1+{TABLET['25 mg'].id}x1",
        f"{TABLET['25 mg'].id}x1+{TABLET['50 mg'].id}x1",  # the stronger piece stands first
        "999999x1",
        "310384x1",  # a fluoxetine capsule
        "251201x1+312941x1",  # a capsule and a tablet
        "312941x99",
        "../etc x1",
    ],
)
def test_a_choice_that_was_not_offered_is_refused(key: str) -> None:
    assert choice_of(FORMULARY, SERTRALINE, SMALLEST).amount == mg(25)
    with pytest.raises(Invalid) as refusal:
        choice_of(FORMULARY, SERTRALINE, key)
    assert set(refusal.value.fields) == {"choice"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("days_supply", 0),
        ("days_supply", 91),
        ("refills", -1),
        ("refills", 12),
        ("reason", "  "),
        ("reason", "x" * 501),
        ("indication", ""),
        ("moments", ()),
        ("moments", (TimeOfDay.DAY,) * 7),
    ],
)
def test_a_form_that_is_filled_in_badly_says_which_field(field: str, value: object) -> None:
    good: dict[str, object] = {
        "choice": SMALLEST,
        "moments": (TimeOfDay.MORNING,),
        "as_needed": False,
        "days_supply": 30,
        "refills": 1,
        "starts_on": date(2026, 11, 25),
        "indication": "depression",
        "reason": "Partial response",
    }
    propose(FORMULARY, SERTRALINE, **good)  # type: ignore[arg-type]  # a form's fields
    with pytest.raises(Invalid) as refusal:
        propose(FORMULARY, SERTRALINE, **(good | {field: value}))  # type: ignore[arg-type]
    assert set(refusal.value.fields) == {field}


def test_moments_are_put_in_the_order_of_the_day() -> None:
    wanted = proposal("sertraline", "50", TimeOfDay.NIGHT, TimeOfDay.MORNING)
    assert [intake.moment for intake in wanted.dose.intakes] == [TimeOfDay.MORNING, TimeOfDay.NIGHT]


def test_the_form_of_a_dose_is_found_again() -> None:
    found = form_of(FORMULARY, SERTRALINE, proposal("sertraline", "150").dose)
    assert found is not None
    assert found.words == "oral tablet"


def test_the_usual_moments_are_suggested_from_the_formulary() -> None:
    assert suggested_moments(FORMULARY.medicine(MedicineId("fluoxetine"))) == (TimeOfDay.MORNING,)
    assert suggested_moments(FORMULARY.medicine(MedicineId("mirtazapine"))) == (TimeOfDay.NIGHT,)
    assert len(suggested_moments(FORMULARY.medicine(MedicineId("buspirone")))) == 2


def test_amounts_in_a_piece_are_exact() -> None:
    product = FORMULARY.product(ProductId("312941"))
    assert pieces_of(product, Decimal("3")).amount == Quantity(Decimal(150), product.unit)
