"""Around the code: prescriptions by raw SQL, each with what refuses it.

Each is decided as it should be, unless said otherwise; what a decision may say is in `test_gate_decisions_by_sql.py`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tests.server.gate_rows import Act, Gate, attempt, open_gate, refused_without_guards, wrong_ones_let_in
from tests.server.prescription_rows import NIL

PRESCRIBED = "trigger prescription prescription_grounded"
BY_DECISION = "constraint prescription fk_prescription_decision"
SUPPLY, REFILLS = "constraint prescription fk_prescription_supply", "constraint prescription ck_prescription_refills"
ELSEWHERE = UUID(int=7)
VYVANSE = "lisdexamfetamine dimesylate 30 MG Oral Capsule"
"""Schedule II."""
VYVANSE_ORDER = {"product": VYVANSE, "name": "lisdexamfetamine", "ingredients": "lisdexamfetamine"}


def prescribed(**changes: Any) -> Act:
    return lambda gate: gate.prescribe(**changes)


def prescribed_after(what: str) -> Act:
    """Decided in time, prescribed when it no longer holds."""

    async def act(gate: Gate) -> None:
        like = gate.controlled if what == "a call" else gate.plain
        decision = await gate.decide(like=like)
        match what:
            case "a call":
                await gate.join(gate.clinic.ada)
            case "a take-over":
                await gate.take_over(gate.clinic.tomas)
            case "the end":
                await gate.end(gate.seen.id)
        await gate.prescribe(like=like, decision=decision)

    return act


def supplied(schedule: str, days: int, refills: int) -> Act:
    supply: dict[str, Any] = {"days_supply": days, "refills": refills}
    if schedule == "II":
        decision = {"product": VYVANSE, "ingredients": '["lisdexamfetamine"]', "schedule": "II"}
        order = {**VYVANSE_ORDER, **supply}
        return prescribed(decision=decision, order=order, product=VYVANSE, schedule="II", **supply)
    if schedule == "none":
        return lambda gate: gate.prescribe(like=gate.plain, order=supply, **supply)
    # No product is looked at: the decision may say more than the reference, which says IV.
    return prescribed(decision={"schedule": schedule}, order=supply, schedule=schedule, **supply)


a_prescription = prescribed()
ATTEMPTS = (
    attempt(
        "none treats",
        prescribed(attendance_id=NIL),
        a_prescription,
        "ck_prescription_treats",
        "constraint prescription ck_prescription_treats",
        BY_DECISION,
    ),
    attempt(
        "none checked in",
        prescribed(check_in_id=NIL),
        a_prescription,
        "ck_prescription_seen",
        "constraint prescription ck_prescription_seen",
        BY_DECISION,
    ),
    *(
        attempt(
            f"another {what}",
            prescribed(**{column: ELSEWHERE}),
            a_prescription,
            BY_DECISION.split()[-1],
            BY_DECISION,
            *(f"constraint prescription fk_prescription_{other}" for other in others),
        )
        for what, column, others in (
            ("attendance", "attendance_id", ("attendance",)),
            ("check-in", "check_in_id", ("check_in", "confirmation")),
        )
    ),
    *(
        attempt(f"after {what}", prescribed_after(what), prescribed_after("nothing"), says, PRESCRIBED)
        for what, says in (("a call", "joined_call"), ("a take-over", "not attend"), ("the end", "not attend"))
    ),
    attempt(
        "the order names another", prescribed(order={"name": "sertraline"}), a_prescription, "name and ingr", PRESCRIBED
    ),
    attempt(
        "the order holds another",
        prescribed(order={"ingredients": "sertraline"}),
        a_prescription,
        "name and ingr",
        PRESCRIBED,
    ),
    attempt("other days", prescribed(days_supply=29), a_prescription, "fk_prescription_supply", SUPPLY),
    attempt("other refills", prescribed(refills=0), a_prescription, "fk_prescription_supply", SUPPLY),
    attempt(
        "no days",
        prescribed(days_supply=None),
        a_prescription,
        "ck_prescription_supply",
        "constraint prescription ck_prescription_supply",
    ),
    *(
        attempt(
            f"{schedule}, {wrong}", supplied(schedule, *wrong), supplied(*right), "ck_prescription_refills", REFILLS
        )
        for schedule, wrong, right in (
            ("II", (30, 1), ("II", 90, 0)),
            ("III", (10, 6), ("III", 10, 5)),
            ("IV", (30, 6), ("IV", 30, 5)),
            ("IV", (61, 3), ("IV", 60, 3)),
            ("III", (37, 5), ("none", 90, 11)),
        )
    ),
)


async def test_no_prescription_says_more_than_it_rests_on(conn: AsyncConnection) -> None:
    assert await wrong_ones_let_in(await open_gate(conn), ATTEMPTS) == []


async def test_without_its_guard_each_prescription_goes_in(owner_conn: AsyncConnection) -> None:
    assert await refused_without_guards(await open_gate(owner_conn), ATTEMPTS) == []
