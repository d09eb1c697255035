"""A database that was restored without its transaction counter: nothing runs on it until an operator has said so."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.epochs.check import counter_is_behind
from compliance.audit.epochs.continuing import continue_log
from server.operations.audit import VerifiedLog
from server.platform import database

RESTORED = (
    "The database was restored without its transaction counter: run titrate audit verify, and then titrate audit "
    "continue (docs/operations.md, Backup)."
)


async def refuse_counter_behind(conn: AsyncConnection) -> None:
    """Raise ``DatabaseError`` when what is written here could not be sealed."""
    if await counter_is_behind(conn):
        raise database.DatabaseError(RESTORED)


async def refuse_before_writing(owner_url: str) -> None:
    """As `refuse_counter_behind`, for a command of the owner's that writes entries."""
    store = database.one_shot_engine(owner_url)
    try:
        async with store.connect() as conn:
            await database.assume_owner(conn)
            await refuse_counter_behind(conn)
    finally:
        await store.dispose()


async def continue_command(owner_url: str, now: datetime, reason: str | None) -> VerifiedLog:
    """Begin another epoch, as the owner. Raises ``DatabaseError``, ``CannotContinue``, ``LogDamaged``."""
    store = database.one_shot_engine(owner_url)
    try:
        await database.reach(store, "DATABASE_OWNER_URL")
        async with store.begin() as conn:
            await database.assume_owner(conn)
            await database.require_current_schema(conn)
            done = await continue_log(conn, now, reason)
    except database.UNREACHABLE as error:
        raise database.DatabaseError(f"The log could not be continued: {type(error).__name__}.") from error
    finally:
        await store.dispose()
    lines = [f"Epoch {done.epoch} of the log begins with entry {done.entry_id}."]
    if done.sealed:
        lines.append(f"{done.sealed} entries from before were sealed in their own epoch.")
    if done.left:
        lines.append(
            f"{done.left} entries were written since the restore and cannot be sealed. titrate audit verify lists them."
        )
    lines.append("Start the worker, and run titrate audit verify after it has sealed them.")
    return VerifiedLog(tuple(lines), 0)
