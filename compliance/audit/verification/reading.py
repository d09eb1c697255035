"""What a pass reads: leaves by the fast way or the careful one, checkpoints in order of size, entries by ranges."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.findings import FindingCode, Findings
from compliance.audit.pages import AnyRow, ReadRow, UnreadableRow, UnreadableTable, all_rows, pages, single
from compliance.audit.rows import from_hex, hex_text, noteworthy, read_leaf, select_entries, select_leaves
from compliance.audit.signed_heads import CheckpointRow, OutsideNotes, read_store
from compliance.audit.store import CheckpointStore
from compliance.audit.verification.places import Places
from compliance.audit.verification.quick import quick_page
from compliance.audit.verification.rows import LeafRow, QuickRow
from compliance.shared.tables import audit_entry, audit_leaf, checkpoint

_CHECKPOINT_ROWS: Final = 500
_ENTRY_ROWS: Final = 20_000


@dataclass(frozen=True, slots=True)
class LeafPage:
    """Some leaves in order, either all quick or all read with care. `broken`: a table that cannot be read, the end."""

    quick: Sequence[QuickRow] = ()
    slow: Sequence[LeafRow] = ()
    broken: str | None = None

    @property
    def rows(self) -> Sequence[LeafRow | QuickRow]:
        """The rows, whichever way they were read."""
        return self.quick or self.slow

    @property
    def next_index(self) -> int:
        """The first place behind them."""
        return self.rows[-1].leaf_index + 1 if self.rows else 0


async def leaf_page(conn: AsyncConnection, start: int, rows: int) -> LeafPage:
    """The leaves from index `start` on, about as many as `rows`; without rows at the end."""
    quick = await quick_page(conn, start, rows)
    if quick is not None and len(quick) == rows:
        return LeafPage(quick=quick)
    if quick is not None:
        later = select(audit_leaf.c.leaf_index).where(audit_leaf.c.leaf_index >= start + len(quick))
        if await single(conn, later) is None:
            return LeafPage(quick=quick)
    # Something is amiss in it: a hole, a row or a table that cannot be read.
    async for page in pages(conn, audit_leaf.c.leaf_index, select_leaves(), page_rows=rows, after=start - 1):
        broken = next((one.name for one in page if isinstance(one, UnreadableTable)), None)
        careful = [await read_leaf(conn, row) for row in page if not isinstance(row, UnreadableTable)]
        return LeafPage(slow=careful, broken=broken)
    return LeafPage()


class Heads:
    """The checkpoints of the database in order of size, read as far as they are needed."""

    def __init__(self, conn: AsyncConnection, found: Findings, *, after: int, upto: int) -> None:
        """Those of more than `after` entries and at most `upto`."""
        self._rows = self._read(conn, found, after, upto)
        self._next: CheckpointRow | None = None
        self._began = False

    async def read_upto(self, size: int | None, places: Places) -> None:
        """Give those of at most `size` entries to `places`; None: all that are left."""
        if not self._began:
            self._began = True
            self._next = await anext(self._rows, None)
        while self._next is not None and (size is None or self._next.size <= size):
            places.read(self._next)
            self._next = await anext(self._rows, None)
        if size is not None:
            places.passed(size)

    @staticmethod
    async def _read(conn: AsyncConnection, found: Findings, after: int, upto: int) -> AsyncIterator[CheckpointRow]:
        table = checkpoint.c
        age = func.extract("epoch", func.clock_timestamp() - table.at)
        columns = select(table.size, hex_text(table.root), hex_text(table.peaks), cast(table.note, Text), age)
        first = after or None  # a damaged size may be below zero
        async for page in pages(conn, table.size, columns, page_rows=_CHECKPOINT_ROWS, after=first, upto=upto):
            for row in page:
                if isinstance(row, UnreadableTable):
                    say_unreadable(row.name, found)
                elif isinstance(row, UnreadableRow):
                    yield CheckpointRow(row.key, None, None, None)
                else:
                    yield CheckpointRow(row[0], from_hex(row[1]), from_hex(row[2]), row[3], _seconds(row[4]))


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, Decimal | float | int) else None


async def entry_ranges(
    conn: AsyncConnection, found: Findings, after: int | None
) -> AsyncIterator[tuple[int, Sequence[AnyRow]]]:
    """Of each range of entry numbers behind `after`, its last number and the rows of `select_entries` worth a look."""
    while True:
        keys = select(audit_entry.c.id).order_by(audit_entry.c.id).limit(_ENTRY_ROWS)
        if after is not None:
            keys = keys.where(audit_entry.c.id > after)
        last = await single(conn, select(func.max(keys.subquery().c.id)))
        if last is None:
            async for page in pages(conn, audit_entry.c.id, select_entries(), after=after):
                rows = readable(page, found)
                yield (rows[-1][0] if rows else after or 0), rows
            return
        if last[0] is None:
            return
        upto: int = last[0]
        within = select_entries().where(audit_entry.c.id <= upto)
        if after is not None:
            within = within.where(audit_entry.c.id > after)
        rows_there = await all_rows(conn, within.where(noteworthy()))
        if rows_there is None:
            rows_there = [
                row
                async for page in pages(conn, audit_entry.c.id, select_entries(), after=after, upto=upto)
                for row in readable(page, found)
            ]
        yield upto, rows_there
        after = upto


def readable(page: Sequence[ReadRow], found: Findings) -> list[AnyRow]:
    """The rows of a page; what cannot be read becomes a finding."""
    rows: list[AnyRow] = []
    for one in page:
        match one:
            case UnreadableTable(name):
                say_unreadable(name, found)
            case UnreadableRow(key):
                number = key if isinstance(key, int) else None
                found.add(FindingCode.ROW_UNREADABLE, f"Row {key} cannot be read.", entry_id=number)
            case _:
                rows.append(one)
    return rows


def say_unreadable(name: str, found: Findings) -> None:
    """A finding for a table."""
    found.add(FindingCode.TABLE_UNREADABLE, f"Table {name}, or one it is read with, cannot be read.")


async def notes_outside(store: CheckpointStore, found: Findings) -> OutsideNotes:
    """What is kept outside the database; nothing, with a finding, when the place cannot be read."""
    try:
        return await asyncio.to_thread(read_store, store)
    except OSError as error:
        problem = error.strerror or "it does not answer"
        found.add(FindingCode.STORE_UNREADABLE, f"The checkpoints kept outside cannot be read: {problem}.")
        return OutsideNotes()
