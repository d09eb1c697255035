"""One page of a table of the log, by key: (time, entry number), newest first; or by a column before these.

What is asked for is given as `branches`: lists of conditions, of which each row fulfills one at most, so that each can
be read in the order of an index of its own; `report_values.Filter` makes them. A page then costs a few rows of each,
wherever it lies.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Column, ColumnElement, Select, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.reports.officer_list.cursor import Cursor, PageDirection
from compliance.reports.officer_list.order import NEWEST, SortOrder
from compliance.shared.tables import audit_leaf

T = TypeVar("T")
Branches = Sequence[Sequence[ColumnElement[bool]]]

ROWS_PER_PAGE: Final = 10


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """Rows of a list, in its order, and where the pages beside it begin; None where there is none.

    A page beyond the end is empty and has its way back.
    """

    rows: tuple[T, ...]
    newer: Cursor | None
    older: Cursor | None


@dataclass(frozen=True, slots=True)
class OfficerList(Generic[T]):
    """A table as a list: the columns of a row, its key within them, and what is made of one."""

    columns: Sequence[Column[Any]]
    at: Column[Any]
    entry: Column[Any]
    row: Callable[[Mapping[str, Any]], T]

    async def page(
        self,
        conn: AsyncConnection,
        branches: Branches,
        cursor: Cursor | None,
        per_page: int = ROWS_PER_PAGE,
        order: SortOrder = NEWEST,
    ) -> ListPage[T]:
        """The rows beside `cursor` that match; the first ones without it."""
        statement = self.statement(branches, cursor, per_page + 1, order)
        found = [dict(row._mapping) for row in await conn.execute(statement)]
        more, shown = len(found) > per_page, found[:per_page]
        back = cursor is not None and cursor.direction is PageDirection.NEWER
        if back:
            shown.reverse()
        beside = (cursor, cursor) if not shown else (self._key(shown[0], order), self._key(shown[-1], order))
        newer = more if back else cursor is not None
        older = cursor is not None if back else more
        return ListPage(
            tuple(self.row(one) for one in shown),
            replace(beside[0], direction=PageDirection.NEWER) if newer and beside[0] else None,
            replace(beside[1], direction=PageDirection.OLDER) if older and beside[1] else None,
        )

    def statement(
        self, branches: Branches, cursor: Cursor | None, limit: int, order: SortOrder = NEWEST
    ) -> Select[Any]:
        """At most `limit` rows with their place in the tree, from the cursor on: its nearest comes first."""
        parts = [self._part(clauses, cursor, limit, order) for clauses in branches]
        if len(parts) == 1:
            near = parts[0].subquery("near")
        else:
            every = union_all(*(select(part.subquery()) for part in parts)).subquery("every")
            near = select(every).order_by(*self._order(every.c, cursor, order)).limit(limit).subquery("near")
        return (
            select(near, audit_leaf.c.leaf_index)
            .outerjoin_from(near, audit_leaf, audit_leaf.c.entry_id == near.c[self.entry.name])
            .order_by(*self._order(near.c, cursor, order))
        )

    def _part(
        self, clauses: Sequence[ColumnElement[bool]], cursor: Cursor | None, limit: int, order: SortOrder
    ) -> Select[Any]:
        listed = select(*self.columns).where(*clauses)
        if cursor is not None:
            beside: list[Any] = [cursor.at, cursor.entry]
            if order.column is not None:
                beside.insert(0, cursor.value if order.has_word else self._of_entry(order.column, cursor))
            key, found = tuple_(*self._columns(self.at.table.c, order)), tuple_(*beside)
            listed = listed.where(key > found if _upward(cursor, order) else key < found)
        return listed.order_by(*self._order(self.at.table.c, cursor, order)).limit(limit)

    def _of_entry(self, column: Column[Any], cursor: Cursor) -> ColumnElement[Any]:
        """What the column says in the row that the cursor stands beside; NULL, and so an empty page, without one."""
        beside = self.at.table.alias("beside").c
        return select(beside[column.name]).where(beside[self.entry.name] == cursor.entry).scalar_subquery()

    def _columns(self, columns: Any, order: SortOrder) -> list[ColumnElement[Any]]:
        first = () if order.column is None else (order.column.name,)
        return [columns[name] for name in (*first, self.at.name, self.entry.name)]

    def _order(self, columns: Any, cursor: Cursor | None, order: SortOrder) -> list[ColumnElement[Any]]:
        upward = _upward(cursor, order)
        return [one.asc() if upward else one.desc() for one in self._columns(columns, order)]

    def _key(self, row: Mapping[str, Any], order: SortOrder) -> Cursor:
        value = row[order.column.name] if order.column is not None and order.has_word else ""
        return Cursor(PageDirection.OLDER, row[self.at.name], row[self.entry.name], value)


def _upward(cursor: Cursor | None, order: SortOrder) -> bool:
    """Whether rows are read from the lowest key on: a list that ascends, or the page before one that does not."""
    back = cursor is not None and cursor.direction is PageDirection.NEWER
    return order.ascending != back
