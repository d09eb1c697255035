"""Checking a log row by row against its signed heads. Pure: whoever reads the rows feeds them, page by page.

It expects damage: a value that cannot be used is a finding, never an exception.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from compliance import decision_row, leaf
from compliance.anchors import Anchors
from compliance.findings import FindingCode, Findings, Report
from compliance.merkle import HASH_BYTES, CompactRange

# What reading hostile JSON may raise: bad syntax or numbers, nesting too deep, a shape that cannot be hashed.
_BAD_VALUE: Final = (ValueError, RecursionError, TypeError, KeyError)


@dataclass(frozen=True, slots=True)
class LeafRow:
    """One sealed entry as read. `metadata` is None when the entry is gone, `content` when its content is (JSON text).

    `readable` is False when the entry or its content cannot be read at all; `leaf_hash` is None when not even the leaf.
    """

    leaf_index: int
    entry_id: int | None
    leaf_hash: bytes | None
    metadata: leaf.Metadata | None
    content_digest: bytes | None
    salt: bytes | None
    content: str | None
    readable: bool = True


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry's place: `sealed` when it has a leaf; `next_transaction` is the first number not yet given out."""

    entry_id: int
    transaction_id: int
    sealed: bool
    next_transaction: int
    lacks_decision: bool


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as read: `fields` by column as text; `digest` and `subject_id` are its entry's, None without one."""

    fields: Mapping[str, str | None]
    entry_id: int | None
    entry_found: bool
    subject_id: str | None
    digest: str | None


class Verifier:
    """Feed the leaves in order, then the entries and decisions in any order, then ask for the report.

    State: the tree so far, until a hole breaks it; the last place in the log's order; what was found.
    """

    def __init__(self, anchors: Anchors, found: Findings) -> None:
        """Compare with `anchors`; go on collecting in `found`."""
        self._anchors = anchors
        self._found = found
        self._tree = CompactRange()
        self._whole = True
        self._expected = 0
        self._place = (-1, -1)
        self._good = {"database": 0, "outside": 0}
        self._differs: set[str] = set()
        self._anchored_entry: int | None = None
        self._unsealed = 0
        self._decisions = 0
        self._first_format = 0

    def feed(self, rows: Iterable[LeafRow]) -> None:
        """Check the next rows, which come in order of their index."""
        for row in rows:
            self._check_index(row)
            self._check_entry(row)
            self._grow(row)

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
            self._unsealed += 1
            if (row.transaction_id, row.entry_id) <= self._place or row.transaction_id >= row.next_transaction:
                self._found.add(
                    FindingCode.ENTRY_ADDED,
                    f"Entry {row.entry_id} was added where the log had already been sealed.",
                    entry_id=row.entry_id,
                )

    def feed_decisions(self, rows: Iterable[DecisionRow]) -> None:
        """Compare decisions with the digests in their entries."""
        for row in rows:
            self._decisions += 1
            self._first_format += row.fields["format"] == decision_row.FIRST_FORMAT
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

    def report(self) -> Report:
        """The result, once everything has been fed."""
        claimed = max([0, *self._anchors.database, *self._anchors.outside])
        if claimed > self._expected:
            self._found.add(
                FindingCode.TAIL_MISSING,
                f"A signed checkpoint counts {claimed} entries, the log has {self._expected}: "
                f"the last {claimed - self._expected} are missing.",
                leaf_index=self._expected,
            )
        if self._expected and not self._anchors.seen:
            self._found.add(FindingCode.NOTHING_SIGNED, "No signed checkpoint vouches for the sealed entries.")
        return Report(
            findings=tuple(self._found.listed),
            more=self._found.more,
            size=self._expected,
            root=self._tree.root() if self._whole else None,
            anchored_size=self._good["outside"],
            anchored_entry_id=self._anchored_entry,
            unsealed=self._unsealed,
            decisions=self._decisions,
            checkpoints=self._anchors.seen,
            first_format=self._first_format,
        )

    def _check_index(self, row: LeafRow) -> None:
        if row.leaf_index < self._expected:
            self._whole = False
            self._add(FindingCode.ENTRY_ADDED, f"Place {row.leaf_index} of the log is taken more than once.", row)
            return
        if row.leaf_index > self._expected:
            self._whole = False
            self._found.add(
                FindingCode.LEAF_MISSING,
                f"Places {self._expected} to {row.leaf_index - 1} of the log are missing.",
                leaf_index=self._expected,
            )
        self._expected = row.leaf_index + 1

    def _check_entry(self, row: LeafRow) -> None:
        if not row.readable:
            self._add(FindingCode.ROW_UNREADABLE, f"Entry {row.entry_id} or its content cannot be read.", row)
        elif row.metadata is None:
            self._add(FindingCode.ENTRY_MISSING, f"Entry {row.entry_id} was sealed and is no longer there.", row)
        elif row.content_digest is None or leaf.leaf_hash(row.metadata, row.content_digest) != row.leaf_hash:
            self._add(FindingCode.ENTRY_ALTERED, f"Entry {row.entry_id} is not what was sealed.", row)
        else:
            self._check_order(row, row.metadata)
            self._check_content(row)

    def _check_order(self, row: LeafRow, metadata: leaf.Metadata) -> None:
        place = (_number(metadata["transaction_id"]), _number(metadata["entry_id"]))
        if place <= self._place:
            self._add(FindingCode.ENTRY_ADDED, f"Entry {row.entry_id} stands where it cannot have been written.", row)
        self._place = max(place, self._place)

    def _check_content(self, row: LeafRow) -> None:
        if row.content is None or row.salt is None:
            self._add(FindingCode.CONTENT_MISSING, f"The content of entry {row.entry_id} is no longer there.", row)
            return
        try:
            digest: bytes | None = leaf.content_digest(row.salt, json.loads(row.content))
        except _BAD_VALUE:
            digest = None
        if digest != row.content_digest:
            self._add(FindingCode.CONTENT_ALTERED, f"The content of entry {row.entry_id} is not what was written.", row)

    def _grow(self, row: LeafRow) -> None:
        if row.leaf_hash is None or len(row.leaf_hash) != HASH_BYTES:
            self._whole = False
        if not self._whole or row.leaf_hash is None:
            return
        self._tree = self._tree.extend([row.leaf_hash])
        for place, heads in (("database", self._anchors.database), ("outside", self._anchors.outside)):
            signed = heads.get(self._tree.size)
            if signed is not None:
                self._compare(place, signed.root, row)

    def _compare(self, place: str, signed: bytes, row: LeafRow) -> None:
        """Heads after the first that differs differ too; only the first says where the change is."""
        size = self._tree.size
        if self._tree.root() == signed:
            if place not in self._differs:
                self._good[place] = size
                self._anchored_entry = row.entry_id if place == "outside" else self._anchored_entry
        elif place not in self._differs:
            self._differs.add(place)
            between = f"between places {self._good[place]} and {size - 1}"
            code, whose = {
                "database": (FindingCode.TREE_ALTERED, "its signed checkpoint"),
                "outside": (FindingCode.LOG_REWRITTEN, "the signed checkpoint kept outside the database"),
            }[place]
            self._found.add(
                code,
                f"The log differs from {whose} of {size} entries: changed {between}.",
                leaf_index=self._good[place],
            )

    def _add(self, code: FindingCode, sentence: str, row: LeafRow) -> None:
        self._found.add(code, sentence, entry_id=row.entry_id, leaf_index=row.leaf_index)


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 20 else -1


def _decision_digest(fields: Mapping[str, str | None]) -> str | None:
    """The digest of a row read as text; None when a list of it is not JSON."""
    try:
        lists = {name: json.loads(fields[name] or "") for name in decision_row.LISTS}
        return decision_row.digest_of({**fields, **lists})
    except _BAD_VALUE:
        return None
