"""Verifying an exported log line by line, in one pass and in little memory: each decision follows its own entry."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from compliance.audit import canonical as leaf
from compliance.audit.bundle import first
from compliance.audit.bundle.lacking import Lacking
from compliance.audit.bundle.lines import (
    BAD_VALUE,
    FORMAT,
    UNRECOGNIZED,
    Header,
    Parsed,
    Value,
    parse,
    read_decision,
    read_header,
    read_leaf,
    read_pack,
    read_withheld,
)
from compliance.audit.bundle.packs import BundledPacks
from compliance.audit.bundle.verdict import Verdict
from compliance.audit.checkpoint import Checkpoint, VerifierKey, unverified
from compliance.audit.errors import BadNote
from compliance.audit.findings import FindingCode, Findings
from compliance.audit.signed_heads import SignedHeads, name_disagreements, read_kept, read_notes
from compliance.audit.store import Kept
from compliance.audit.verification.rows import DecisionRow, QuickRow
from compliance.audit.verifier import Verifier
from compliance.prescribing import decision_row
from compliance.shared.errors import UnusableInput

_ORDER: Final = ("format", "checkpoint", "pack", "leaf_index")
"""The kinds of lines in the order of the file; decisions stand among the leaves."""


def verify_bundle(lines: Iterable[str], keys: Sequence[VerifierKey], kept: Sequence[Kept] = ()) -> Verdict:
    """Verify an exported log against its own checkpoints and those `kept` elsewhere. `lines` may have their line ends.

    Raises ``UnusableInput`` when the first line is not an export's; damage further down is a finding.
    """
    numbered = enumerate((line.removesuffix("\n").removesuffix("\r") for line in lines), start=1)
    head = next(numbered, (1, ""))[1].removeprefix("\ufeff")
    parsed = parse(head)
    told = None if parsed is None else parsed.value.get("format")
    if parsed is not None and parsed.value == {"format": first.FORMAT}:
        return first.verify(numbered, keys, kept)
    if parsed is None or told != FORMAT:
        raise UnusableInput(f"This is not an exported log: its first line does not say {FORMAT} or {first.FORMAT}.")
    reader = _Reader(keys, kept, parsed)
    blank = 0
    for number, line in numbered:
        if not line:
            blank = blank or number
            continue
        if blank:
            reader.altered(f"Line {blank} is empty.")
            blank = 0
        reader.read(number, line)
    return reader.verdict()


class _Reader:
    """Goes through a file once: header, older checkpoints, packs, then each entry with its decision."""

    def __init__(self, keys: Sequence[VerifierKey], kept: Sequence[Kept], head: Parsed) -> None:
        self._keys = keys
        self._found = Findings()
        self._lacking = Lacking()
        self._header = self._read_header(head)
        self._within = [one for one in kept if one.size <= self._header.size]
        self._beyond = [one for one in kept if one.size > self._header.size]
        self._stage = 0
        self._inside: dict[int, Checkpoint] = {}
        self._notes = self._newest = 0
        self._packs = BundledPacks(self._found)
        self._verifier: Verifier | None = None
        self._signed_heads = SignedHeads()
        self._leaves = 0
        self._last: QuickRow | None = None
        self._about_last: leaf.Metadata = {}
        self._awaited = False
        self._withheld = 0
        self._ended = False

    def altered(self, sentence: str, entry_id: int | None = None) -> None:
        """The file is not as an export writes it."""
        self._found.add(FindingCode.EXPORT_ALTERED, sentence, entry_id=entry_id)

    def read(self, number: int, line: str) -> None:
        """Take one line in."""
        parsed = parse(line)
        if parsed is None or parsed.kind is None:
            self.altered(f"Line {number} is none of an export's.")
            return
        if not parsed.strict:
            self.altered(f"Line {number} is not written as an export writes it.")
        try:
            self._take(number, parsed.kind, parsed.value)
        except BAD_VALUE:
            if parsed.strict:  # else it has its finding
                self.altered(f"Line {number} holds a value that an export does not write.")

    def verdict(self) -> Verdict:
        """The result after the last line."""
        verifier = self._started()
        self._miss_decision()
        self._packs.end()
        self._compare_header()
        beyond = read_kept(self._beyond, self._keys, self._found)
        if beyond:
            self._found.add(
                FindingCode.EXPORT_SHORTER,
                f"The file ends at {self._leaves} entries; a checkpoint of {max(beyond)} is kept elsewhere.",
                leaf_index=self._leaves,
            )
        return Verdict(
            report=verifier.report(),
            format=FORMAT,
            erased=self._lacking.erased,
            content_lacking=self._lacking.unexplained,
            withheld=self._withheld,
            packs=len(self._packs),
            packs_lacking=self._packs.lacking,
            beyond=len(beyond),
            kept=len(self._within) + len(self._beyond),
        )

    def _compare_header(self) -> None:
        """What the first line counts is what the file holds."""
        counted = {
            "older checkpoints": (self._header.checkpoints, self._notes),
            "policy packs": (self._header.packs, len(self._packs)),
        }
        if self._leaves >= max([0, *self._signed_heads.database, *self._signed_heads.outside]):
            counted["entries"] = (self._header.size, self._leaves)  # else a signed checkpoint counts more
        for what, (said, held) in counted.items():
            if said != held:
                self.altered(f"The first line counts {said} {what}, the file holds {held}.")

    def _read_header(self, head: Parsed) -> Header:
        if not head.strict:
            self.altered("Line 1 is not written as an export writes it.")
        try:
            header = read_header(
                {**dict.fromkeys(("checkpoint", "origin")), "checkpoints": 0, "packs": 0, **head.value}
            )
        except BAD_VALUE:
            self.altered("Line 1 does not say how many entries of which log follow.")
            return Header(0, None, None, 0, 0)
        claimed = None if header.note is None else _claimed(header.note)
        if header.note is None and header.size:
            self.altered(f"The first line counts {header.size} entries and holds no checkpoint of them.")
        if claimed is not None and (claimed.size, claimed.origin) != (header.size, header.origin):
            self.altered(
                f"The first line is of {header.size} entries, its checkpoint of {claimed.size} or another log."
            )
        return header

    def _take(self, number: int, kind: str, value: Value) -> None:
        if kind in _ORDER:
            stage = _ORDER.index(kind)
            if stage == 0 or stage < self._stage:
                self.altered(f"Line {number} is not where an export writes it.")
                return
            self._stage = stage
        match kind:
            case "checkpoint":
                self._note(number, value)
            case "pack":
                if not self._packs.take(read_pack(value)):
                    self.altered(f"Line {number} is not where an export writes it.")
            case "leaf_index":
                self._leaf(number, *read_leaf(value))
            case "decision":
                entry_id, fields = read_decision(value)
                self._decision(number, entry_id, fields)
            case _:
                self._withhold(number, read_withheld(value))

    def _note(self, number: int, value: Value) -> None:
        text = value["checkpoint"]
        if not isinstance(text, str):
            raise TypeError("a note is text")
        claimed = _claimed(text)
        size = 0 if claimed is None else claimed.size
        if claimed is not None and not self._newest < size < self._header.size:
            self.altered(f"Line {number}: the checkpoint of {size} entries is not where an export writes it.")
        self._notes, self._newest = self._notes + 1, max(self._newest, size)
        self._sign(Kept(size, None if claimed is None else text))

    def _sign(self, note: Kept) -> None:
        """Read a note at once: only what it signs is kept, of however many there are."""
        self._inside |= read_notes([note], self._keys, self._found, "in the file")

    def _started(self) -> Verifier:
        if self._verifier is None:
            if self._header.note is not None:
                self._sign(Kept(self._header.size, self._header.note))
            # Who has kept no checkpoints can only trust the key: then the file's own vouch for it.
            at_hand = self._within or self._beyond
            outside = read_kept(self._within, self._keys, self._found) if at_hand else self._inside
            seen = self._notes + (self._header.note is not None) + len(self._within)
            self._signed_heads = SignedHeads(self._inside, outside, seen)
            name_disagreements(self._signed_heads, self._found)
            self._verifier = Verifier(self._signed_heads, self._found, erasures=self._lacking)
        return self._verifier

    def _leaf(self, number: int, row: QuickRow, about: leaf.Metadata) -> None:
        self._miss_decision()
        if row.leaf_index >= self._header.size:
            if not self._ended:
                self.altered(f"Line {number} is beyond the {self._header.size} entries that the first line counts.")
            self._ended, self._last = True, None
            return
        self._started().feed_quick([row])
        self._leaves = max(self._leaves, row.leaf_index + 1)
        self._last, self._about_last = row, about
        kind = about.get("action"), about.get("subject_type")
        self._awaited = kind == (decision_row.ENTRY_ACTION, decision_row.SUBJECT)

    def _miss_decision(self) -> None:
        if self._awaited and self._last is not None:
            self._found.add(
                FindingCode.DECISION_MISSING,
                f"Entry {self._last.entry_id} records a decision that is not in the file.",
                entry_id=self._last.entry_id,
            )
        self._awaited = False

    def _decision(self, number: int, entry_id: int, fields: Mapping[str, str | None]) -> None:
        subject, digest = self._about(number, entry_id)
        row = DecisionRow(fields, entry_id, digest is not None, subject, digest)
        self._started().feed_decisions([row])
        self._packs.name(entry_id, fields)

    def _withhold(self, number: int, entry_id: int) -> None:
        last = self._last
        self._about(number, entry_id)
        self._withheld += 1
        content = None if last is None or last.content is None else parse(last.content)
        if content is not None and content.value.get("schedule") != UNRECOGNIZED:
            self.altered(f"The decision of entry {entry_id} is withheld without a reason.", entry_id)

    def _about(self, number: int, entry_id: int) -> tuple[str | None, str | None]:
        """What the entry before says of its decision: which, and its digest. None when the line is not its first."""
        last = self._last
        if last is None or last.entry_id != entry_id or not self._awaited:
            self.altered(f"Line {number}: the decision of entry {entry_id} does not follow its entry.", entry_id)
            return None, None
        self._awaited = False
        return self._about_last["subject_id"], self._about_last["digest"]


def _claimed(note: str) -> Checkpoint | None:
    """What a note says, whoever signed it; None when it says nothing."""
    try:
        return unverified(note)
    except BadNote:
        return None
