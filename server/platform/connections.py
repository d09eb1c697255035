"""Connections of a pool: whether one still stands when it is taken, and statements that need no transaction.

SQLAlchemy's own way asks PostgreSQL before each use, in a transaction of its own: three turns for nothing. A connection
that the server has closed is known here without asking, and one that has lain idle is asked, as whatever stands between
may have forgotten it.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

ASKED_AFTER_S: Final = 20.0
_GIVEN_BACK: Final = "given_back_at"


def look_before_use(engine: AsyncEngine) -> None:
    """Hand out no connection that does not stand any more: all are made anew then."""
    event.listen(engine.sync_engine, "checkout", _look)
    event.listen(engine.sync_engine, "checkin", _note)


# Any: the driver's connection as SQLAlchemy adapts it, which ships no type for it.
def _look(adapted: Any, entry: ConnectionPoolEntry, _: object) -> None:
    if adapted.driver_connection.is_closed():
        raise InvalidatePoolError
    given_back = entry.info.get(_GIVEN_BACK)
    if given_back is not None and time.monotonic() - given_back > ASKED_AFTER_S:
        try:
            adapted.ping()
        except adapted.dbapi.Error as error:
            raise InvalidatePoolError from error


def _note(_: object, entry: ConnectionPoolEntry) -> None:
    entry.info[_GIVEN_BACK] = time.monotonic()


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection whose statements stand alone, without `BEGIN` and `ROLLBACK` around them."""
    async with engine.connect() as conn:
        yield await conn.execution_options(isolation_level="AUTOCOMMIT")
