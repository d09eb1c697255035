"""Which order a decision let be written, and which one that order replaced. Read for those who look at decisions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Boolean, Select, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.medications import repository as medications
from emr.medications.dose_change import DoseChange
from emr.medications.model import Act, Order
from emr.medications.tables import medication_order, prescription
from emr.shared.ids import DecisionId, OrderId, PersonId
from emr.shared.quantity import Unit
from emr.shared.together import any_of


@dataclass(frozen=True, slots=True)
class Ended:
    """A decision to hold or to stop: nothing is prescribed by it, so its order is the patient's of that very moment."""

    decision: DecisionId
    patient: PersonId
    at: datetime
    act: Act
    ingredients: frozenset[str]


async def prescribed(conn: AsyncConnection, decisions: Collection[DecisionId]) -> Mapping[DecisionId, DoseChange]:
    """What was prescribed by these decisions; a decision by which nothing was is absent."""
    if not decisions:
        return {}
    rows = await conn.execute(
        select(prescription.c.decision_id, prescription.c.order_id).where(prescription.c.decision_id.in_(decisions))
    )
    of = {row.order_id: DecisionId(row.decision_id) for row in rows}
    orders = await _of_ids(conn, of)
    return {of[change.order.id]: change for change in await _changes(conn, orders)}


async def ended(conn: AsyncConnection, asked: Collection[Ended]) -> Mapping[DecisionId, DoseChange]:
    """What was held or stopped by these decisions: the order of that patient, act, moment and medicine."""
    if not asked:
        return {}
    orders = await medications.matching(
        conn,
        medication_order.c.patient_id.in_({one.patient for one in asked}),
        medication_order.c.written_at.in_({one.at for one in asked}),
        medication_order.c.act.in_({one.act.value for one in asked}),
    )
    changes = await _changes(conn, orders)
    found: dict[DecisionId, DoseChange] = {}
    for one in asked:
        alike = [change for change in changes if _is_of(change.order, one)]
        if len(alike) == 1:
            found[one.decision] = alike[0]
    return found


_IN_MG = medication_order.c.unit == literal_column(f"'{Unit.MG.value}'")  # as the index says it
_WARNED = literal_column("""answers @> '[{"severity": "warning"}]'""", Boolean())  # as the index says it


async def warned(conn: AsyncConnection, since: datetime, until: datetime, most: int) -> tuple[DecisionId, ...]:
    """Decisions by which something was signed over a warning from `since` until then, newest first, at most so many."""
    written = medication_order.c.written_at
    rows = await conn.scalars(
        select(prescription.c.decision_id)
        .join(medication_order, medication_order.c.id == prescription.c.order_id)
        .where(_WARNED, written >= since, written < until)
        .order_by(written.desc())
        .limit(most)
    )
    return tuple(DecisionId(one) for one in rows)


def dosed(
    least: Decimal | None, most: Decimal | None, since: datetime | None, until: datetime | None
) -> Select[tuple[UUID]]:
    """The decisions by which from `least` to `most` mg a day were prescribed in the period; None leaves an end open.

    A query for another one to stand on. What is not measured in mg has no place between two of these and is left out.
    """
    total, written = medication_order.c.daily_total, medication_order.c.written_at
    wanted = [
        None if least is None else total >= least,
        None if most is None else total <= most,
        None if since is None else written >= since,
        None if until is None else written < until,
    ]
    return (
        select(prescription.c.decision_id)
        .join(medication_order, medication_order.c.id == prescription.c.order_id)
        .where(_IN_MG, *(one for one in wanted if one is not None))
    )


def _is_of(order: Order, asked: Ended) -> bool:
    same = (order.patient, order.written_at, order.act) == (asked.patient, asked.at, asked.act)
    return same and (not asked.ingredients or asked.ingredients == frozenset(order.ingredients))


async def _changes(conn: AsyncConnection, orders: Collection[Order]) -> tuple[DoseChange, ...]:
    before = {one.id: one for one in await _of_ids(conn, [one.replaces for one in orders if one.replaces])}
    return tuple(DoseChange(one, before.get(one.replaces) if one.replaces else None) for one in orders)


async def _of_ids(conn: AsyncConnection, orders: Collection[OrderId]) -> tuple[Order, ...]:
    return await medications.matching(conn, any_of(medication_order.c.id, orders)) if orders else ()
