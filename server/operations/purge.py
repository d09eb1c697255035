"""``titrate audit purge``: the owner erases the content of one patient's entries, and the log says so."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import text

from compliance.audit.erasure.purge import PurgeScope as WantedPurge
from compliance.audit.erasure.purge import count, purge
from server.audit import epochs
from server.operations.audit import VerifiedLog
from server.platform import database
from server.platform.settings import SettingError, Settings

__all__ = ["WantedPurge", "purge_command"]


async def purge_command(settings: Settings, wanted: WantedPurge, agreed: Callable[[int], None]) -> VerifiedLog:
    """Erase after `agreed` was told how many entries it is; what it raises ends the command with nothing erased.

    Raises ``SettingError`` without the owner's address or for an id that is no patient's, ``DatabaseError`` for a login
    that may not assume the owner, or a database that was restored without its transaction counter.
    """
    if not settings.database_owner_url:
        raise SettingError("DATABASE_OWNER_URL is not set. `titrate audit purge` needs the owner's login.")
    engine = database.one_shot_engine(settings.database_owner_url)
    try:
        await database.reach(engine, "DATABASE_OWNER_URL")
        async with engine.begin() as conn:
            await database.assume_owner(conn)
            await database.refuse_older_schema(conn)
            await epochs.refuse_counter_behind(conn)
            known = text("SELECT EXISTS (SELECT FROM patient WHERE person_id = :id)")
            if not await conn.scalar(known, {"id": wanted.patient_id}):
                raise SettingError("No patient has this id. Nothing was erased.")
            entries = await count(conn, wanted)
        if not entries:
            return VerifiedLog(("Nothing of this patient's is left to erase.",), 0)
        agreed(entries)
        async with engine.begin() as conn:
            await database.assume_owner(conn)
            done = await purge(conn, wanted, datetime.now(UTC))
    finally:
        await engine.dispose()
    erased = f"the content of {done.entries} entries and {done.texts} typed texts"
    return VerifiedLog((f"Erased: {erased}. Entry {done.entry_id} of the log says so.",), 0)
