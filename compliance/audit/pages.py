"""Reading tables of the log by short pages, whatever state they are in. A row that cannot be read is named, not raised.

Each page is a statement of its own, so that no long snapshot holds anything up; a savepoint keeps a failing one from
ending the transaction. A failing page is halved until the unreadable rows are found.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.engine import Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

PAGE_ROWS: Final = 500

# Not damage but circumstance: connection, state of the transaction, rollback, resources, operator, missing right.
_NOT_DAMAGE: Final = ("08", "25", "40", "53", "57", "42501")
_NO_SUCH_THING: Final = "42"

# Rows of any columns: the verification casts every value to text and checks it itself.
AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row whose key is known and whose values cannot be read."""

    key: Any  # the type of the key column, which differs by table


@dataclass(frozen=True, slots=True)
class UnreadableTable:
    """A table, or its key, that cannot be read at all."""

    name: str


ReadRow = AnyRow | UnreadableRow | UnreadableTable


async def pages(
    conn: AsyncConnection,
    key: ColumnElement[Any],
    rows: AnySelect,
    *,
    page_rows: int = PAGE_ROWS,
    after: Any = None,
    upto: Any = None,
) -> AsyncIterator[Sequence[ReadRow]]:
    """The rows of a statement in the order of `key`, a unique column that the statement may restrict.

    Only those whose key lies behind `after` and not behind `upto`, where these are given. A table that cannot be read
    is said once, and ends it. Raises ``DBAPIError`` only for circumstances: a lost connection, a missing right, a
    timeout.
    """
    name = str(getattr(key, "table", "a table"))
    keys = select(key).order_by(key).limit(page_rows)
    if upto is not None:
        keys = keys.where(key <= upto)
    while True:
        found = await _attempt(conn, keys if after is None else keys.where(key > after))
        if isinstance(found, _Failure):
            yield [UnreadableTable(name)]
            return
        if not found:
            return
        after = found[-1][0]
        page = await _read(conn, key, rows.order_by(key), [row[0] for row in found], name)
        yield page
        if any(isinstance(one, UnreadableTable) for one in page):
            return


async def _read(
    conn: AsyncConnection, key: ColumnElement[Any], rows: AnySelect, keys: Sequence[Any], name: str
) -> list[ReadRow]:
    found = await _attempt(conn, rows.where(key.between(keys[0], keys[-1])))
    if not isinstance(found, _Failure):
        return list(found)
    if found.no_such_thing:
        return [UnreadableTable(name)]
    if len(keys) == 1:
        return [UnreadableRow(keys[0])]
    middle = len(keys) // 2
    return [
        *await _read(conn, key, rows, keys[:middle], name),
        *await _read(conn, key, rows, keys[middle:], name),
    ]


@dataclass(frozen=True, slots=True)
class _Failure:
    no_such_thing: bool


async def _attempt(conn: AsyncConnection, statement: AnySelect) -> Sequence[AnyRow] | _Failure:
    try:
        async with conn.begin_nested():
            rows: Sequence[AnyRow] = (await conn.execute(statement)).all()
            return rows
    except DBAPIError as error:
        if not is_damage(error):
            raise
        return _Failure(_state(error).startswith(_NO_SUCH_THING))
    except (ValueError, OverflowError):  # the driver could not turn a damaged value into Python
        return _Failure(no_such_thing=False)


def is_damage(error: DBAPIError) -> bool:
    """Whether what could not be read is damaged; else it is circumstances, and the caller raises it."""
    return not error.connection_invalidated and not _state(error).startswith(_NOT_DAMAGE)


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


async def single(conn: AsyncConnection, statement: AnySelect) -> AnyRow | None:
    """The first row of a statement; None when there is none or it cannot be read."""
    found = await _attempt(conn, statement.limit(1))
    return None if isinstance(found, _Failure) or not found else found[0]


async def all_rows(conn: AsyncConnection, statement: AnySelect) -> Sequence[AnyRow] | None:
    """All rows of a statement; None when it cannot be read as a whole."""
    found = await _attempt(conn, statement)
    return None if isinstance(found, _Failure) else found


async def every(conn: AsyncConnection, statement: AnySelect) -> Sequence[AnyRow]:
    """All rows of a statement that gives few; none when they cannot be read."""
    found = await _attempt(conn, statement)
    return () if isinstance(found, _Failure) else found
