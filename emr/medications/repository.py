"""Medicine orders and prescriptions as rows. Orders are only ever added; the pointer to the current one moves on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, bindparam, exists, func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.medications.clearance import NOTHING, Clearance
from emr.medications.model import ChainId, Order
from emr.medications.order_rows import ORDERS, order_of, row_of
from emr.medications.tables import medication_current, medication_order, prescription
from emr.shared.ids import CheckInId, DecisionId, OrderId, PersonId, PrescriptionId
from emr.shared.together import any_named, once

# Statements that are made once, and given their values.
_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("list", type_=Text), 0)))
_MOVE = (
    update(medication_current)
    .where(medication_current.c.chain_id == bindparam("chain"), medication_current.c.order_id == bindparam("before"))
    .values(order_id=bindparam("now"), changed_at=bindparam("at"))
)
_USED = select(exists().where(prescription.c.decision_id == bindparam("decision")))
_CONTROLLED = select(
    prescription.c.order_id, prescription.c.decision_id, prescription.c.schedule, prescription.c.check_in_id
).where(prescription.c.schedule != "none")
_OF_ORDERS = _CONTROLLED.where(any_named(prescription.c.order_id, "orders_prescribed"))
_OF_PATIENT = _CONTROLLED.where(prescription.c.patient_id == bindparam("patient_prescribed"))


async def lock_list(conn: AsyncConnection, patient: PersonId) -> None:
    """Waits until nobody else is changing this patient's list; held until the transaction ends.

    What is checked before signing is the whole list, so two people must not change it at once even in different lines.
    """
    await conn.execute(_LOCK, {"list": f"medicines:{patient}"})


async def add(conn: AsyncConnection, order: Order) -> None:
    """Writes an order and moves its chain's pointer to it."""
    await conn.execute(insert(medication_order), row_of(order))
    if order.replaces is None:
        first = {"chain_id": order.chain, "patient_id": order.patient, "order_id": order.id}
        await conn.execute(insert(medication_current), {**first, "changed_at": order.written_at})
        return
    values = {"chain": order.chain, "before": order.replaces, "now": order.id, "at": order.written_at}
    moved = await conn.execute(_MOVE, values)
    if moved.rowcount != 1:  # the caller holds the list's lock and has looked
        raise RuntimeError("the order to be replaced is no longer the current one")


async def add_prescription(
    conn: AsyncConnection, id: PrescriptionId, order: Order, clearance: Clearance, now: datetime
) -> None:
    """Writes the prescription beneath an order. The database compares it with the decision."""
    await conn.execute(
        insert(prescription),
        {
            "id": id,
            "order_id": order.id,
            "decision_id": clearance.decision_id,
            "decision_outcome": clearance.outcome,
            "decision_action": clearance.action,
            "encounter_id": clearance.encounter_id,
            "modality": clearance.modality,
            "schedule": clearance.schedule,
            "patient_id": clearance.patient_id,
            "prescriber_id": clearance.prescriber_id,
            "product": clearance.product,
            "valid_until": clearance.valid_until,
            "audit_entry_id": clearance.audit_entry_id,
            "attendance_id": clearance.attendance_id,
            "check_in_id": clearance.check_in_id,
            "days_supply": order.days_supply,
            "refills": order.refills,
            "written_at": now,
            "recorded_at": now,  # the trigger puts the database's own clock in its place
        },
    )


async def decision_used(conn: AsyncConnection, clearance: Clearance) -> bool:
    """Whether a prescription was written by this decision before."""
    return bool(await conn.scalar(_USED, {"decision": clearance.decision_id}))


@dataclass(frozen=True, slots=True)
class Controlled:
    """What a prescription of a controlled substance rests on. `check_in`: None in rows from before there were any."""

    order: OrderId
    decision: DecisionId
    schedule: str
    check_in: CheckInId | None


async def controlled(conn: AsyncConnection, orders: Collection[OrderId]) -> Mapping[OrderId, Controlled]:
    """The prescriptions of these orders that are of a controlled substance, by order."""
    return _controlled(await conn.execute(_OF_ORDERS, {"orders_prescribed": list(orders)}))


async def controlled_of(conn: AsyncConnection, patient: PersonId) -> Mapping[OrderId, Controlled]:
    """All that was ever prescribed to a patient of controlled substances, by order."""
    return _controlled(await conn.execute(_OF_PATIENT, {"patient_prescribed": patient}))


# Any: what the columns of a prescription give has no static type.
def _controlled(rows: Iterable[Row[*tuple[Any, ...]]]) -> Mapping[OrderId, Controlled]:
    return {
        OrderId(row.order_id): Controlled(
            OrderId(row.order_id),
            DecisionId(row.decision_id),
            row.schedule,
            None if row.check_in_id == NOTHING else CheckInId(row.check_in_id),
        )
        for row in rows
    }


async def get(conn: AsyncConnection, order: OrderId) -> Order | None:
    """One order, current or not; None when there is none."""
    row = (await conn.execute(ORDERS.where(medication_order.c.id == order))).first()
    return None if row is None else order_of(row)


async def matching(conn: AsyncConnection, *clauses: ColumnElement[bool]) -> tuple[Order, ...]:
    """The orders that fulfill all of these conditions on `medication_order`, in no order."""
    return tuple(order_of(row) for row in await conn.execute(ORDERS.where(*clauses)))


async def current_of(conn: AsyncConnection, chain: ChainId) -> Order | None:
    """The current order of a chain; None when there is no such chain."""
    query = ORDERS.join(medication_current, medication_current.c.order_id == medication_order.c.id).where(
        medication_current.c.chain_id == chain
    )
    row = (await conn.execute(query)).first()
    return None if row is None else order_of(row)


_LISTS = ORDERS.where(any_named(medication_order.c.patient_id, "patients_lists"))


async def chains(conn: AsyncConnection, patients: Collection[PersonId]) -> tuple[tuple[Order, ...], ...]:
    """All that these patients take and took: each chain's orders, oldest first, ending with the current one."""
    rows = await conn.execute(_LISTS, {"patients_lists": list(patients)})
    return once(conn, (chains, tuple(patients)), lambda: _chains(rows))


# Any: see `order_of`.
def _chains(rows: Iterable[Row[*tuple[Any, ...]]]) -> tuple[tuple[Order, ...], ...]:
    orders = [order_of(row) for row in rows]
    after = {order.replaces: order for order in orders if order.replaces is not None}
    firsts = sorted((order for order in orders if order.replaces is None), key=lambda each: each.written_at)
    return tuple(_followed(first, after) for first in firsts)


def _followed(first: Order, after: Mapping[OrderId, Order]) -> tuple[Order, ...]:
    chain = [first]
    while (follower := after.get(chain[-1].id)) is not None:
        chain.append(follower)
    return tuple(chain)


async def prescription_of(conn: AsyncConnection, order: OrderId) -> UUID | None:
    """The decision that an order was prescribed by; None when it prescribed nothing."""
    found: UUID | None = await conn.scalar(select(prescription.c.decision_id).where(prescription.c.order_id == order))
    return found
