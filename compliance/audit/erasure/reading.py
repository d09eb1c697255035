"""Asking a database for the purges that may excuse content which is gone."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.entries import EntryOutcome
from compliance.audit.erasure.missing import BEFORE, PURGE_ACTION, Purge
from compliance.audit.pages import every
from compliance.audit.verification.rows import LeafRow, QuickRow, sealed_of
from compliance.shared.tables import audit_content, audit_entry


async def purges_of(conn: AsyncConnection, patients: Collection[UUID]) -> tuple[Purge, ...]:
    """The purges of these patients, sealed or not: whoever sees that content is gone sees the entry that says so, since
    both are of one transaction. One whose own content is gone says nothing.
    """
    rows = (
        select(
            cast(audit_entry.c.patient_id, Text),
            audit_entry.c.epoch,
            audit_entry.c.transaction_id,
            audit_entry.c.id,
            audit_content.c.content[BEFORE].astext,
        )
        .join(audit_content, audit_content.c.entry_id == audit_entry.c.id)
        .where(
            audit_entry.c.action == PURGE_ACTION,
            audit_entry.c.outcome == EntryOutcome.ALLOWED.value,
            audit_entry.c.patient_id.in_(patients),
        )
    )
    return tuple(Purge(row[0], (row[1], row[2], row[3]), row[4]) for row in await every(conn, rows))


async def purges_for(conn: AsyncConnection, rows: Iterable[LeafRow | QuickRow]) -> tuple[Purge, ...]:
    """The purges that may excuse what is gone of these entries; asks nothing when nothing is."""
    gone = [sealed_of(row) for row in rows if row.content is None and row.metadata is not None]
    patients = {_uuid(one.patient_id) for one in gone}
    return await purges_of(conn, [one for one in patients if one]) if gone else ()


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
