"""Copying signed checkpoints out of the database's reach, and noticing what happened to the copies meanwhile.

The newest one is remembered: the place is looked through once, at the start, and afterwards only its `latest` is read.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import sealing
from compliance.audit.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from compliance.audit.errors import BadNote, StoreDisagrees
from compliance.audit.store import CheckpointStore
from compliance.shared.tables import checkpoint as checkpoints

_LIMIT: Final = 1_000


class Outside:
    """The place outside, as one worker knows it for as long as it runs.

    `set_aside` counts what could not be used and was put aside as evidence; the verification names each.
    """

    def __init__(self, store: CheckpointStore, keys: Sequence[VerifierKey]) -> None:
        """Keep checkpoints that one of `keys` has signed in `store`."""
        self._store, self._keys = store, tuple(keys)
        self._newest: Checkpoint | None = None
        self._note: str | None = None
        self._known = False
        self.set_aside = 0

    @property
    def newest(self) -> Checkpoint | None:
        """The newest checkpoint outside; None before the first."""
        return self._newest

    async def export(self, conn: AsyncConnection) -> int:
        """Copy the committed checkpoints that are not outside yet; gives how many there were (at most a thousand).

        None while another worker seals, signs or copies: one at a time until the end of the transaction.

        Raises ``StoreDisagrees`` when the newest one outside is of another tree than the database's: then nothing more
        is copied, so that a rewritten log does not go on as the old one. The store's ``OSError`` passes through: try
        again.
        """
        try:
            return await self._export(conn)
        except (OSError, StoreDisagrees):
            self._known = False  # look through the place again
            raise

    async def _export(self, conn: AsyncConnection) -> int:
        # Two workers would set one another's newest back, which must stay a sign of somebody else's hand.
        if not await sealing.alone(conn):
            return 0
        if await asyncio.to_thread(self._look) and self._newest is not None:
            await self._require_same_tree(conn, self._newest)
        after = 0 if self._newest is None else self._newest.size
        waiting = (
            select(checkpoints.c.note).where(checkpoints.c.size > after).order_by(checkpoints.c.size).limit(_LIMIT)
        )
        opened = [(note, _opened(note, self._keys)) for note in (await conn.execute(waiting)).scalars()]
        signed = [(note, head) for note, head in opened if head is not None]
        if signed:
            await asyncio.to_thread(self._store.keep, [note for note, _ in signed])
            self._note, self._newest = signed[-1]
        return len(signed)

    def _look(self) -> bool:
        """Whether the newest one may be another than the one remembered; what is no checkpoint of ours goes aside."""
        try:
            called = self._store.latest()
        except BadNote:
            called = ""
        if self._known and called == self._note:
            return False
        remembered = self._newest if self._known else None
        head = _opened(called, self._keys) if called else None
        aside: list[int | None] = []
        # An older one in the place of the newest is evidence too: this file, or the folder, was set back.
        if called is not None and (head is None or (remembered is not None and head.size < remembered.size)):
            aside.append(None)
        newest = remembered or self._of_files(aside)
        self._newest = max((one for one in (head, newest) if one), key=lambda one: one.size, default=None)
        if self._newest is None and aside:
            raise StoreDisagrees("No checkpoint kept outside the database is signed by this log's key.")
        for place in aside:
            self._put_aside(place)
        self._note, self._known = called, True
        return True

    def _of_files(self, aside: list[int | None]) -> Checkpoint | None:
        """The newest file that is a checkpoint of this log; the sizes of newer ones that are none go into `aside`."""
        for one in sorted(self._store.kept(), key=lambda one: one.size, reverse=True):
            head = _opened(one.note or "", self._keys)
            if head is not None and head.size == one.size:
                return head
            aside.append(one.size)
        return None

    def _put_aside(self, place: int | None) -> None:
        self.set_aside += 1
        with suppress(OSError):  # a folder in which nothing can be renamed: it stays, and the verification names it
            self._store.put_aside(place)

    async def _require_same_tree(self, conn: AsyncConnection, head: Checkpoint) -> None:
        there = await conn.scalar(select(checkpoints.c.root).where(checkpoints.c.size == head.size))
        if there != head.root and await sealing.root_at(conn, head.size, self._keys) != head.root:
            raise StoreDisagrees(
                f"The checkpoint of {head.size} entries kept outside is not one of the database's log."
            )


def _opened(note: str, keys: Sequence[VerifierKey]) -> Checkpoint | None:
    try:
        return open_checkpoint(note, keys)
    except BadNote:
        return None
