"""One pass over the log in a database: pages are read ahead, fed to the verifier, and what is known is given back.

Its stages: the leaves with the checkpoints beside them, the entries that are not sealed or lack a decision, the
decisions, and the rest: texts as typed, and what observers look at when they have seen every entry. After each page the
caller gets a `Progress`, from which another pass can go on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import pace
from compliance.audit.checkpoint import VerifierKey
from compliance.audit.epochs.check import check_epochs, counter_is_behind
from compliance.audit.erasure.missing import KnownPurges
from compliance.audit.erasure.reading import purges_for
from compliance.audit.findings import FindingCode, Findings, VerificationReport
from compliance.audit.pace import Fault
from compliance.audit.pages import pages, single
from compliance.audit.rows import read_decision, read_entry, select_decisions
from compliance.audit.store import CheckpointStore
from compliance.audit.typed_text.check import check_texts
from compliance.audit.verification.observing import Observer
from compliance.audit.verification.places import Places
from compliance.audit.verification.progress import Base, Progress, VerificationStage, VerifierState
from compliance.audit.verification.quick import QUICK_ROWS
from compliance.audit.verification.reading import (
    Heads,
    LeafPage,
    entry_ranges,
    leaf_page,
    notes_outside,
    readable,
    say_unreadable,
)
from compliance.audit.verification.rows import sealed_of
from compliance.audit.verifier import Verifier
from compliance.shared.tables import audit_leaf, checkpoint, decision

OnProgress = Callable[[Progress], Awaitable[None]]

# The event loop gets its turn after so many rows: it takes in the next page, and does what else it has to.
_SLICE: Final = 250
# A pass that goes on from an earlier one looks this many entry numbers back for entries that were slipped in.
_LOOK_BACK: Final = 20_000
_DECISION_ROWS: Final = 1_000


class Pass:
    """One verification: whole, or going on from where another was stopped (`resume`) or had ended (`base`)."""

    def __init__(
        self,
        conn: AsyncConnection,
        *,
        page_rows: int | None = None,
        observers: Sequence[Observer] = (),
        tell: OnProgress | None = None,
        resume: Progress | None = None,
        base: Base | None = None,
        claimed: int = 0,
    ) -> None:
        """Read through `conn`; `tell` is called after each page. `claimed`: how long the log is known to have been."""
        self._conn, self._rows = conn, page_rows or QUICK_ROWS
        self._observers, self._tell = observers, tell
        self._found = resume.found if resume else Findings()
        self._state = resume.state if resume else VerifierState.after(base) if base else VerifierState()
        self._state.claimed = max(self._state.claimed, claimed)
        self._seen = resume.state.checkpoints if resume else None
        self._since = resume.since if resume else base.size if base else 0
        self._stage = resume.stage if resume else VerificationStage.LEAVES
        self._after = resume.after if resume else None
        self._total = resume.total if resume else 0
        self._erasures = KnownPurges()

    async def run(self, store: CheckpointStore, keys: Sequence[VerifierKey]) -> VerificationReport:
        """Do what is left of it."""
        # Outside first, then how far the database's own reach, then the leaves: each only grows, so the later covers
        # the earlier.
        places = await self._places(store, keys)
        verifier = Verifier(places.signed_heads, self._found, self._state, self._erasures)
        behind = verifier.counter_behind = await counter_is_behind(self._conn)
        if self._stage is VerificationStage.LEAVES:
            await self._leaves(verifier, places)
            await self._go_on(VerificationStage.ENTRIES, self._looking_back())
        if self._stage is VerificationStage.ENTRIES:
            await self._entries(verifier)
            await self._go_on(VerificationStage.DECISIONS, self._looking_back())
        if self._stage is VerificationStage.DECISIONS:
            await self._decisions(verifier)
            await self._go_on(VerificationStage.REST, self._looking_back())
        if self._stage is VerificationStage.REST:
            await check_epochs(self._conn, self._found)
            await check_texts(self._conn, self._found, after=None if self._after is None else int(self._after))
            for one in self._observers:
                self._count(await one.end(self._conn, self._found, whole=not self._since))
        if not behind:  # which is why nothing is sealed, and is named itself
            await self._stalled()
        report = replace(verifier.report(), since=self._since)
        await self._go_on(VerificationStage.DONE, None)
        return report

    async def _places(self, store: CheckpointStore, keys: Sequence[VerifierKey]) -> Places:
        """What is kept outside, read again by a pass that goes on: only what it had not found before is a finding."""
        state, now = self._state, Findings()
        there = await notes_outside(store, now)
        places = Places(there, keys, now, after=state.expected, seen=self._seen, hour=state.hour)
        for one in now.listed:
            if one not in self._found.listed:
                self._found.add(one.code, one.sentence, entry_id=one.entry_id, leaf_index=one.leaf_index)
        return places.into(self._found)

    async def _stalled(self) -> None:
        """A finding when the seal does not keep up: what waits for it is vouched for by nothing."""
        try:
            async with self._conn.begin_nested():
                faults = (await pace.read(self._conn, None)).faults()
        except DBAPIError:
            return  # a damaged table, which is a finding already
        if Fault.SEAL_STALLED in faults:
            self._found.add(FindingCode.SEAL_STALLED, faults[Fault.SEAL_STALLED])

    def _looking_back(self) -> str | None:
        """Behind which entry a pass that goes on looks for what was slipped in; a whole one looks at all."""
        if not self._since or self._state.base is None:
            return None
        return str(max(0, self._state.base.place[2] - _LOOK_BACK))

    async def _go_on(self, stage: VerificationStage, after: str | None) -> None:
        self._stage, self._after = stage, after
        await self._told()

    async def _told(self) -> None:
        if self._tell is not None:
            await self._tell(Progress(self._stage, self._state, self._found, self._since, self._total, self._after))

    async def _leaves(self, verifier: Verifier, places: Places) -> None:
        upto = await single(self._conn, select(func.max(checkpoint.c.size)))
        last = await single(self._conn, select(func.max(audit_leaf.c.leaf_index)))
        self._total = max(self._state.expected, _number(last, -1) + 1)
        heads = Heads(self._conn, self._found, after=self._state.expected, upto=_number(upto, 0))
        page = await leaf_page(self._conn, self._state.expected, self._rows)
        while page.rows:
            await heads.read_upto(page.next_index, places)
            self._state.hour = places.hour
            self._erasures.learn(await purges_for(self._conn, page.rows))
            ahead = asyncio.create_task(self._page_after(page))
            try:
                await _feed(verifier, page)
            finally:
                following = await ahead
            self._erasures.settle(self._found, self._state.counts)
            await self._observe(page)
            verifier.forget()
            self._state.checkpoints = places.signed_heads.seen
            await self._told()
            page = following
        if page.broken:
            say_unreadable(page.broken, self._found)
        await heads.read_upto(None, places)
        places.end()
        self._state.checkpoints = places.signed_heads.seen
        self._state.claimed = max([self._state.claimed, *places.signed_heads.database, *places.signed_heads.outside])

    async def _page_after(self, page: LeafPage) -> LeafPage:
        if page.broken:
            return LeafPage(broken=page.broken)
        return await leaf_page(self._conn, page.next_index, self._rows)

    async def _observe(self, page: LeafPage) -> None:
        if self._observers:
            rows = [sealed_of(row) for row in page.rows]
            for one in self._observers:
                self._count(await one.page(self._conn, rows, self._found))

    def _count(self, counted: Mapping[str, int]) -> None:
        for name, more in counted.items():
            self._state.counts[name] = self._state.counts.get(name, 0) + more

    async def _entries(self, verifier: Verifier) -> None:
        after = None if self._after is None else int(self._after)
        async for last, rows in entry_ranges(self._conn, self._found, after):
            verifier.feed_entries(read_entry(row) for row in rows)
            self._after = str(last)
            await self._told()

    async def _decisions(self, verifier: Verifier) -> None:
        """All, by their own id; a pass that goes on, those of the later entries by the entry."""
        key = decision.c.audit_entry_id if self._since else decision.c.id
        after: Any = None  # of the key's own type
        if self._after is not None:
            after = int(self._after) if self._since else UUID(self._after)
        async for page in pages(self._conn, key, select_decisions(), page_rows=_DECISION_ROWS, after=after):
            rows = readable(page, self._found)
            for at in range(0, len(rows), _SLICE):
                verifier.feed_decisions(read_decision(row) for row in rows[at : at + _SLICE])
                await asyncio.sleep(0)
            if rows:
                self._after = str(rows[-1]._mapping["entry_id" if self._since else "id"])
                await self._told()


async def _feed(verifier: Verifier, page: LeafPage) -> None:
    """Slice by slice, so that the next page comes in meanwhile."""
    verifier.feed(page.slow)
    for at in range(0, len(page.quick), _SLICE):
        verifier.feed_quick(page.quick[at : at + _SLICE])
        await asyncio.sleep(0)


def _number(row: Any, otherwise: int) -> int:  # `Any`: the first column of a row, of a table in any state
    return row[0] if row is not None and isinstance(row[0], int) else otherwise
