"""The entry with which coverage begins: how many rows of each kind were there before."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.coverage import spoken_of
from compliance.audit.coverage.reader import RecordReader
from compliance.audit.coverage.values import COVER_ACTION
from compliance.audit.entries import AuditEntry, EntryOutcome


async def begin(conn: AsyncConnection, reader: RecordReader, now: datetime) -> bool:
    """Count the rows of each kind and write it down, once in the life of a log. False: it was there already.

    What is added later without an entry makes them more than that.
    """
    if await spoken_of.beginning(conn) is not None:
        return False
    counts = {kind: await reader.count(conn, kind) for kind in reader.kinds}
    await audit.append(
        conn,
        AuditEntry(
            actor_id=None,
            actor_role="operator",
            action=COVER_ACTION,
            outcome=EntryOutcome.ALLOWED,
            rule="command.migrate",
            subject_type="record",
            subject_id=None,
            patient_id=None,
            visit_id=None,
            occurred_at=now,
            details={kind: str(count) for kind, count in counts.items() if count},
        ),
    )
    return True
