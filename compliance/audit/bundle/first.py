"""Verifying an exported log of `titrate-log/1`, which version 0.1.0 wrote, by the rules it had then.

They are looser: the first line states no size, and a line may be written in many ways. That a file is shorter than a
checkpoint kept elsewhere is said of it too. Nothing writes this format any more.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from compliance.audit import canonical as leaf
from compliance.audit.bundle.verdict import Verdict
from compliance.audit.checkpoint import VerifierKey, unverified
from compliance.audit.errors import BadNote
from compliance.audit.findings import FindingCode, Findings
from compliance.audit.signed_heads import SignedHeads, name_disagreements, read_kept, read_notes
from compliance.audit.store import Kept
from compliance.audit.verifier import DecisionRow, EntryRow, LeafRow, Verifier
from compliance.prescribing import decision_row

FORMAT: Final = "titrate-log/1"

# A line is data from outside: `Any` until each value has been checked for its type.
BundleLine = Mapping[str, Any]

_BAD_LINE: Final = (ValueError, TypeError, KeyError, RecursionError)


def verify(numbered: Iterable[tuple[int, str]], keys: Sequence[VerifierKey], kept: Sequence[Kept] = ()) -> Verdict:
    """Verify the lines after the first, which are numbered from 2."""
    reader = _Reader(keys, kept)
    for number, line in numbered:
        if line:
            reader.read(number, line)
    return reader.verdict()


class _Reader:
    """Goes through a file once: checkpoints, then entries, then decisions."""

    def __init__(self, keys: Sequence[VerifierKey], kept: Sequence[Kept]) -> None:
        self._keys, self._kept = keys, kept
        self._found = Findings()
        self._notes: list[Kept] = []
        self._verifier: Verifier | None = None
        self._beyond: list[Kept] = []
        self._leaves = 0
        self._claims: dict[int, tuple[str | None, str | None]] = {}
        self._met: set[int] = set()

    def read(self, number: int, line: str) -> None:
        """Take one line in."""
        value = _parse(line)
        try:
            if value is None:
                raise ValueError("not a JSON object")
            if "checkpoint" in value and self._verifier is None:
                self._notes.append(_kept_note(value["checkpoint"]))
            elif "leaf_index" in value:
                self._leaf(_leaf_row(value))
            else:
                self._decision(value)
        except _BAD_LINE:
            self._found.add(FindingCode.ROW_UNREADABLE, f"Line {number} cannot be read.")

    def verdict(self) -> Verdict:
        """The result after the last line."""
        verifier = self._started()
        lacking = sorted(self._claims.keys() - self._met)
        verifier.feed_entries([EntryRow(one, 0, True, 0, lacks_decision=True) for one in lacking])
        beyond = read_kept(self._beyond, self._keys, self._found)
        if beyond:
            self._found.add(
                FindingCode.EXPORT_SHORTER,
                f"The file ends at {self._leaves} entries; a checkpoint of {max(beyond)} is kept elsewhere.",
                leaf_index=self._leaves,
            )
        return Verdict(verifier.report(), FORMAT, beyond=len(beyond), kept=len(self._kept))

    def _started(self) -> Verifier:
        if self._verifier is None:
            reach = max((note.size for note in self._notes), default=0)
            kept = [one for one in self._kept if one.size <= reach]
            self._beyond = [one for one in self._kept if one.size > reach]
            inside = read_notes(self._notes, self._keys, self._found, "in the file")
            # Who has kept no checkpoints can only trust the key: then the bundle's own vouch for it.
            outside = read_kept(kept, self._keys, self._found) if self._kept else inside
            signed_heads = SignedHeads(inside, outside, len(self._notes) + len(kept))
            name_disagreements(signed_heads, self._found)
            self._verifier = Verifier(signed_heads, self._found)
        return self._verifier

    def _leaf(self, row: LeafRow) -> None:
        about = row.metadata or {}
        if (about.get("action"), about.get("subject_type")) == (decision_row.ENTRY_ACTION, decision_row.SUBJECT):
            self._claims[int(about["entry_id"] or "")] = (about["subject_id"], about["digest"])
        self._started().feed([row])
        self._leaves = max(self._leaves, row.leaf_index + 1)

    def _decision(self, value: BundleLine) -> None:
        entry_id = value["entry_id"]
        if not isinstance(entry_id, int):
            raise TypeError("an entry has a number")
        given = value["decision"]
        if not isinstance(given, dict):
            raise TypeError("a decision is an object")
        fields = {name: _text(given[name]) for name in decision_row.covered(given)}
        fields["format"] = _text(given.get("format")) or decision_row.FIRST_FORMAT
        subject, digest = self._claims.get(entry_id, (None, None))
        self._met.add(entry_id)
        row = DecisionRow(fields, entry_id, entry_id in self._claims, subject, digest)
        self._started().feed_decisions([row])


def _parse(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _kept_note(note: object) -> Kept:
    if not isinstance(note, str):
        raise TypeError("a note is text")
    try:
        return Kept(unverified(note).size, note)
    except BadNote:
        return Kept(0, None)


def _leaf_row(value: BundleLine) -> LeafRow:
    index, entry_id, metadata = value["leaf_index"], value["entry_id"], value["metadata"]
    if not isinstance(index, int) or not isinstance(entry_id, int | None):
        raise TypeError("an index is a number")
    return LeafRow(
        leaf_index=index,
        entry_id=entry_id,
        leaf_hash=_unhex(value["leaf_hash"]),
        metadata=None if metadata is None else {name: _text(metadata[name]) for name in leaf.METADATA_FIELDS},
        content_digest=_unhex(value["content_digest"]),
        salt=_unhex(value["salt"]),
        content=_text(value["content"]),
    )


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError("a value is text or null")


def _unhex(value: object) -> bytes | None:
    text = _text(value)
    return None if text is None else bytes.fromhex(text)
