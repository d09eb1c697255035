"""Rows as raw SQL writes them around the code, by whichever login: from nothing, or copies of what stands there."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.server.gate.judge import NIL

Json = Mapping[str, Any]
# What a forged attendance or check-in says of its times; the database has a clock of its own.
COLUMNS = (
    "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns WHERE table_name = :table"
    " AND is_generated = 'NEVER' AND is_identity = 'NO'"
)
ENTRY = (
    "INSERT INTO audit_entry (occurred_at, actor_role, action, outcome, rule, subject_type, content_digest)"
    " VALUES (now(), 'prescriber', 'prescribing.decide', 'allowed', 'forged', 'decision',"
    " decode(repeat('00', 32), 'hex')) RETURNING id"
)


async def write(conn: AsyncConnection, table: str, values: Json) -> UUID:
    """One row from nothing; columns that are not named are NULL. Gives its id, which is a new one if none is named."""
    made = {"id": uuid4(), **values}
    columns = (await conn.execute(text(COLUMNS), {"table": table})).scalar_one()
    statement = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, :row)"
    await conn.execute(text(statement.replace(":row", "CAST(:row AS jsonb)")), {"row": json.dumps(made, default=str)})
    return UUID(str(made["id"]))


async def read(conn: AsyncConnection, table: str, id: UUID) -> dict[str, Any]:
    """A row as JSON says it."""
    found = await conn.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t WHERE id = :id"), {"id": id})
    return dict(json.loads(found.scalar_one()))


async def copy(conn: AsyncConnection, table: str, of: UUID, **changes: Any) -> UUID:
    """A row again, under an id of its own, with changes."""
    return await write(conn, table, {**await read(conn, table, of), "id": uuid4(), **changes})


async def attendance(conn: AsyncConnection, visit: Json, prescriber: object, replaces: object = None) -> UUID:
    return await write(
        conn,
        "attendance",
        {
            "visit_id": visit["id"],
            "patient_id": visit["patient_id"],
            "modality": visit["modality"],
            "prescriber_id": prescriber,
            "replaces": replaces,
            **_times("began_at", "recorded_at"),
        },
    )


async def check_in(
    conn: AsyncConnection, visit: Json, prescriber: object, site: object, stated_by: object, **changes: Any
) -> UUID:
    """A check-in; with `confirmed=False` in `changes` without the patient's word."""
    confirmed = changes.pop("confirmed", True)
    values = {
        "visit_id": visit["id"],
        "patient_id": visit["patient_id"],
        "modality": visit["modality"],
        "prescriber_id": prescriber,
        "site_id": site,
        "stated_by": stated_by,
        **_times("stated_at", "recorded_at", "valid_until"),
    }
    made = await write(conn, "check_in", {**values, **changes})
    if confirmed:
        await confirmation(conn, made)
    return made


async def confirmation(conn: AsyncConnection, check_in: object) -> None:
    statement = "INSERT INTO check_in_confirmation VALUES (:of, now(), now())"
    await conn.execute(text(statement), {"of": check_in})


async def decision(conn: AsyncConnection, of: UUID, **changes: Any) -> UUID:
    """A decision like another one, made now, with an audit entry of its own."""
    entry = (await conn.execute(text(ENTRY))).scalar_one()
    now = datetime.now(UTC)
    until = (await read(conn, "decision", of))["valid_until"]
    return await copy(
        conn, "decision", of, **{"audit_entry_id": entry, "decided_at": now, "valid_until": until, **changes}
    )


async def order(conn: AsyncConnection, of: UUID, **changes: Any) -> UUID:
    """An order like another one, current in a chain of its own."""
    made = uuid4()
    await copy(conn, "medication_order", of, id=made, chain_id=made, act="started", replaces=None, **changes)
    pointer = "INSERT INTO medication_current SELECT id, patient_id, id, now() FROM medication_order WHERE id = :id"
    await conn.execute(text(pointer), {"id": made})
    return made


async def follow(conn: AsyncConnection, of: UUID, **changes: Any) -> UUID:
    """An order that replaces another one in its chain, and is current from now on."""
    made = await copy(conn, "medication_order", of, replaces=of, **changes)
    pointer = "UPDATE medication_current SET order_id = :id WHERE order_id = :of"
    await conn.execute(text(pointer), {"id": made, "of": of})
    return made


async def prescription(conn: AsyncConnection, of: UUID, order: UUID, decision: UUID, **changes: Any) -> UUID:
    """A prescription for the order that says of its decision what stands there; all that is deferred is looked at."""
    of_decision, of_order = await read(conn, "decision", decision), await read(conn, "medication_order", order)
    said = {name: of_decision[name] for name in SAID} | {name: of_order[name] for name in ("days_supply", "refills")}
    named = {"decision_outcome": of_decision["outcome"], "decision_action": of_decision["action"]}
    values = {**said, **named, "order_id": order, "decision_id": decision, "written_at": datetime.now(UTC), **changes}
    made = await copy(conn, "prescription", of, **values)
    await conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    return made


SAID = (
    "encounter_id",
    "modality",
    "schedule",
    "patient_id",
    "prescriber_id",
    "product",
    "valid_until",
    "audit_entry_id",
    "attendance_id",
    "check_in_id",
)


async def forged(conn: AsyncConnection, of: UUID, decided: Json, ordered: Json, **prescribed: Any) -> UUID:
    """Decision, order and prescription like those of a prescription `of`, each with changes: gives the prescription."""
    base = await read(conn, "prescription", of)
    made = await decision(conn, UUID(base["decision_id"]), **{"action": "new", **decided})
    written = await order(conn, UUID(base["order_id"]), **ordered)
    return await prescription(conn, of, written, made, **prescribed)


def _times(*names: str) -> dict[str, datetime]:
    return dict.fromkeys(names, datetime.now(UTC))


__all__ = ["NIL", "attendance", "check_in", "confirmation", "copy", "decision", "forged", "order", "prescription"]
