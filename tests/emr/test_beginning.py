"""What a note begins with: the orders of the visit with what they replaced, and scores with those before them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from emr.medications.model import Act, ChainId, Order, OrderOrigin, OrderStatus
from emr.notes.beginning import model as values
from emr.notes.beginning.model import OrderChange
from emr.questionnaires.response import Response
from emr.shared.ids import OrderId, PersonId, ResponseId, VisitId
from emr.shared.quantity import Quantity, Unit

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
HERE, BEFORE = VisitId(uuid4()), VisitId(uuid4())
ADA, DREW = PersonId(uuid4()), PersonId(uuid4())


def an_order(act: Act, mg: int, visit: VisitId, minute: int = 0, status: OrderStatus = OrderStatus.ACTIVE) -> Order:
    return Order(
        id=OrderId(uuid4()),
        chain=ChainId(uuid4()),
        replaces=None,
        patient=ADA,
        kind=OrderOrigin.PRESCRIBED_HERE,
        act=act,
        status=status,
        medicine=None,
        name="sertraline",
        ingredients=("sertraline",),
        dose=None,
        daily_total=Quantity(Decimal(mg), Unit.MG),
        as_needed=False,
        sentence=f"{mg} mg each morning",
        sig="",
        indication="",
        reason="",
        starts_on=date(2026, 11, 24),
        author=DREW,
        written_at=NOW + timedelta(minutes=minute),
        visit=visit,
    )


def test_the_orders_of_the_visit_come_in_the_order_in_which_they_were_written_each_with_the_one_before() -> None:
    old = an_order(Act.STARTED, 50, BEFORE)
    raised = an_order(Act.REVISED, 100, HERE, 5)
    other = an_order(Act.STARTED, 10, HERE, 2)
    found = values.changes([(old, raised), (other,), (an_order(Act.STARTED, 5, BEFORE),)], HERE)
    assert found == (OrderChange(other, None), OrderChange(raised, old))
    assert [one.direction for one in found] == [0, 1]


def test_a_dose_that_fell_one_that_is_the_same_and_one_that_is_not_known() -> None:
    was = an_order(Act.STARTED, 100, BEFORE)
    assert OrderChange(an_order(Act.REVISED, 50, HERE), was).direction == -1
    assert OrderChange(an_order(Act.REVISED, 100, HERE), was).direction == 0
    assert OrderChange(replace(was, daily_total=None), was).direction == 0


def test_what_follows_a_hold_resumes() -> None:
    held = an_order(Act.HELD, 100, BEFORE, status=OrderStatus.HELD)
    assert OrderChange(an_order(Act.REVISED, 100, HERE), held).resumes
    assert not OrderChange(an_order(Act.STOPPED, 100, HERE, status=OrderStatus.STOPPED), held).resumes


def an_answer(scale: str, total: int, visit: VisitId, day: int) -> Response:
    return Response(
        ResponseId(uuid4()), uuid4(), ADA, visit, scale, "1", {}, total, "mild", False, NOW + timedelta(days=day), ADA
    )


def test_a_score_is_new_in_this_visit_or_since_the_last_and_stands_beside_the_one_before() -> None:
    first, second = an_answer("phq9", 12, BEFORE, -40), an_answer("phq9", 9, HERE, 0)
    old, since = an_answer("gad7", 7, BEFORE, -40), an_answer("isi", 4, BEFORE, -2)
    last_visit = NOW - timedelta(days=30)
    found = values.scores((first, old, since, second), HERE, last_visit)
    assert [(one.response, one.before) for one in found] == [(since, None), (second, first)]
    assert len(values.scores((first, old), HERE, None)) == 2, "before the first visit everything is new"
