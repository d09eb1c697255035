"""Verifying the log in a database: reads short pages, feeds the verifier, returns the report. Changes nothing."""

import asyncio
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Text, and_, cast, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance import audit, decision_row, decisions, leaf
from compliance.anchors import CheckpointRow, read_anchors
from compliance.checkpoint import VerifierKey
from compliance.checkpoint_store import CheckpointStore, Kept
from compliance.findings import Finding, FindingCode, Findings, Report
from compliance.log_pages import PAGE_ROWS, AnyRow, AnySelect, Read, UnreadableRow, UnreadableTable, pages, single
from compliance.sealing import next_transaction
from compliance.tables import audit_content, audit_entry, audit_leaf, checkpoint, decision
from compliance.verifier import DecisionRow, EntryRow, LeafRow, Verifier

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
    kept = await _kept(store, found)
    verifier = Verifier(read_anchors(await _checkpoints(conn, found, page_rows), kept, known, found), found)
    async for page in pages(conn, audit_leaf.c.leaf_index, _leaves(), page_rows=page_rows):
        verifier.feed([await _leaf(conn, row) for row in _readable(page, found, keep_unreadable=True)])
    async for page in pages(conn, audit_entry.c.id, _entries(), page_rows=page_rows):
        verifier.feed_entries([_entry(row) for row in _rows(page, found)])
    async for page in pages(conn, decision.c.id, _decisions(), page_rows=page_rows):
        verifier.feed_decisions([_decision(row) for row in _rows(page, found)])
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


async def _kept(store: CheckpointStore, found: Findings) -> list[Kept]:
    try:
        return await asyncio.to_thread(lambda: list(store.kept()))
    except OSError as error:
        problem = error.strerror or "it does not answer"
        found.add(FindingCode.STORE_UNREADABLE, f"The checkpoints kept outside cannot be read: {problem}.")
        return []


async def _checkpoints(conn: AsyncConnection, found: Findings, page_rows: int) -> list[CheckpointRow]:
    columns = select(
        checkpoint.c.size, _hex(checkpoint.c.root), _hex(checkpoint.c.peaks), cast(checkpoint.c.note, Text)
    )
    rows: list[CheckpointRow] = []
    async for page in pages(conn, checkpoint.c.size, columns, page_rows=page_rows):
        for row in _readable(page, found, keep_unreadable=True):
            if isinstance(row, UnreadableRow):
                rows.append(CheckpointRow(row.key, None, None, None))
            else:
                rows.append(CheckpointRow(row[0], _bytes(row[1]), _bytes(row[2]), row[3]))
    return rows


def _hex(column: ColumnElement[bytes]) -> ColumnElement[str]:
    return func.encode(column, "hex")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def _leaves() -> AnySelect:
    """Each leaf with its entry and content, looked up one by one: OFFSET 0 keeps PostgreSQL from reading others along.

    Otherwise one unreadable entry would fail every page that is joined by reading the whole table.
    """
    entry = (
        select(
            audit_entry.c.id.label("found_entry"),
            *audit.metadata_columns(),
            _hex(audit_entry.c.content_digest).label("content_digest"),
        )
        .where(audit_entry.c.id == audit_leaf.c.entry_id)
        .offset(0)
        .lateral("entry")
    )
    content = (
        select(_hex(audit_content.c.salt).label("salt"), cast(audit_content.c.content, Text).label("content"))
        .where(audit_content.c.entry_id == audit_leaf.c.entry_id)
        .offset(0)
        .lateral("content")
    )
    leaves: AnySelect = select(
        audit_leaf.c.leaf_index,
        audit_leaf.c.entry_id.label("sealed_entry"),
        _hex(audit_leaf.c.leaf_hash).label("leaf_hash"),
        entry,
        content,
    )
    return leaves.select_from(audit_leaf).outerjoin(entry, true()).outerjoin(content, true())


async def _leaf(conn: AsyncConnection, row: AnyRow | UnreadableRow) -> LeafRow:
    if isinstance(row, UnreadableRow):
        return await _bare_leaf(conn, row.key)
    got = row._mapping
    return LeafRow(
        leaf_index=got["leaf_index"],
        entry_id=got["sealed_entry"],
        leaf_hash=_bytes(got["leaf_hash"]),
        metadata=None if got["found_entry"] is None else {name: got[name] for name in leaf.METADATA_FIELDS},
        content_digest=_bytes(got["content_digest"]),
        salt=_bytes(got["salt"]),
        content=got["content"],
    )


async def _bare_leaf(conn: AsyncConnection, index: int) -> LeafRow:
    """The leaf alone, so that one unreadable entry does not hide the state of the whole tree."""
    alone = select(audit_leaf.c.entry_id, _hex(audit_leaf.c.leaf_hash)).where(audit_leaf.c.leaf_index == index)
    row = await single(conn, alone)
    entry_id, leaf_hash = (None, None) if row is None else (row[0], _bytes(row[1]))
    return LeafRow(index, entry_id, leaf_hash, None, None, None, None, readable=False)


def _entries() -> AnySelect:
    is_decision = and_(audit_entry.c.action == decisions.ENTRY_ACTION, audit_entry.c.subject_type == decisions.SUBJECT)
    entries: AnySelect = select(
        audit_entry.c.id,
        func.coalesce(audit_entry.c.transaction_id, -1),
        audit_leaf.c.leaf_index.is_not(None),
        next_transaction(),
        and_(func.coalesce(is_decision, False), decision.c.id.is_(None)),
    )
    return entries.outerjoin(audit_leaf, audit_leaf.c.entry_id == audit_entry.c.id).outerjoin(
        decision, decision.c.audit_entry_id == audit_entry.c.id
    )


def _entry(row: AnyRow) -> EntryRow:
    return EntryRow(row[0], row[1], row[2], row[3], row[4])


def _decisions() -> AnySelect:
    made: AnySelect = select(
        *decisions.text_columns(),
        decision.c.audit_entry_id.label("entry_id"),
        audit_entry.c.id.is_not(None).label("entry_found"),
        cast(audit_entry.c.subject_id, Text).label("subject"),
        cast(audit_entry.c.digest, Text).label("digest"),
    )
    return made.outerjoin(audit_entry, audit_entry.c.id == decision.c.audit_entry_id)


def _decision(row: AnyRow) -> DecisionRow:
    got = row._mapping
    return DecisionRow(
        fields={name: got[name] for name in decision_row.FIELDS},
        entry_id=got["entry_id"],
        entry_found=got["entry_found"],
        subject_id=got["subject"],
        digest=got["digest"],
    )
