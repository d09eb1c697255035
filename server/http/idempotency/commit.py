"""A transaction that tells a commit which was refused from one of which nobody knows.

When the connection is lost between COMMIT and its answer, the change may stand or not. PostgreSQL goes on with a
COMMIT it has read, whatever becomes of the line.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

# Classes of SQLSTATE by which PostgreSQL says that it did not commit: data, integrity, what a trigger raises,
# serialization, a view's check, PL/pgSQL.
_REFUSED = frozenset({"22", "23", "27", "40", "44", "P0"})


class OutcomeUnknown(Exception):
    """The database was asked to commit and did not answer: what was asked for may have happened."""


@asynccontextmanager
async def transaction(database: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Commits when the block ends well. Raises ``OutcomeUnknown`` when nobody can say whether it did."""
    async with database.connect() as conn, conn.begin() as opened:
        yield conn
        try:
            await opened.commit()
        except (DBAPIError, OSError) as error:
            if _was_refused(error):
                raise
            raise OutcomeUnknown from error


def _was_refused(error: BaseException) -> bool:
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(state, str) and state[:2] in _REFUSED
