"""Rows of a prescription as raw SQL writes them around the code: copies of what the use cases wrote, with changes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.presence import attending
from emr.visits import use_cases as visiting
from emr.visits.model import Modality
from tests.emr.medicines import Consultation

NIL = UUID(int=0)
KEY = (
    "decision_id",
    "decision_outcome",
    "decision_action",
    "encounter_id",
    "modality",
    "schedule",
    "patient_id",
    "prescriber_id",
    "product",
    "valid_until",
    "attendance_id",
    "check_in_id",
    "audit_entry_id",
)


async def row(conn: AsyncConnection, table: str, id: UUID) -> Mapping[str, Any]:
    found = await conn.execute(text(f"SELECT * FROM {table} WHERE id = :id"), {"id": id})
    return dict(found.mappings().one())


async def copy(conn: AsyncConnection, table: str, of: UUID, **changes: Any) -> UUID:
    """Write a row again under an id of its own, with changes; what PostgreSQL generates is left to it."""
    values = {"id": uuid4(), **changes}
    asked = (
        "SELECT column_name, udt_name FROM information_schema.columns"
        " WHERE table_name = :table AND is_generated = 'NEVER' AND is_identity = 'NO'"
    )
    columns = {each.column_name: each.udt_name for each in await conn.execute(text(asked), {"table": table})}
    chosen = [f"CAST(:{name} AS {kind})" if name in values else f"t.{name}" for name, kind in columns.items()]
    statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(chosen)} FROM {table} t WHERE t.id = :of"
    await conn.execute(text(statement), {**values, "of": of})
    made: UUID = values["id"]
    return made


async def another_order(conn: AsyncConnection, chain: Mapping[str, Any], **changes: Any) -> UUID:
    """A second order like the first, current in a chain of its own, which still lacks its prescription."""
    made = uuid4()
    await copy(conn, "medication_order", chain["order_id"], id=made, chain_id=made, **changes)
    pointer = "INSERT INTO medication_current VALUES (:id, :patient, :id, now())"
    await conn.execute(text(pointer), {"id": made, "patient": changes.get("patient_id", chain["patient_id"])})
    return made


async def another_decision(conn: AsyncConnection, chain: Mapping[str, Any], **changes: Any) -> UUID:
    """A second decision like the first, with an audit entry of its own. One that blocks rests on nothing."""
    if changes.get("outcome") == "block":
        changes = {"attendance_id": NIL, "check_in_id": NIL} | changes
    entry = (
        "INSERT INTO audit_entry (occurred_at, actor_role, action, outcome, rule, subject_type, content_digest)"
        " SELECT now(), actor_role, action, outcome, rule, subject_type, content_digest"
        " FROM audit_entry WHERE id = :id RETURNING id"
    )
    entry_id = (await conn.execute(text(entry), {"id": chain["audit_entry_id"]})).scalar_one()
    return await copy(conn, "decision", chain["decision_id"], audit_entry_id=entry_id, **changes)


async def prescribe(
    conn: AsyncConnection, chain: Mapping[str, Any], order: UUID, decision: UUID, **changes: Any
) -> None:
    """A prescription for the order under the decision, all constraints looked at."""
    entry = (await conn.execute(text("SELECT audit_entry_id FROM decision WHERE id = :id"), {"id": decision})).scalar()
    wanted = {"order_id": order, "decision_id": decision, "audit_entry_id": entry or chain["audit_entry_id"], **changes}
    await copy(conn, "prescription", chain["id"], **wanted)
    await conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def seen_in_person(visit: Consultation, *, check_in: bool = True) -> dict[str, Any]:
    """Ada meets Drew in person instead, checked in unless said otherwise: what a decision of that visit rests on."""
    clinic = visit.clinic
    await visiting.end(clinic.context(clinic.drew, visit.now), visit.visit.id, clinic.ada)
    meeting = await clinic.book(start=visit.now, modality=Modality.IN_PERSON)
    stated = await clinic.check_in(meeting, visit.now) if check_in else None
    await clinic.hold(meeting, end=False)
    attended = await attending.attending(clinic.conn, meeting.id)
    assert attended is not None
    return {
        "modality": "in_person",
        "encounter_id": meeting.id,
        "attendance_id": attended.id,
        "check_in_id": stated.id if stated else NIL,
    }


async def complaint(conn: AsyncConnection, statement: str) -> str:
    """What the database says to a statement; the transaction goes on."""
    nested = await conn.begin_nested()
    with pytest.raises(DBAPIError) as refused:
        await conn.execute(text(statement))
    await nested.rollback()
    return str(refused.value.orig)
