"""Which values a column holds, read from one to the next in its index: a few rows, however long the table is."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def values(conn: AsyncConnection, column: ColumnElement[Any]) -> tuple[str, ...]:
    """Every value of the column (or indexed expression), but NULL, in the index's order."""
    first = select(column.label("value")).where(column.is_not(None)).order_by(column).limit(1)
    seen = select(first.subquery().c.value).cte("seen", recursive=True)
    after = select(column).where(column > seen.c.value).order_by(column).limit(1).scalar_subquery()
    every = seen.union_all(select(after).where(seen.c.value.is_not(None)))
    return tuple(await conn.scalars(select(every.c.value).where(every.c.value.is_not(None))))
