"""Who is in a call right now, as the media processes say."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.presence import queries as presence_records
from emr.shared.ids import PersonId
from server.application.context import AppContext


async def in_a_call(
    app_context: AppContext, conn: AsyncConnection, people: Collection[PersonId]
) -> frozenset[PersonId]:
    """Those of ``people`` who are in the call of any visit in progress, or left it seconds ago and may be back."""
    here: set[str] = set()
    for visit in await presence_records.in_progress_with(conn, people):
        here |= {one.participant for one in await app_context.bus.presence(visit.room)}
    return frozenset(one for one in people if str(one) in here)
