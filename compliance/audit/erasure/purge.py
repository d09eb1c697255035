"""The owner's purge of one patient's content, with the entry that speaks of it in the same transaction."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.entries import AuditEntry, EntryOutcome
from compliance.audit.erasure.missing import BEFORE, PURGE_ACTION
from compliance.shared.tables import audit_content, audit_entry, audit_text

RULE: Final = "command.audit_purge"


@dataclass(frozen=True, slots=True)
class PurgeScope:
    """Whose content: of all their entries, or of those that happened before a day (UTC)."""

    patient_id: UUID
    before: date | None = None

    def clauses(self) -> list[ColumnElement[bool]]:
        """The conditions on the entries whose content it is. The entries that speak of a purge keep theirs."""
        found = [audit_entry.c.patient_id == self.patient_id, audit_entry.c.action != PURGE_ACTION]
        if self.before is not None:
            found.append(audit_entry.c.occurred_at < datetime.combine(self.before, time(), UTC))
        return found


@dataclass(frozen=True, slots=True)
class Purged:
    """What was erased: of how many entries, and how many texts as typed; `entry_id` is the entry that says so."""

    entries: int
    texts: int
    entry_id: int


async def count(conn: AsyncConnection, wanted: PurgeScope) -> int:
    """How many entries still have content, or a text as typed, that the purge would erase."""
    held = or_(
        select(audit_content.c.entry_id).where(audit_content.c.entry_id == audit_entry.c.id).exists(),
        select(audit_text.c.entry_id).where(audit_text.c.entry_id == audit_entry.c.id).exists(),
    )
    return await conn.scalar(select(func.count()).select_from(audit_entry).where(*wanted.clauses(), held)) or 0


async def purge(conn: AsyncConnection, wanted: PurgeScope, now: datetime) -> Purged:
    """Erase in the caller's transaction, which has assumed the tables' owner: the database refuses everybody else.

    What was written since this transaction began is left: its place in the log is after the entry of this purge.
    """
    entry_id = await audit.append(conn, _entry(wanted, now))
    place = (audit_entry.c.epoch, audit_entry.c.transaction_id)
    own = select(*place).where(audit_entry.c.id == entry_id).subquery()
    earlier = tuple_(*place) < select(own).scalar_subquery()
    chosen = select(audit_entry.c.id).where(*wanted.clauses(), earlier)
    texts = await conn.execute(delete(audit_text).where(audit_text.c.entry_id.in_(chosen)))
    contents = await conn.execute(delete(audit_content).where(audit_content.c.entry_id.in_(chosen)))
    return Purged(contents.rowcount, texts.rowcount, entry_id)


def _entry(wanted: PurgeScope, now: datetime) -> AuditEntry:
    return AuditEntry(
        actor_id=None,
        actor_role="operator",
        action=PURGE_ACTION,
        outcome=EntryOutcome.ALLOWED,
        rule=RULE,
        subject_type="patient",
        subject_id=wanted.patient_id,
        patient_id=wanted.patient_id,
        visit_id=None,
        occurred_at=now,
        details={} if wanted.before is None else {BEFORE: wanted.before.isoformat()},
    )
