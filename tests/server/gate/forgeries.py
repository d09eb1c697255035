"""Doors for who has the application's own login: rows written by hand, each a lie about one thing.

Each begins with a prescription that was written rightly and copies it, so that only the lie is in the way.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.ids import VisitId
from emr.visits.model import Modality
from tests.server.gate import rows, scenes, verbs
from tests.server.gate.attacks import CHECKED_IN, Attack
from tests.server.gate.mends import GROUNDED, Mend, constraint, of_both, trigger
from tests.server.gate.world import World


def _forge(world: World, of: UUID, decided: dict[str, Any], ordered: dict[str, Any], **prescribed: Any) -> None:
    async def forging(conn: AsyncConnection) -> None:
        await rows.forged(conn, of, decided, ordered, **prescribed)

    world.complaint(forging)


def _sertraline(world: World) -> tuple[VisitId, UUID]:
    """Drew's video visit with Ada, and a prescription of sertraline in it."""
    visit = scenes.video(world)
    return visit, scenes.signed(world, visit, "sertraline")


def decision_lies_schedule_none(world: World) -> Iterator[None]:
    """By video, under a decision that says of alprazolam that it is in no schedule."""
    _, of = _sertraline(world)
    wanted = scenes.product(world, "alprazolam")
    yield
    _forge(world, of, {**wanted.decided, "schedule": "none"}, wanted.ordered)


def decision_lies_of_what_is_in_it(world: World) -> Iterator[None]:
    """The decision says of an alprazolam product that it is made of sertraline."""
    _, of = _sertraline(world)
    wanted, said = scenes.product(world, "alprazolam"), scenes.product(world, "sertraline")
    yield
    _forge(world, of, {**said.decided, "product": wanted.product}, wanted.ordered)


def decision_of_a_product_nobody_knows(world: World) -> Iterator[None]:
    """A name that is none of the release's products, and stands for alprazolam."""
    _, of = _sertraline(world)
    xanax = {"product": "Xanax 1 MG Oral Tablet"}
    yield
    _forge(world, of, {**xanax, "ingredients": ["alprazolam"]}, {**xanax, "name": "alprazolam", **PILLS})


PILLS = {"ingredients": "alprazolam"}


def decision_of_another_product(world: World) -> Iterator[None]:
    """The decision allows sertraline; order and prescription are of alprazolam."""
    _, of = _sertraline(world)
    wanted = scenes.product(world, "alprazolam")
    yield
    _forge(world, of, {}, wanted.ordered, product=wanted.product)


def order_of_another_product(world: World) -> Iterator[None]:
    """Decision, prescription and the order's product text say sertraline; what stands on the list is alprazolam."""
    _, of = _sertraline(world)
    yield
    _forge(world, of, {}, {"name": "alprazolam", **PILLS})


def remote_and_says_so(world: World) -> Iterator[None]:
    """By video, with a decision that says IV and has neither check-in nor site."""
    _, of = _sertraline(world)
    wanted = scenes.product(world, "alprazolam")
    yield
    _forge(world, of, wanted.decided, wanted.ordered)


def video_called_in_person(world: World) -> Iterator[None]:
    """The decision says of a video visit that it is in person, by a check-in for another visit."""
    _, of = _sertraline(world)
    wanted, there = scenes.product(world, "alprazolam"), scenes.booked(world, Modality.IN_PERSON)
    verbs.check_in(world, "ada", there)
    here = _check_in(world, there)
    yield
    _forge(world, of, {**wanted.decided, "modality": "in_person", "check_in_id": here}, wanted.ordered)


def _check_in(world: World, visit: VisitId) -> str:
    return str(world.ask("SELECT id FROM check_in WHERE visit_id = :visit", visit=visit))


def check_in_of_another_visit(world: World) -> Iterator[None]:
    """In person, but checked in for a visit that is to come."""
    visit, later = scenes.alone(world), scenes.booked(world, Modality.IN_PERSON)
    of = scenes.signed(world, visit, "sertraline")
    verbs.check_in(world, "ada", later)
    here, wanted = _check_in(world, later), scenes.product(world, "alprazolam")
    yield
    _forge(world, of, {**wanted.decided, "check_in_id": here}, wanted.ordered)


def check_in_that_is_none(world: World) -> Iterator[None]:
    """In person, with the id of a check-in that nobody made."""
    of = scenes.signed(world, scenes.alone(world), "sertraline")
    wanted = scenes.product(world, "alprazolam")
    yield
    _forge(world, of, {**wanted.decided, "check_in_id": str(uuid4())}, wanted.ordered)


def refills_written_by_hand(world: World) -> Iterator[None]:
    """A schedule II substance, rightly prescribed; then once more with a refill."""
    of = scenes.signed(world, scenes.met(world), "lisdexamfetamine")
    yield
    _forge(world, of, {}, {"refills": 1})


def half_a_year_and_more(world: World) -> Iterator[None]:
    """A schedule IV substance in refills for more than 180 days."""
    of = scenes.signed(world, scenes.met(world), "alprazolam")
    yield
    _forge(world, of, {}, {"refills": 5, "days_supply": 40})


def supply_that_is_not_the_orders(world: World) -> Iterator[None]:
    """The prescription says no refills, its order has five."""
    of = scenes.signed(world, scenes.met(world), "lisdexamfetamine")
    yield
    _forge(world, of, {}, {"refills": 5}, refills=0)


def decision_used_twice(world: World) -> Iterator[None]:
    """One decision, a second order and prescription."""
    of = scenes.signed(world, scenes.met(world), "alprazolam")
    base = scenes.row(world, "prescription", of)
    yield

    async def again(conn: AsyncConnection) -> None:
        order = await rows.order(conn, UUID(base["order_id"]))
        await rows.prescription(conn, of, order, UUID(base["decision_id"]))

    world.complaint(again)


def signed_after_the_end(world: World) -> Iterator[None]:
    """The visit is over; decision and prescription are written into it."""
    visit = scenes.met(world)
    of = scenes.signed(world, visit, "alprazolam")
    verbs.end(world, "drew", "ada", visit)
    world.judged()
    yield
    verbs.start(world, "drew", "ada", visit, verbs.FORMS["hydroxyzine"])
    _forge(world, of, {}, {})


def another_patients_visit(world: World) -> Iterator[None]:
    """Ada's check-in and visit, for a prescription of Marcus."""
    of = scenes.signed(world, scenes.met(world), "alprazolam")
    marcus = {"patient_id": str(world.id("marcus"))}
    yield
    _forge(world, of, marcus, marcus)


def order_without_prescription(world: World) -> Iterator[None]:
    """An order that prescribes, on the list, and nothing else."""
    _, of = _sertraline(world)
    base, wanted = scenes.row(world, "prescription", of), scenes.product(world, "alprazolam")
    yield

    async def ordering(conn: AsyncConnection) -> None:
        await rows.order(conn, UUID(base["order_id"]), **wanted.ordered)

    world.complaint(ordering)


def reference_rewritten(world: World) -> Iterator[None]:
    """First the release's own row is made to say that alprazolam is in no schedule; then it is prescribed."""
    _, of = _sertraline(world)
    wanted = scenes.product(world, "alprazolam")
    yield

    async def rewriting(conn: AsyncConnection) -> None:
        await conn.execute(text("UPDATE reference_product SET schedule = 'none' WHERE order_name = 'alprazolam'"))

    world.complaint(rewriting)
    _forge(world, of, {**wanted.decided, "schedule": "none"}, wanted.ordered)


DECIDED = trigger("decision", "decision_grounded")
PRESCRIBED = trigger("prescription", "prescription_grounded")
CLEARED = constraint("prescription", "fk_prescription_decision")
FLOOR = Mend(
    (
        *constraint("decision", "ck_decision_floor", "ck_decision_seen").statements,
        *constraint("prescription", "ck_prescription_schedule", "ck_prescription_seen").statements,
    )
)
ENCOUNTER = Mend(
    (
        *constraint("decision", "fk_decision_encounter").statements,
        *of_both("fk_{}_attendance").statements,
    )
)
REFILLS = constraint("prescription", "ck_prescription_refills")
SUPPLY = constraint("prescription", "fk_prescription_supply")
ONCE = constraint("prescription", "uq_prescription_decision_id")
COMPLETE = trigger("medication_order", "medication_order_complete")
WRITABLE = Mend(("GRANT UPDATE ON reference_product TO titrate_app",))
CONFIRMED = of_both("fk_{}_confirmation")

FORGERIES = (
    Attack(decision_lies_schedule_none, ("scheduled more strictly",), (DECIDED,), "schedule_understated"),
    Attack(
        decision_lies_of_what_is_in_it,
        ("not the ingredients of the product",),
        (DECIDED,),
        "decision_of_another_product",
    ),
    Attack(
        decision_of_a_product_nobody_knows,
        ("not one of the release",),
        (DECIDED, PRESCRIBED),
        "controlled_remotely",
    ),
    Attack(decision_of_another_product, ("fk_prescription_decision",), (CLEARED,), "no_decision"),
    Attack(
        order_of_another_product,
        ("not of the name and ingredients of the product",),
        (PRESCRIBED,),
        "order_of_another_product",
    ),
    Attack(remote_and_says_so, ("ck_decision_",), (FLOOR,), "controlled_remotely"),
    Attack(video_called_in_person, ("fk_decision_",), (ENCOUNTER, CHECKED_IN), "controlled_remotely"),
    Attack(check_in_of_another_visit, ("fk_decision_check_in",), (CHECKED_IN,), "check_in_of_another"),
    Attack(check_in_that_is_none, ("fk_decision_",), (CHECKED_IN, CONFIRMED), "without_check_in"),
    Attack(refills_written_by_hand, ("ck_prescription_refills",), (REFILLS,), "too_many_refills"),
    Attack(half_a_year_and_more, ("ck_prescription_refills",), (REFILLS,), "too_long_a_supply"),
    Attack(supply_that_is_not_the_orders, ("fk_prescription_supply",), (SUPPLY,), "too_many_refills"),
    Attack(decision_used_twice, ("uq_prescription_decision_id",), (ONCE,), "decision_used_twice"),
    Attack(signed_after_the_end, ("not in progress", "does not attend"), (GROUNDED,), "signed_after_the_end"),
    Attack(another_patients_visit, ("fk_decision_encounter",), (ENCOUNTER, CHECKED_IN), "another_visit"),
    Attack(order_without_prescription, ("needs its prescription",), (COMPLETE,), "order_without_prescription"),
    Attack(
        reference_rewritten,
        ("permission denied for table reference_product", "scheduled more strictly"),
        (WRITABLE,),
        "schedule_understated",
    ),
)
