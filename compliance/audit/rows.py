"""The tables of the log as the verifier takes them: statements that read any value as text, and rows from them."""

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.epochs.counter import next_transaction
from compliance.audit.pages import AnyRow, AnySelect, UnreadableRow, single
from compliance.audit.verification.rows import DecisionRow, EntryRow, LeafRow
from compliance.prescribing import decision_row, decisions
from compliance.shared.tables import audit_content, audit_entry, audit_leaf, decision, log_epoch


def hex_text(column: ColumnElement[bytes]) -> ColumnElement[str]:
    """Bytes as hexadecimal text, made by PostgreSQL."""
    return func.encode(column, "hex")


def from_hex(text: str | None) -> bytes | None:
    """The bytes of such a text."""
    return None if text is None else bytes.fromhex(text)


def select_leaves() -> AnySelect:
    """Each leaf with its entry and content, looked up one by one: OFFSET 0 keeps PostgreSQL from reading others along.

    Otherwise one unreadable entry would fail every page that is joined by reading the whole table.
    """
    entry = (
        select(
            audit_entry.c.id.label("found_entry"),
            *audit.metadata_columns(),
            hex_text(audit_entry.c.content_digest).label("content_digest"),
        )
        .where(audit_entry.c.id == audit_leaf.c.entry_id)
        .offset(0)
        .lateral("entry")
    )
    content = (
        select(hex_text(audit_content.c.salt).label("salt"), cast(audit_content.c.content, Text).label("content"))
        .where(audit_content.c.entry_id == audit_leaf.c.entry_id)
        .offset(0)
        .lateral("content")
    )
    rows: AnySelect = select(
        audit_leaf.c.leaf_index,
        audit_leaf.c.entry_id.label("sealed_entry"),
        hex_text(audit_leaf.c.leaf_hash).label("leaf_hash"),
        entry,
        content,
    )
    return rows.select_from(audit_leaf).outerjoin(entry, true()).outerjoin(content, true())


async def read_leaf(conn: AsyncConnection, row: AnyRow | UnreadableRow) -> LeafRow:
    """A row of `select_leaves`; of an unreadable one at least the leaf."""
    if isinstance(row, UnreadableRow):
        return await _bare_leaf(conn, row.key)
    got = row._mapping
    return LeafRow(
        leaf_index=got["leaf_index"],
        entry_id=got["sealed_entry"],
        leaf_hash=from_hex(got["leaf_hash"]),
        metadata=None if got["found_entry"] is None else {name: got[name] for name in audit.METADATA_COLUMNS},
        content_digest=from_hex(got["content_digest"]),
        salt=from_hex(got["salt"]),
        content=got["content"],
    )


async def _bare_leaf(conn: AsyncConnection, index: int) -> LeafRow:
    """The leaf alone, so that one unreadable entry does not hide the state of the whole tree."""
    alone = select(audit_leaf.c.entry_id, hex_text(audit_leaf.c.leaf_hash)).where(audit_leaf.c.leaf_index == index)
    row = await single(conn, alone)
    entry_id, leaf_hash = (None, None) if row is None else (row[0], from_hex(row[1]))
    return LeafRow(index, entry_id, leaf_hash, None, None, None, None, readable=False)


def select_entries() -> AnySelect:
    """Each entry's place, whether it is sealed, and whether it records a decision that is not there."""
    is_decision = and_(
        audit_entry.c.action == decision_row.ENTRY_ACTION, audit_entry.c.subject_type == decision_row.SUBJECT
    )
    rows: AnySelect = select(
        audit_entry.c.id,
        func.coalesce(audit_entry.c.transaction_id, -1),
        audit_leaf.c.leaf_index.is_not(None),
        next_transaction(),
        and_(func.coalesce(is_decision, False), decision.c.id.is_(None)),
        func.coalesce(audit_entry.c.epoch, -1),
        select(func.coalesce(func.max(log_epoch.c.number), 0)).scalar_subquery(),
    )
    return rows.outerjoin(audit_leaf, audit_leaf.c.entry_id == audit_entry.c.id).outerjoin(
        decision, decision.c.audit_entry_id == audit_entry.c.id
    )


def read_entry(row: AnyRow) -> EntryRow:
    """A row of `select_entries`."""
    return EntryRow(row[0], row[1], row[2], row[3], row[4], row[5], row[6])


def noteworthy() -> ColumnElement[bool]:
    """Of `select_entries`, those that are not sealed or lack a decision: the others need not be carried over."""
    return or_(
        audit_leaf.c.leaf_index.is_(None),
        and_(audit_entry.c.action == decision_row.ENTRY_ACTION, decision.c.id.is_(None)),
    )


def select_decisions() -> AnySelect:
    """Each decision as text with what its entry says of it."""
    rows: AnySelect = select(
        *decisions.text_columns(),
        decision.c.audit_entry_id.label("entry_id"),
        audit_entry.c.id.is_not(None).label("entry_found"),
        cast(audit_entry.c.subject_id, Text).label("subject"),
        cast(audit_entry.c.digest, Text).label("digest"),
    )
    return rows.outerjoin(audit_entry, audit_entry.c.id == decision.c.audit_entry_id)


def read_decision(row: AnyRow) -> DecisionRow:
    """A row of `select_decisions`."""
    got = row._mapping
    return DecisionRow(
        fields={name: got[name] for name in decision_row.FIELDS},
        entry_id=got["entry_id"],
        entry_found=got["entry_found"],
        subject_id=got["subject"],
        digest=got["digest"],
    )
