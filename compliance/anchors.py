"""Reading the signed checkpoints of both places, in the database and outside, and comparing them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from compliance.checkpoint import VerifierKey, open_checkpoint
from compliance.checkpoint_store import Kept
from compliance.findings import FindingCode, Findings
from compliance.log_errors import BadNote
from compliance.merkle import HASH_BYTES, CompactRange


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A row of the table `checkpoint` as read; None where a value cannot be read."""

    size: int
    root: bytes | None
    peaks: bytes | None
    note: str | None


@dataclass(slots=True)
class Anchors:
    """The tree heads that are validly signed, by size, in the `database` and `outside`; `seen` counts all notes."""

    database: dict[int, bytes] = field(default_factory=dict)
    outside: dict[int, bytes] = field(default_factory=dict)
    seen: int = 0


def read_anchors(
    rows: Iterable[CheckpointRow], kept: Iterable[Kept], keys: Sequence[VerifierKey], found: Findings
) -> Anchors:
    """Check every note of both places, compare the places, and return the signed heads."""
    outside = [*kept]
    anchors = Anchors(outside=read_notes(outside, keys, found), seen=len(outside))
    stored: set[int] = set()
    for row in rows:
        anchors.seen += 1
        stored.add(row.size)
        _read_note(anchors.database, row.size, row.note, keys, found, "in the database")
        _compare_row(row, anchors.database.get(row.size), found)
    _compare_places(stored, anchors, found)
    return anchors


def read_notes(kept: Iterable[Kept], keys: Sequence[VerifierKey], found: Findings) -> dict[int, bytes]:
    """The validly signed heads among notes kept outside the database, by size."""
    heads: dict[int, bytes] = {}
    for one in kept:
        _read_note(heads, one.size, one.note, keys, found, "kept outside the database")
    return heads


def _read_note(
    heads: dict[int, bytes],
    size: int,
    note: str | None,
    keys: Sequence[VerifierKey],
    found: Findings,
    place: str,
) -> None:
    try:
        if note is None:
            raise BadNote("It cannot be read.")
        head = open_checkpoint(note, keys)
    except BadNote as error:
        found.add(FindingCode.CHECKPOINT_UNREADABLE, f"The checkpoint of {size} entries {place} is not valid: {error}")
        return
    if head.size != size:
        found.add(
            FindingCode.CHECKPOINT_ALTERED,
            f"The checkpoint of {size} entries {place} is in truth signed for {head.size}.",
        )
        return
    heads[size] = head.root


def _compare_row(row: CheckpointRow, signed_root: bytes | None, found: Findings) -> None:
    """The columns beside the note are what sealing continues from, so they must say what was signed."""
    if signed_root is None:
        return
    peaks = row.peaks or b""
    try:
        parts = tuple(peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES))
        continued: bytes | None = CompactRange(row.size, parts).root()
    except ValueError:
        continued = None
    if row.root != signed_root or continued != signed_root:
        found.add(
            FindingCode.CHECKPOINT_ALTERED, f"The row of the checkpoint of {row.size} entries is not what was signed."
        )


def _compare_places(stored: set[int], anchors: Anchors, found: Findings) -> None:
    if stored and not anchors.outside:
        found.add(
            FindingCode.STORE_EMPTY, "No valid checkpoint is kept outside the database: nobody else vouches for it."
        )
    newest = max(anchors.outside, default=0)
    for size in sorted(anchors.outside.keys() - stored):
        found.add(
            FindingCode.CHECKPOINT_MISSING, f"The checkpoint of {size} entries kept outside is not in the database."
        )
    for size in sorted(anchors.database.keys() - anchors.outside.keys()):
        # Those newer than the newest kept outside are only waiting for the next export.
        if size < newest:
            found.add(
                FindingCode.CHECKPOINT_NOT_KEPT,
                f"The checkpoint of {size} entries is in the database but not among those kept outside.",
            )
    name_disagreements(anchors, found)


def name_disagreements(anchors: Anchors, found: Findings) -> None:
    """A finding for each size that both places know with different roots."""
    for size in sorted(anchors.database.keys() & anchors.outside.keys()):
        if anchors.database[size] != anchors.outside[size]:
            found.add(
                FindingCode.CHECKPOINT_DISAGREES,
                f"The checkpoint of {size} entries in the log and the one kept outside name different logs.",
            )
