"""Everything that is wrong with the log's pace, from the database and from what the worker last said."""

from collections.abc import Mapping
from datetime import datetime

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import pace
from compliance.audit.lateness import LATE_S
from compliance.audit.pace import Fault
from server.audit.health import beat as beats


async def faults(conn: AsyncConnection, redis: Redis, now: datetime, *, late_s: float = LATE_S) -> Mapping[Fault, str]:
    """Each fault with a sentence that says what to look at; empty: the log keeps up. `now` is aware, UTC."""
    beat = await beats.last(redis)
    found: dict[Fault, str] = {}
    if beat is None or (now - beat.at).total_seconds() > late_s:
        found[Fault.WORKER_SILENT] = "The worker is not responding, so nothing is sealed. Start titrate worker."
    elif beat.trouble is not None:
        found[Fault.WORKER_REFUSES] = beat.trouble
    known = await pace.read(conn, None if beat is None else beat.outside)
    return found | known.faults(late_s)
