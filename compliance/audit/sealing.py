"""Giving entries their place in the Merkle tree, and signing the tree's head. Safe when several workers run it.

The order of the log is (epoch, transaction number, entry number). Rows of transactions older than every running one
are final: no row can appear before them any more. Sealing only those, in that order, gives indexes without holes, and a
row that turns up later at a place already passed is known to be added. Identity order alone would not do: commit order
differs.

Call it in READ COMMITTED transactions of its own. A database restored without its transaction counter is not sealed
until another epoch begins (`compliance.audit.epochs`).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, insert, or_, select, text, tuple_
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import canonical as leaf
from compliance.audit.checkpoint import Checkpoint, Signer, VerifierKey, open_checkpoint
from compliance.audit.entries import METADATA_COLUMNS, metadata_columns
from compliance.audit.epochs.counter import BEHIND, read_counter
from compliance.audit.errors import BadNote, CounterBehind, LogDamaged, UnknownSigningKey
from compliance.audit.merkle import HASH_BYTES, CompactRange
from compliance.shared.tables import audit_entry, audit_leaf, log_epoch
from compliance.shared.tables import checkpoint as checkpoints

# One sealer at a time in any process: the first eight bytes of SHA-256("titrate sealing") as a signed number.
_LOCK: Final = -8314685894019578768
_PAGE: Final = 5_000
_MOST_DAMAGED: Final = 1_000


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
    if not await alone(conn):
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


async def horizon(conn: AsyncConnection) -> datetime | None:
    """A moment up to which everything recorded is committed; None while some transaction may still write.

    Ask before sealing: when sealing has then taken all that is final, whatever was recorded up to there is in the tree.
    """
    # Every transaction that has a number holds a lock of its own; the snapshot alone does not show the newest ones.
    writing = text("EXISTS (SELECT FROM pg_locks WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock')")
    moment, busy = (await conn.execute(select(func.statement_timestamp(), writing))).one()
    return None if busy else moment


async def checkpoint(
    conn: AsyncConnection,
    signer: Signer,
    now: datetime,
    *,
    also: Sequence[Signer] = (),
    complete_to: datetime | None = None,
) -> Checkpoint | None:
    """Sign the head of what is sealed and keep it in the database; None when nothing is new.

    `also` are further keys of the same log while a key is rotated. `complete_to`: see `horizon` and `Checkpoint`. The
    tree grows from the last checkpoint that is what was signed, so the cost is that of the new leaves; a later one that
    is not stays as it is, for the verification to name. Publish it by `Outside.export`, after commit. Raises
    ``LogDamaged`` rather than sign over a hole, or what another key has signed.
    """
    signers = (signer, *also)
    if not await alone(conn):
        return None
    before, damaged = await _last_good(conn, [each.verifier for each in signers])
    grown = before.tree
    async for page in _leaf_pages(conn, grown.size):
        grown = grown.extend(page)
    if grown.size == before.tree.size or grown.size in damaged:
        return None
    known = [moment for moment in (before.complete_to, complete_to) if moment is not None]
    head = Checkpoint(signer.name, grown.size, grown.root(), now, max(known, default=None))
    await conn.execute(
        insert(checkpoints).values(
            size=head.size, root=head.root, peaks=b"".join(grown.peaks), note=head.signed(signers), at=now
        )
    )
    return head


async def root_at(conn: AsyncConnection, size: int, keys: Sequence[VerifierKey]) -> bytes | None:
    """The root of the tree as it was at that size, made again from the leaves; None: the log is shorter."""
    before, _ = await _last_good(conn, keys, up_to=size)
    grown = before.tree
    async for page in _leaf_pages(conn, grown.size):
        grown = grown.extend(page[: size - grown.size])
        if grown.size == size:
            break
    return grown.root() if grown.size == size else None


def _metadata(row: RowMapping) -> leaf.Metadata:
    return {name: row[name] for name in METADATA_COLUMNS}


async def alone(conn: AsyncConnection) -> bool:
    """Take the sealers' lock until the end of the transaction, or say that another one has it."""
    return bool(await conn.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))))


def _oldest_running() -> ColumnElement[int]:
    """The number of the oldest transaction that may still write, in the statement's own snapshot."""
    return cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)


async def _tail(conn: AsyncConnection) -> _Tail:
    """Where to go on: the place stands in the last leaf itself, so that a lost entry does not stop sealing."""
    last = (
        select(
            audit_leaf.c.leaf_index,
            audit_leaf.c.entry_id,
            func.coalesce(audit_leaf.c.epoch, audit_entry.c.epoch).label("epoch"),
            func.coalesce(audit_leaf.c.transaction_id, audit_entry.c.transaction_id).label("transaction_id"),
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
    counter = await read_counter(conn)
    if counter is not None and counter.behind:
        raise CounterBehind(BEHIND)
    return _Tail(row.leaf_index + 1, row.epoch, row.transaction_id, row.entry_id)


@dataclass(frozen=True, slots=True)
class _Signed:
    """Where signing goes on: the tree as last signed, and what that checkpoint said of its time."""

    tree: CompactRange
    complete_to: datetime | None = None


async def _last_good(
    conn: AsyncConnection, keys: Sequence[VerifierKey], up_to: int | None = None
) -> tuple[_Signed, frozenset[int]]:
    """The newest checkpoint that is what one of `keys` has signed, and the sizes of newer rows that are not."""
    newest = select(checkpoints).order_by(checkpoints.c.size.desc()).limit(_MOST_DAMAGED)
    damaged: set[int] = set()
    trouble: BadNote | ValueError | None = None
    for row in await conn.execute(newest if up_to is None else newest.where(checkpoints.c.size <= up_to)):
        try:
            return _opened(row._mapping, keys), frozenset(damaged)
        except (BadNote, ValueError) as error:
            damaged.add(row.size)
            trouble = error if trouble is None or isinstance(error, UnknownSigningKey) else trouble
    if isinstance(trouble, UnknownSigningKey):
        raise LogDamaged(
            "The last checkpoint was signed by another key than this one: nothing more is signed."
        ) from trouble
    if len(damaged) == _MOST_DAMAGED:
        raise LogDamaged(f"The last {_MOST_DAMAGED} checkpoints are damaged: nothing more is signed.") from trouble
    return _Signed(CompactRange()), frozenset(damaged)


def _opened(row: RowMapping, keys: Sequence[VerifierKey]) -> _Signed:
    """A row of the table of checkpoints, whose columns must say what was signed. Raises as `_last_good` expects."""
    head = open_checkpoint(row["note"], keys)
    peaks: bytes = row["peaks"]
    tree = CompactRange(row["size"], tuple(peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES)))
    if (head.size, head.root) != (row["size"], tree.root()):
        raise ValueError("the row is not what was signed")
    return _Signed(tree, head.complete_to)


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
