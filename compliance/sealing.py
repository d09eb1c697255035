"""Giving entries their place in the Merkle tree, and signing the tree's head. Safe when several workers run it.

The order of the log is (epoch, transaction number, entry number). Rows of transactions older than every running one
are final: no row can appear before them any more. Sealing only those, in that order, gives indexes without holes, and a row that
turns up later at a place already passed is known to be added. Identity order alone would not do: commit order differs.

Call it in READ COMMITTED transactions of its own. A restored database must keep its transaction counter: use physical
backups.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, insert, or_, select, tuple_
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance import leaf
from compliance.audit import METADATA_COLUMNS, metadata_columns
from compliance.checkpoint import Checkpoint, Signer, open_checkpoint, unverified
from compliance.checkpoint_store import CheckpointStore
from compliance.log_errors import BadNote, CounterBehind, LogDamaged, StoreDisagrees
from compliance.merkle import HASH_BYTES, CompactRange
from compliance.tables import audit_entry, audit_leaf, log_epoch
from compliance.tables import checkpoint as checkpoints

# One sealer at a time in any process: the first eight bytes of SHA-256("titrate sealing") as a signed number.
_LOCK: Final = -8314685894019578768
_PAGE: Final = 5_000
_EXPORT_LIMIT: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Tail:
    """Where sealing goes on: the next index, and the place in the log's order of the last sealed entry."""

    next_index: int
    epoch: int
    transaction_id: int
    entry_id: int


async def seal(conn: AsyncConnection, now: datetime, limit: int = 1_000) -> int:
    """Give indexes to up to `limit` entries that are final, and return how many; 0 also when another sealer is at work.

    Costs the same at any size of the log. Raises ``LogDamaged`` when the log cannot be continued.
    """
    if not await _alone(conn):
        return 0
    tail = await _tail(conn)
    place = (audit_entry.c.epoch, audit_entry.c.transaction_id, audit_entry.c.id)
    current = select(func.max(log_epoch.c.number)).scalar_subquery()
    final = (
        select(*metadata_columns(), audit_entry.c.id.label("number"), audit_entry.c.content_digest)
        # Nothing runs any more in the cluster of an earlier epoch.
        .where(or_(audit_entry.c.epoch < current, audit_entry.c.transaction_id < _oldest_running()))
        .where(tuple_(*place) > tuple_(tail.epoch, tail.transaction_id, tail.entry_id))
        .order_by(*place)
        .limit(limit)
    )
    leaves = [
        {
            "leaf_index": index,
            "entry_id": row.number,
            "leaf_hash": leaf.leaf_hash(_metadata(row._mapping), row.content_digest),
            "sealed_at": now,
            "epoch": int(row.epoch),
            "transaction_id": int(row.transaction_id),
        }
        for index, row in enumerate(await conn.execute(final), start=tail.next_index)
    ]
    if leaves:
        await conn.execute(insert(audit_leaf), leaves)
    return len(leaves)


async def checkpoint(
    conn: AsyncConnection, signer: Signer, now: datetime, *, also: Sequence[Signer] = ()
) -> Checkpoint | None:
    """Sign the head of what is sealed and keep it in the database; None when nothing is new.

    `also` are further keys of the same log while a key is rotated. The tree grows from the last checkpoint, so the cost
    is that of the new leaves. Publish it by `export`, after commit. Raises ``LogDamaged`` rather than sign over a
    break.
    """
    signers = (signer, *also)
    if not await _alone(conn):
        return None
    before = await _last_range(conn, signers)
    grown = before
    async for page in _leaf_pages(conn, before.size):
        grown = grown.extend(page)
    if grown.size == before.size:
        return None
    head = Checkpoint(signer.name, grown.size, grown.root())
    await conn.execute(
        insert(checkpoints).values(
            size=head.size, root=head.root, peaks=b"".join(grown.peaks), note=head.signed(signers), at=now
        )
    )
    return head


async def export(conn: AsyncConnection, store: CheckpointStore) -> int:
    """Copy the committed checkpoints that `store` does not have yet and return how many (at most a thousand a call).

    Raises ``StoreDisagrees`` when the newest one kept outside is damaged or not in the database: then nothing more is
    exported, so that a rewritten log does not go on as the old one. The store's ``OSError`` passes through: try again.
    """
    outside = await asyncio.to_thread(_newest_outside, store)
    after = 0
    if outside is not None:
        after = outside.size
        root = await conn.scalar(select(checkpoints.c.root).where(checkpoints.c.size == after))
        if root != outside.root:
            raise StoreDisagrees(f"The checkpoint of {after} entries kept outside is not the one in the database.")
    waiting = (
        select(checkpoints.c.size, checkpoints.c.note)
        .where(checkpoints.c.size > after)
        .order_by(checkpoints.c.size)
        .limit(_EXPORT_LIMIT)
    )
    rows = (await conn.execute(waiting)).all()
    for row in rows:
        await asyncio.to_thread(store.put, row.size, row.note)
    return len(rows)


def _metadata(row: RowMapping) -> leaf.Metadata:
    return {name: row[name] for name in METADATA_COLUMNS}


def _newest_outside(store: CheckpointStore) -> Checkpoint | None:
    try:
        newest = store.latest()
        return None if newest is None else unverified(newest)
    except BadNote as error:
        raise StoreDisagrees(f"The newest checkpoint kept outside cannot be read: {error}") from error


async def _alone(conn: AsyncConnection) -> bool:
    """Take the sealers' lock until the end of the transaction, or say that another one has it."""
    return bool(await conn.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))))


def _oldest_running() -> ColumnElement[int]:
    """The number of the oldest transaction that may still write, in the statement's own snapshot."""
    return cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)


def next_transaction() -> ColumnElement[int]:
    """The number that no transaction has had yet, in the statement's own snapshot."""
    return cast(cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), Text), BigInteger)


async def _tail(conn: AsyncConnection) -> _Tail:
    """Where to go on: the place stands in the last leaf itself, so that a lost entry does not stop sealing."""
    last = (
        select(
            audit_leaf.c.leaf_index,
            audit_leaf.c.entry_id,
            func.coalesce(audit_leaf.c.epoch, audit_entry.c.epoch).label("epoch"),
            func.coalesce(audit_leaf.c.transaction_id, audit_entry.c.transaction_id).label("transaction_id"),
            next_transaction().label("next"),
            select(func.max(log_epoch.c.number)).scalar_subquery().label("current"),
        )
        .outerjoin(audit_entry, audit_entry.c.id == audit_leaf.c.entry_id)
        .order_by(audit_leaf.c.leaf_index.desc())
        .limit(1)
    )
    row = (await conn.execute(last)).first()
    if row is None:
        return _Tail(0, -1, -1, -1)
    if row.transaction_id is None:
        raise LogDamaged("The last sealed entry is missing: nothing more is sealed.")
    if row.epoch == row.current and row.transaction_id >= row.next:
        raise CounterBehind(
            "The database's transaction counter is behind the log: it was restored without it. Nothing more is sealed "
            "until titrate audit continue begins another epoch."
        )
    return _Tail(row.leaf_index + 1, row.epoch, row.transaction_id, row.entry_id)


async def _last_range(conn: AsyncConnection, signers: Sequence[Signer]) -> CompactRange:
    """The tree as last signed, checked against its own signature, so that a changed row is not signed over."""
    row = (await conn.execute(select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1))).first()
    if row is None:
        return CompactRange()
    try:
        signed = open_checkpoint(row.note, [signer.verifier for signer in signers])
        peaks = tuple(row.peaks[at : at + HASH_BYTES] for at in range(0, len(row.peaks), HASH_BYTES))
        grown = CompactRange(row.size, peaks)
    except (BadNote, ValueError) as error:
        raise LogDamaged(f"The last checkpoint cannot be continued: {error}") from error
    if (signed.size, signed.root) != (row.size, grown.root()):
        raise LogDamaged("The last checkpoint is not what was signed: nothing more is signed.")
    return grown


async def _leaf_pages(conn: AsyncConnection, start: int) -> AsyncIterator[list[bytes]]:
    """The leaf hashes from index `start` on, in order, page by page. Raises ``LogDamaged`` at a hole."""
    expected = start
    while True:
        rows = (
            await conn.execute(
                select(audit_leaf.c.leaf_index, audit_leaf.c.leaf_hash)
                .where(audit_leaf.c.leaf_index >= expected)
                .order_by(audit_leaf.c.leaf_index)
                .limit(_PAGE)
            )
        ).all()
        if not rows:
            return
        if rows[-1].leaf_index != expected + len(rows) - 1:
            raise LogDamaged("A sealed entry is missing from the tree: nothing more is signed.")
        expected += len(rows)
        yield [row.leaf_hash for row in rows]
