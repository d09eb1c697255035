"""Reading the signed checkpoints of both places, in the database and outside, and comparing them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from compliance.audit.checkpoint import Checkpoint, VerifierKey, open_checkpoint, unverified
from compliance.audit.errors import BadNote, UnknownSigningKey
from compliance.audit.findings import FindingCode, Findings
from compliance.audit.merkle import HASH_BYTES, CompactRange
from compliance.audit.store import CheckpointStore, Kept


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
class SignedHeads:
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
    except UnknownSigningKey:
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


def read_row(heads: dict[int, Checkpoint], row: CheckpointRow, keys: Sequence[VerifierKey], found: Findings) -> None:
    """Check a row of the table: its note, and what stands beside it. A valid head goes into `heads`."""
    _read_note(heads, row.size, row.note, keys, found, "in the database")
    signed = heads.get(row.size)
    _compare_row(row, None if signed is None else signed.root, found)


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


def name_disagreements(signed_heads: SignedHeads, found: Findings) -> None:
    """A finding for each size that both places know with different roots."""
    for size in sorted(signed_heads.database.keys() & signed_heads.outside.keys()):
        name_disagreement(signed_heads.database[size], signed_heads.outside[size], found)


def name_disagreement(inside: Checkpoint, outside: Checkpoint, found: Findings) -> None:
    """A finding when the two, of one size, are not of one tree."""
    if inside.head != outside.head:
        found.add(
            FindingCode.CHECKPOINT_DISAGREES,
            f"The checkpoint of {inside.size} entries in the log and the one kept outside name different logs.",
        )
