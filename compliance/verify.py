"""Verifying the log in a database: reads short pages, feeds the verifier, returns the report. Changes nothing."""

import asyncio
from collections.abc import Iterable, Sequence

from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.anchors import CheckpointRow, OutsideNotes, read_anchors, read_store
from compliance.checkpoint import VerifierKey
from compliance.checkpoint_store import CheckpointStore
from compliance.findings import Finding, FindingCode, Findings, Report
from compliance.log_pages import PAGE_ROWS, AnyRow, Read, UnreadableRow, UnreadableTable, pages
from compliance.log_rows import (
    from_hex,
    hex_text,
    read_decision,
    read_entry,
    read_leaf,
    select_decisions,
    select_entries,
    select_leaves,
)
from compliance.tables import audit_entry, audit_leaf, checkpoint, decision
from compliance.typed_text.check import check_texts
from compliance.verifier import Verifier

__all__ = ["Finding", "FindingCode", "Report", "Verifier", "verify_log"]


async def verify_log(
    conn: AsyncConnection,
    store: CheckpointStore,
    keys: VerifierKey | Sequence[VerifierKey],
    *,
    page_rows: int = PAGE_ROWS,
) -> Report:
    """Verify everything that is in the log against the checkpoints in the database and in `store`.

    `conn` is a read connection in an ordinary READ COMMITTED transaction (not autocommit): pages are short statements.
    `keys` are the log's public keys, several after a rotation. Damage is reported, never raised; what raises is
    circumstance (``DBAPIError``: connection lost, right missing, timeout): then nothing is known about the log.
    """
    known = [keys] if isinstance(keys, VerifierKey) else list(keys)
    found = Findings()
    # Outside first, then the database's own, then the leaves: each only grows, so the later covers the earlier.
    there = await _outside(store, found)
    verifier = Verifier(read_anchors(await _checkpoints(conn, found, page_rows), there, known, found), found)
    async for page in pages(conn, audit_leaf.c.leaf_index, select_leaves(), page_rows=page_rows):
        verifier.feed([await read_leaf(conn, row) for row in _readable(page, found, keep_unreadable=True)])
    async for page in pages(conn, audit_entry.c.id, select_entries(), page_rows=page_rows):
        verifier.feed_entries([read_entry(row) for row in _rows(page, found)])
    async for page in pages(conn, decision.c.id, select_decisions(), page_rows=page_rows):
        verifier.feed_decisions([read_decision(row) for row in _rows(page, found)])
    await check_texts(conn, found, page_rows)
    return verifier.report()


def _readable(page: Iterable[Read], found: Findings, *, keep_unreadable: bool = False) -> list[AnyRow | UnreadableRow]:
    """The rows of a page; what cannot be read becomes a finding."""
    rows: list[AnyRow | UnreadableRow] = []
    for one in page:
        match one:
            case UnreadableTable(name):
                found.add(FindingCode.TABLE_UNREADABLE, f"Table {name}, or one it is read with, cannot be read.")
            case UnreadableRow(key) if not keep_unreadable:
                number = key if isinstance(key, int) else None
                found.add(FindingCode.ROW_UNREADABLE, f"Row {key} cannot be read.", entry_id=number)
            case _:
                rows.append(one)
    return rows


def _rows(page: Iterable[Read], found: Findings) -> list[AnyRow]:
    return [row for row in _readable(page, found) if not isinstance(row, UnreadableRow)]


async def _outside(store: CheckpointStore, found: Findings) -> OutsideNotes:
    try:
        return await asyncio.to_thread(read_store, store)
    except OSError as error:
        problem = error.strerror or "it does not answer"
        found.add(FindingCode.STORE_UNREADABLE, f"The checkpoints kept outside cannot be read: {problem}.")
        return OutsideNotes()


async def _checkpoints(conn: AsyncConnection, found: Findings, page_rows: int) -> list[CheckpointRow]:
    columns = select(
        checkpoint.c.size,
        hex_text(checkpoint.c.root),
        hex_text(checkpoint.c.peaks),
        cast(checkpoint.c.note, Text),
        func.extract("epoch", func.clock_timestamp() - checkpoint.c.at),
    )
    rows: list[CheckpointRow] = []
    async for page in pages(conn, checkpoint.c.size, columns, page_rows=page_rows):
        for row in _readable(page, found, keep_unreadable=True):
            if isinstance(row, UnreadableRow):
                rows.append(CheckpointRow(row.key, None, None, None))
            else:
                rows.append(CheckpointRow(row[0], from_hex(row[1]), from_hex(row[2]), row[3], float(row[4])))
    return rows
