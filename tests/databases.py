"""Engines of the tests' databases, kept for as long as the tests run.

SQLAlchemy compiles a statement once for an engine, and learns of the server when an engine first connects: an engine
for each test would do both again and again. These have no pool, so they hold no connection and belong to no loop.
"""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.platform import database

_free: list[str] = []


@cache
def store(url: str) -> AsyncEngine:
    """The engine of a login at a database."""
    return database.one_shot_engine(url)


@asynccontextmanager
async def rolled_back(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that leaves nothing behind."""
    async with store(url).connect() as connection:
        transaction = await connection.begin()
        yield connection
        if transaction.is_active:
            await transaction.rollback()


@contextmanager
def a_name() -> Iterator[str]:
    """A name for a database that is made and dropped within; given again to the next one, whose engines are kept."""
    chosen = _free.pop() if _free else f"titrate_test_{secrets.token_hex(6)}"
    yield chosen
    _free.append(chosen)
