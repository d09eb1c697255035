"""Checking a log row by row against its signed heads. Pure: whoever reads the rows feeds them, page by page.

It expects damage: a value that cannot be used is a finding, never an exception.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from compliance.audit import canonical as leaf
from compliance.audit.checkpoint import Checkpoint
from compliance.audit.erasure.missing import PURGE_MARK, AwaitedPurges, Erasures
from compliance.audit.findings import FindingCode, Findings, VerificationReport
from compliance.audit.merkle import HASH_BYTES
from compliance.audit.signed_heads import SignedHeads
from compliance.audit.time_bounds import TimeBounds, recorded_at
from compliance.audit.verification.content import canonical_content
from compliance.audit.verification.progress import Base, LogPlace, VerifierState
from compliance.audit.verification.rows import DecisionRow, EntryRow, LeafRow, QuickRow
from compliance.prescribing import decision_row

__all__ = ["DecisionRow", "EntryRow", "LeafRow", "Verifier"]

# What reading hostile JSON may raise: bad syntax or numbers, nesting too deep, a shape that cannot be hashed.
_BAD_VALUE: Final = (ValueError, RecursionError, TypeError, KeyError)


class Verifier:
    """Feed the leaves in order, then the entries and decisions in any order, then ask for the report.

    `state` is all that it knows: the tree so far, until a hole breaks it; the last place in the log's order; counts.
    """

    def __init__(
        self,
        signed_heads: SignedHeads,
        found: Findings,
        state: VerifierState | None = None,
        erasures: Erasures | None = None,
    ) -> None:
        """Compare with `signed_heads`; go on collecting in `found`, and from `state` where an earlier pass was stopped.

        `signed_heads` and `erasures` may be filled meanwhile: what signs, or excuses, the rows that are fed next
        must be there.
        """
        self._signed_heads = signed_heads
        self._found = found
        self._erasures = erasures or AwaitedPurges()
        self.state = state or VerifierState()
        self._bounds = TimeBounds(found, self.state.times)
        # Then numbers ahead of the counter say nothing: the counter is named instead.
        self.counter_behind = False

    def feed(self, rows: Iterable[LeafRow]) -> None:
        """Check the next rows, which come in order of their index."""
        for row in rows:
            self._check_index(row)
            self._check_entry(row)
            self._grow(row)

    def feed_quick(self, rows: Iterable[QuickRow]) -> None:
        """As `feed`, for rows with their metadata as text: what is as it should be takes a short way."""
        state, signed = self.state, (self._signed_heads.database, self._signed_heads.outside)
        run: list[bytes] = []
        for row in rows:
            place = _sound(row)
            if place is None or row.leaf_hash is None or place <= state.place or row.leaf_index != state.expected:
                self._append(run)
                self.feed([row.slow()])
                continue
            state.place = place
            self._bounds.entered(recorded_at(row.metadata or ""), row.entry_id)
            state.expected = size = row.leaf_index + 1
            if not state.whole:
                continue
            run.append(row.leaf_hash)
            if size in signed[0] or size in signed[1]:
                self._append(run)
                self._compare_all(row.entry_id)
        self._append(run)

    def forget(self) -> None:
        """Let go of the heads in the database that have been passed."""
        heads = self._signed_heads.database
        passed = [size for size in heads if size <= self.state.expected]
        self.state.claimed = max([self.state.claimed, *passed])
        for size in passed:
            del heads[size]

    def feed_entries(self, rows: Iterable[EntryRow]) -> None:
        """After all leaves: look for entries that were slipped in where sealing had already passed."""
        for row in rows:
            if row.lacks_decision:
                self._found.add(
                    FindingCode.DECISION_MISSING,
                    f"Entry {row.entry_id} records a decision that is no longer there.",
                    entry_id=row.entry_id,
                )
            if row.sealed:
                continue
            self.state.unsealed += 1
            place = (row.epoch, row.transaction_id, row.entry_id)
            ahead = (row.epoch, row.transaction_id) >= (row.current_epoch, row.next_transaction)
            if place <= self.state.place or (ahead and not self.counter_behind):
                self._found.add(
                    FindingCode.ENTRY_ADDED,
                    f"Entry {row.entry_id} was added where the log had already been sealed.",
                    entry_id=row.entry_id,
                )

    def feed_decisions(self, rows: Iterable[DecisionRow]) -> None:
        """Compare decisions with the digests in their entries."""
        for row in rows:
            self.state.decisions += 1
            self.state.first_format += row.fields["format"] == decision_row.FIRST_FORMAT
            if not row.entry_found or row.digest is None or row.subject_id != row.fields["id"]:
                self._found.add(
                    FindingCode.DECISION_UNPROVEN,
                    f"A decision names entry {row.entry_id}, which is not there or is not about it.",
                    entry_id=row.entry_id,
                )
            elif _decision_digest(row.fields) != row.digest:
                self._found.add(
                    FindingCode.DECISION_ALTERED,
                    f"The decision of entry {row.entry_id} is not the one that was recorded.",
                    entry_id=row.entry_id,
                )

    def report(self) -> VerificationReport:
        """The result, once everything has been fed."""
        state = self.state
        self._erasures.settle(self._found, state.counts)
        claimed = max([state.claimed, *self._signed_heads.database, *self._signed_heads.outside])
        if claimed > state.expected:
            self._found.add(
                FindingCode.TAIL_MISSING,
                f"A signed checkpoint counts {claimed} entries, the log has {state.expected}: "
                f"the last {claimed - state.expected} are missing.",
                leaf_index=state.expected,
            )
        if state.expected and not self._signed_heads.seen and state.base is None:
            self._found.add(FindingCode.NOTHING_SIGNED, "No signed checkpoint vouches for the sealed entries.")
        return VerificationReport(
            findings=tuple(self._found.listed),
            more=self._found.more,
            size=state.expected,
            root=state.tree.root() if state.whole else None,
            anchored_size=state.good["outside"],
            anchored_entry_id=state.anchored_entry,
            unsealed=state.unsealed,
            decisions=state.decisions,
            checkpoints=self._signed_heads.seen,
            first_format=state.first_format,
            counts=dict(state.counts),
        )

    def _check_index(self, row: LeafRow) -> None:
        if row.leaf_index < self.state.expected:
            self.state.whole = False
            self._add(FindingCode.ENTRY_ADDED, f"Place {row.leaf_index} of the log is taken more than once.", row)
            return
        if row.leaf_index > self.state.expected:
            self.state.whole = False
            self._found.add(
                FindingCode.LEAF_MISSING,
                f"Places {self.state.expected} to {row.leaf_index - 1} of the log are missing.",
                leaf_index=self.state.expected,
            )
        self.state.expected = row.leaf_index + 1

    def _check_entry(self, row: LeafRow) -> None:
        if not row.readable:
            self._add(FindingCode.ROW_UNREADABLE, f"Entry {row.entry_id} or its content cannot be read.", row)
        elif row.metadata is None:
            self._add(FindingCode.ENTRY_MISSING, f"Entry {row.entry_id} was sealed and is no longer there.", row)
        elif row.content_digest is None or leaf.leaf_hash(row.metadata, row.content_digest) != row.leaf_hash:
            self._add(FindingCode.ENTRY_ALTERED, f"Entry {row.entry_id} is not what was sealed.", row)
        else:
            self._check_order(row, row.metadata)
            self._check_content(row, row.metadata)

    def _check_order(self, row: LeafRow, metadata: leaf.Metadata) -> None:
        epoch = _number(metadata.get("epoch") or leaf.FIRST_EPOCH)
        place: LogPlace = (epoch, _number(metadata["transaction_id"]), _number(metadata["entry_id"]))
        if place <= self.state.place:
            self._add(FindingCode.ENTRY_ADDED, f"Entry {row.entry_id} is where it cannot have been written.", row)
        self.state.place = max(place, self.state.place)
        self._bounds.entered(metadata["recorded_at"] or "", row.entry_id)

    def _check_content(self, row: LeafRow, metadata: leaf.Metadata) -> None:
        if row.content is None or row.salt is None:
            self._erasures.missing(row.entry_id, row.leaf_index, metadata)
            return
        try:
            digest: bytes | None = sha256(row.salt + canonical_content(row.content)).digest()
        except _BAD_VALUE:
            digest = None
        if digest == row.content_digest:
            self._erasures.met(metadata, row.content)
        else:
            self._add(FindingCode.CONTENT_ALTERED, f"The content of entry {row.entry_id} is not what was written.", row)

    def _grow(self, row: LeafRow) -> None:
        if row.leaf_hash is None or len(row.leaf_hash) != HASH_BYTES:
            self.state.whole = False
        if self.state.whole and row.leaf_hash is not None:
            self._append([row.leaf_hash])
            self._compare_all(row.entry_id)

    def _append(self, run: list[bytes]) -> None:
        """Grow the tree by these leaves, and empty the list."""
        if run:
            self.state.tree = self.state.tree.extend(run)
            run.clear()

    def _compare_all(self, entry_id: int | None) -> None:
        """Compare the tree as it is now with what was signed of this size; `entry_id` is its last."""
        for place, heads in (("database", self._signed_heads.database), ("outside", self._signed_heads.outside)):
            signed = heads.get(self.state.tree.size)
            if signed is not None:
                self._compare(place, signed, entry_id)

    def _compare(self, place: str, signed: Checkpoint, entry_id: int | None) -> None:
        """Heads after the first that differs differ too; only the first says where the change is."""
        state, size = self.state, self.state.tree.size
        if state.tree.root() == signed.root:
            self._bounds.signed(signed)
            if place not in state.differs:
                state.good[place] = size
                if place == "outside":
                    state.anchored_entry = entry_id
                    state.base = Base(size, state.tree.peaks, state.place, state.hour, state.times.after)
        elif place not in state.differs:
            state.differs.add(place)
            between = f"between places {state.good[place]} and {size - 1}"
            code, whose = {
                "database": (FindingCode.TREE_ALTERED, "its signed checkpoint"),
                "outside": (FindingCode.LOG_REWRITTEN, "the signed checkpoint kept outside the database"),
            }[place]
            self._found.add(
                code,
                f"The log differs from {whose} of {size} entries: changed {between}.",
                leaf_index=state.good[place],
            )

    def _add(self, code: FindingCode, sentence: str, row: LeafRow) -> None:
        self._found.add(code, sentence, entry_id=row.entry_id, leaf_index=row.leaf_index)


def _sound(row: QuickRow) -> LogPlace | None:
    """The place of an entry that is what was sealed, with its content; None when something is to be looked at."""
    epoch, transaction_id, digest = row.epoch, row.transaction_id, row.content_digest
    if row.metadata is None or row.entry_id is None or digest is None or row.salt is None or row.content is None:
        return None
    if epoch is None or transaction_id is None or row.leaf_hash is None or PURGE_MARK in row.metadata:
        return None
    if sha256(b"\x00" + row.metadata.encode() + digest).digest() != row.leaf_hash:
        return None
    try:
        if sha256(row.salt + canonical_content(row.content)).digest() != digest:
            return None
    except _BAD_VALUE:
        return None
    return epoch, transaction_id, row.entry_id


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 20 else -1


def _decision_digest(fields: Mapping[str, str | None]) -> str | None:
    """The digest of a row read as text; None when a list of it is not JSON."""
    try:
        lists = {name: json.loads(fields[name] or "") for name in decision_row.LISTS}
        return decision_row.digest_of({**fields, **lists})
    except _BAD_VALUE:
        return None
