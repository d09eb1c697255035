"""Orders: a change is a new order that names the one it replaces; patient and ingredients never change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr.dosing.model import TimeOfDay
from emr.medications import model as medication
from emr.medications.model import Act, ChainId, Order, OrderOrigin, OrderStatus
from emr.shared.errors import Refused
from emr.shared.quantity import mg
from tests.emr.medicines import ADA, DREW, ingredients, proposal, signed, started, told

STEPS = ("25", "50", "75", "100", "150", "200")


def next_order(current: Order, act: str, amount: str, nth: int) -> Order:
    """What an act makes of an order, a day later than the last."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=nth)
    sign = signed(now)
    match act:
        case "hold":
            return medication.hold(current, "Rash", now.date(), sign)
        case "stop":
            return medication.stop(current, "Done", now.date(), sign)
        case "renew":
            amount = str(current.daily_total).split(" ")[0] if current.medicine == "sertraline" else amount
            same = proposal("sertraline", amount, starts_on=now.date(), replaces=current.id)
            return medication.renew(current, same, ingredients("sertraline"), sign)
        case _:
            other = proposal("sertraline", amount, starts_on=now.date(), replaces=current.id)
            return medication.revise(current, other, ingredients("sertraline"), sign)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["revise", "hold", "renew", "stop"]), st.sampled_from(STEPS)), max_size=12))
def test_along_a_chain_only_what_may_change_changes(acts: list[tuple[str, str]]) -> None:
    first = started("sertraline", "50", on=date(2025, 12, 1))
    chain = [first]
    for nth, (act, amount) in enumerate(acts):
        try:
            chain.append(next_order(chain[-1], act, amount, nth))
        except Refused:
            continue
    for before, after in pairwise(chain):
        assert after.replaces == before.id
        assert (after.chain, after.patient, after.ingredients, after.name) == (
            first.chain,
            first.patient,
            first.ingredients,
            first.name,
        )
        assert before.status is not OrderStatus.STOPPED
        assert (after.product is not None) == (after.act in {Act.REVISED, Act.RENEWED})
    assert len({order.id for order in chain}) == len(chain)


def test_a_first_order_begins_its_own_chain() -> None:
    order = started("sertraline", "50", TimeOfDay.MORNING)
    assert order.replaces is None
    assert order.chain == ChainId(order.id)
    assert order.act is Act.STARTED
    assert order.sentence == "50 mg each morning"
    assert order.agreement == "not_asked_here"
    assert (order.patient, order.author) == (ADA, DREW)


@pytest.mark.parametrize("kind", [OrderOrigin.PRESCRIBED_ELSEWHERE, OrderOrigin.SELF_REPORTED])
def test_a_dose_not_prescribed_here_cannot_be_changed_and_it_says_what_to_do(kind: OrderOrigin) -> None:
    order = told("lorazepam", kind, "0.5")
    for change in ("revise", "renew", "hold"):
        with pytest.raises(Refused) as refusal:
            next_order(order, change, "50", 1)
        assert refusal.value.code == "not_prescribed_here"
        assert "start it here" in refusal.value.message


def test_nothing_follows_a_stop() -> None:
    order = medication.stop(started("sertraline", "50"), "Done", date(2026, 11, 1), signed())
    for change in ("revise", "renew", "hold", "stop"):
        with pytest.raises(Refused) as refusal:
            next_order(order, change, "100", 1)
        assert refusal.value.code == "already_stopped"


def test_another_medicine_is_not_a_revision() -> None:
    current = started("sertraline", "50")
    other = proposal("fluoxetine", "20", replaces=current.id)
    with pytest.raises(Refused) as refusal:
        medication.revise(current, other, ingredients("fluoxetine"), signed())
    assert refusal.value.code == "another_ingredient"


def test_another_formulation_of_the_same_ingredient_is_a_revision() -> None:
    current = started("bupropion_sr", "150")
    other = proposal("bupropion_xl", "150", replaces=current.id)
    assert medication.revise(current, other, ingredients("bupropion_xl"), signed()).medicine == "bupropion_xl"


def test_the_same_dose_again_is_a_renewal_and_not_a_revision() -> None:
    current = started("sertraline", "50")
    same = proposal("sertraline", "50", replaces=current.id)
    with pytest.raises(Refused, match="renew"):
        medication.revise(current, same, ingredients("sertraline"), signed())
    assert medication.renew(current, same, ingredients("sertraline"), signed()).act is Act.RENEWED
    with pytest.raises(Refused) as refusal:
        medication.renew(current, proposal("sertraline", "100"), ingredients("sertraline"), signed())
    assert refusal.value.code == "renewal_changes_dose"


def test_a_held_medicine_is_taken_up_again_by_prescribing_it() -> None:
    held = medication.hold(started("sertraline", "50"), "Rash", date(2026, 11, 1), signed())
    assert (held.status, held.product, held.supply) == (OrderStatus.HELD, None, ())
    with pytest.raises(Refused, match="already on hold"):
        medication.hold(held, "Rash", date(2026, 11, 2), signed())
    again = medication.revise(held, proposal("sertraline", "50", replaces=held.id), ingredients("sertraline"), signed())
    assert again.status is OrderStatus.ACTIVE


@pytest.mark.parametrize(("amount", "action"), [("150", "increase"), ("50", "decrease"), ("100", "continue")])
def test_a_change_has_the_name_compliance_decides_by(amount: str, action: str) -> None:
    current = started("sertraline", "100", TimeOfDay.MORNING)
    assert medication.action(current, proposal("sertraline", amount, TimeOfDay.NIGHT)) == action
    assert medication.action(None, proposal("sertraline", amount)) == "new"


def test_a_report_is_told_anew_but_stays_the_same_medicine() -> None:
    before = told("lorazepam", OrderOrigin.PRESCRIBED_ELSEWHERE, "0.5")
    assert (before.name, before.daily_total, before.product) == ("lorazepam", mg("0.5"), None)
    ended = medication.stop(before, "Her doctor stopped it", date(2026, 11, 1), signed())
    assert ended.status is OrderStatus.STOPPED
    with pytest.raises(Refused):
        medication.hold(ended, "x", date(2026, 11, 1), signed())
