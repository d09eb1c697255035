"""What the verification asks: whether the counter is behind, and whether the log tells of each of its epochs."""

from sqlalchemy import Text, cast, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.epochs.continuing import ACTION
from compliance.audit.epochs.counter import BEHIND, read_counter
from compliance.audit.findings import FindingCode, Findings
from compliance.audit.pages import all_rows
from compliance.shared.tables import audit_entry, log_epoch


async def counter_is_behind(conn: AsyncConnection) -> bool:
    """Whether the database was restored without its counter; not when that cannot be read, which others name."""
    counter = await read_counter(conn)
    return counter is not None and counter.behind


async def check_epochs(conn: AsyncConnection, found: Findings) -> None:
    """Name a counter that is behind, and each epoch without its entry. What cannot be read is named by who reads it."""
    if await counter_is_behind(conn):
        found.add(FindingCode.COUNTER_BEHIND, BEHIND)
    told = exists().where(
        audit_entry.c.epoch == log_epoch.c.number,
        audit_entry.c.action == ACTION,
        audit_entry.c.subject_id == cast(log_epoch.c.number, Text),
    )
    for row in await all_rows(conn, select(log_epoch.c.number).where(log_epoch.c.number > 0, ~told)) or ():
        found.add(FindingCode.EPOCH_UNEXPLAINED, f"Epoch {row[0]} of the log was begun without an entry that says so.")
