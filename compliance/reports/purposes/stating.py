"""Stating a purpose: an entry of the sealed log, its words beside it as typed text; and whether one was stated.

That the log itself answers keeps one memory of it: what is not in the log was not stated.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.entries import AuditEntry, EntryOutcome
from compliance.audit.typed_text import store
from compliance.audit.typed_text.texts import key, salted
from compliance.prescribing.decisions import StoredDecision
from compliance.reports.purposes.pack import Purpose
from compliance.shared.tables import audit_content, audit_entry
from compliance.shared.vocabulary import Action

WORDS: Final = "purpose"
"""The name of the field that says in words what is looked for."""

_CODE: Final = "purpose"
LEAST_WORDS: Final = 10
"""Characters: fewer say nothing to who audits the officer."""


@dataclass(frozen=True, slots=True)
class StatedPurpose:
    """A purpose that was stated: its code, its words (None: erased), when, and the entry that says so."""

    code: str
    words: str | None
    at: datetime
    entry_id: int


async def state(
    conn: AsyncConnection,
    *,
    reader: UUID,
    role: str,
    rule: str,
    of: StoredDecision,
    purpose: Purpose,
    words: str,
    now: datetime,
) -> int:
    """Write down who reads what was written for a decision, and why; gives the entry's number."""
    typed = salted(words)
    entry_id = await audit.append(
        conn,
        AuditEntry(
            actor_id=reader,
            actor_role=role,
            action=Action.LOG_READ_TEXTS.value,
            outcome=EntryOutcome.ALLOWED,
            rule=rule,
            subject_type="decision",
            subject_id=of.id,
            patient_id=of.patient_id,
            visit_id=of.encounter_id,
            occurred_at=now,
            details={_CODE: purpose.id, key(WORDS): typed.digest},
        ),
    )
    await store.write(conn, entry_id, WORDS, typed)
    return entry_id


async def stated(conn: AsyncConnection, reader: UUID, of: StoredDecision, since: datetime) -> StatedPurpose | None:
    """The newest purpose that the reader stated for this decision since then; None when there is none."""
    row = (
        await conn.execute(
            select(audit_entry.c.id, audit_entry.c.occurred_at, audit_content.c.content)
            .outerjoin(audit_content, audit_content.c.entry_id == audit_entry.c.id)
            .where(
                audit_entry.c.patient_id == of.patient_id,
                audit_entry.c.occurred_at >= since,
                audit_entry.c.action == Action.LOG_READ_TEXTS.value,
                audit_entry.c.outcome == EntryOutcome.ALLOWED.value,
                audit_entry.c.actor_id == reader,
                audit_entry.c.subject_id == str(of.id),
            )
            .order_by(audit_entry.c.occurred_at.desc(), audit_entry.c.id.desc())
            .limit(1)
        )
    ).first()
    if row is None:
        return None
    words = await store.read(conn, row.id, WORDS)
    return StatedPurpose((row.content or {}).get(_CODE, ""), words, row.occurred_at, row.id)
