"""Reading the signed checkpoints of both places, in the database and outside, and comparing them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from compliance.checkpoint import Checkpoint, VerifierKey, open_checkpoint, unverified
from compliance.checkpoint_store import CheckpointStore, Kept, hour_of
from compliance.findings import FindingCode, Findings
from compliance.log_errors import BadNote, UnknownKey
from compliance.merkle import HASH_BYTES, CompactRange


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A row of the table `checkpoint` as read; None where a value cannot be read. `age_s`: since it was made."""

    size: int
    root: bytes | None
    peaks: bytes | None
    note: str | None
    age_s: float | None = None


@dataclass(frozen=True, slots=True)
class OutsideNotes:
    """What lies in the place outside: the notes kept for good, smallest tree first, and the one called the newest.

    `newest`: None when there is none, ``Kept(0, None)`` when it cannot be read. `set_aside`: names of what was put
    aside as evidence.
    """

    kept: Sequence[Kept] = ()
    newest: Kept | None = None
    set_aside: Sequence[str] = ()


@dataclass(slots=True)
class Anchors:
    """The checkpoints that are validly signed, by size, in the `database` and `outside`; `seen` counts all notes."""

    database: dict[int, Checkpoint] = field(default_factory=dict)
    outside: dict[int, Checkpoint] = field(default_factory=dict)
    seen: int = 0


def read_store(store: CheckpointStore) -> OutsideNotes:
    """All that lies in the place outside. Blocks: use a thread. Raises the store's ``OSError``."""
    kept = list(store.kept())
    try:
        note = store.latest()
        newest = None if note is None else Kept(unverified(note).size, note)
    except BadNote:
        newest = Kept(0, None)
    return OutsideNotes(kept, newest, store.set_aside())


def read_anchors(
    rows: Iterable[CheckpointRow], there: OutsideNotes, keys: Sequence[VerifierKey], found: Findings
) -> Anchors:
    """Check every note of both places, compare the places, and return the signed heads."""
    anchors = Anchors(outside=read_outside(there, keys, found), seen=len(there.kept) + (there.newest is not None))
    stored: dict[int, float | None] = {}
    for row in rows:
        anchors.seen += 1
        stored[row.size] = row.age_s
        _read_note(anchors.database, row.size, row.note, keys, found, "in the database")
        signed = anchors.database.get(row.size)
        _compare_row(row, None if signed is None else signed.root, found)
    _compare_places(stored, anchors, found)
    return anchors


def read_notes(
    kept: Iterable[Kept], keys: Sequence[VerifierKey], found: Findings, place: str = "kept outside the database"
) -> dict[int, Checkpoint]:
    """The validly signed heads among notes of one `place`, by size."""
    heads: dict[int, Checkpoint] = {}
    for one in kept:
        _read_note(heads, one.size, one.note, keys, found, place)
    return heads


def read_kept(kept: Iterable[Kept], keys: Sequence[VerifierKey], found: Findings) -> dict[int, Checkpoint]:
    """As `read_notes`, of notes among which one size may be there more than once: they must be of one tree."""
    heads: dict[int, Checkpoint] = {}
    for one in kept:
        for size, head in read_notes([one], keys, found).items():
            if heads.setdefault(size, head).head != head.head:
                found.add(
                    FindingCode.CHECKPOINT_DISAGREES,
                    f"Two checkpoints of {size} entries that are kept outside name different logs.",
                )
    return heads


def read_outside(there: OutsideNotes, keys: Sequence[VerifierKey], found: Findings) -> dict[int, Checkpoint]:
    """As `read_notes`, with the one that is called the newest, which must be."""
    heads = read_notes(there.kept, keys, found)
    for name in there.set_aside:
        found.add(
            FindingCode.CHECKPOINT_SET_ASIDE,
            f"{name} was no checkpoint of this log and was put aside: look at it, then take it out of the folder.",
        )
    largest = max(heads, default=0)
    if there.newest is None:
        if there.kept:
            found.add(FindingCode.LATEST_DIFFERS, "The file of the newest checkpoint outside is gone.")
        return heads
    _read_note(heads, there.newest.size, there.newest.note, keys, found, "called the newest outside the database")
    if there.newest.size < largest:
        found.add(
            FindingCode.LATEST_DIFFERS,
            f"The checkpoint that is called the newest outside has {there.newest.size} entries, but one of "
            f"{largest} is kept: it was set back.",
        )
    return heads


def _read_note(
    heads: dict[int, Checkpoint],
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
    except UnknownKey:
        found.add(
            FindingCode.KEY_UNKNOWN,
            f"The checkpoint of {size} entries {place} is signed by another key than {_names(keys)}: the key file was "
            "swapped, or it is of another log.",
        )
        return
    except BadNote as error:
        found.add(FindingCode.CHECKPOINT_UNREADABLE, f"The checkpoint of {size} entries {place} is not valid: {error}")
        return
    if head.size != size:
        found.add(
            FindingCode.CHECKPOINT_ALTERED,
            f"The checkpoint of {size} entries {place} is in truth signed for {head.size}.",
        )
        return
    heads[size] = head


def _names(keys: Sequence[VerifierKey]) -> str:
    return " and ".join(f"{key.name}+{key.key_id.hex()}" for key in keys)


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


BEHIND_S: Final = 60.0
"""How long a checkpoint may wait for its copy outside. The worker copies twice a second."""


def _compare_places(stored: dict[int, float | None], anchors: Anchors, found: Findings) -> None:
    if stored and not anchors.outside:
        found.add(
            FindingCode.STORE_EMPTY, "No valid checkpoint is kept outside the database: nobody else vouches for it."
        )
    newest = max(anchors.outside, default=0)
    for size in sorted(anchors.outside.keys() - stored.keys()):
        found.add(
            FindingCode.CHECKPOINT_MISSING, f"The checkpoint of {size} entries kept outside is not in the database."
        )
    for size in _kept_by_rule(anchors.database):
        if size < newest and size not in anchors.outside:
            found.add(
                FindingCode.CHECKPOINT_NOT_KEPT,
                f"The checkpoint of {size} entries is in the database but not among those kept outside.",
            )
    waiting = [age for size, age in stored.items() if size > newest and age is not None]
    if newest and waiting and max(waiting) > BEHIND_S:
        found.add(
            FindingCode.STORE_BEHIND,
            f"The copy outside ends at {newest} entries and has waited for {max(waiting) / 60:.0f} minutes: of "
            f"{max(stored)} signed entries the last {max(stored) - newest} are vouched for by nobody else.",
        )
    name_disagreements(anchors, found)


def _kept_by_rule(signed: dict[int, Checkpoint]) -> list[int]:
    """The sizes that the rule of `checkpoint_store` keeps for good: the first of each hour, and what names no time."""
    kept: list[int] = []
    last: datetime | None = None
    for size in sorted(signed):
        hour = hour_of(signed[size])
        if hour is None or last is None or hour > last:
            kept.append(size)
            last = hour or last
    return kept


def name_disagreements(anchors: Anchors, found: Findings) -> None:
    """A finding for each size that both places know with different roots."""
    for size in sorted(anchors.database.keys() & anchors.outside.keys()):
        if anchors.database[size].head != anchors.outside[size].head:
            found.add(
                FindingCode.CHECKPOINT_DISAGREES,
                f"The checkpoint of {size} entries in the log and the one kept outside name different logs.",
            )
