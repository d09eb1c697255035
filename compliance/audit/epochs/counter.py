"""Whether the database's transaction counter is where the log left it. After a dump was restored it is not."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.pages import single
from compliance.shared.tables import audit_entry, audit_leaf, log_epoch

BEHIND: Final = (
    "The database's transaction counter is behind the log: it was restored without it. Nothing is sealed until "
    "titrate audit continue begins another epoch; run titrate audit verify before."
)


@dataclass(frozen=True, slots=True)
class Counter:
    """`epoch` is the current one, `newest` the highest transaction number that the log holds of it (-1: none).

    `following` is the first number that no transaction has had yet.
    """

    epoch: int
    newest: int
    following: int

    @property
    def behind(self) -> bool:
        """Whether numbers are given out that the log has had."""
        return self.newest >= self.following


def next_transaction() -> ColumnElement[int]:
    """The number that no transaction has had yet, in the statement's own snapshot."""
    return cast(cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), Text), BigInteger)


async def read_counter(conn: AsyncConnection) -> Counter | None:
    """The counter as it is; None when a table of the log cannot be read. Costs the same at any size of the log."""
    row = await single(conn, _counter())
    return None if row is None else Counter(row.epoch, row.newest, row.following)


def _counter() -> Select[int, int, int]:
    current = select(func.coalesce(func.max(log_epoch.c.number), 0)).scalar_subquery()
    entries = select(func.max(audit_entry.c.transaction_id)).where(audit_entry.c.epoch == current).scalar_subquery()
    last = (
        select(audit_leaf.c.epoch, audit_leaf.c.transaction_id).order_by(audit_leaf.c.leaf_index.desc()).limit(1)
    ).subquery()
    sealed = select(last.c.transaction_id).where(last.c.epoch == current).scalar_subquery()
    newest = func.greatest(func.coalesce(entries, -1), func.coalesce(sealed, -1))
    return select(current.label("epoch"), newest.label("newest"), next_transaction().label("following"))
