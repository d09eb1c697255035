"""The lines of `titrate-log/2`: written in one form only, and read back strictly. Pure; the format is `docs/log.md`.

Every line is the canonical JSON of an object (RFC 8785; its only numbers are whole ones below 2^53), so a line that
was touched is another line, and one that is read can be compared byte by byte with what it says.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from compliance.audit import canonical as leaf
from compliance.audit.coverage.values import CONTENT_MEMBER
from compliance.audit.verification.rows import DecisionRow, LeafRow, QuickRow
from compliance.prescribing import decision_row

FORMAT: Final = "titrate-log/2"
MOST: Final = 2**53 - 1
"""The largest number that every reader of JSON keeps exactly."""

# A line is data from outside: `Any` until each value has been checked for its type.
Value = Mapping[str, Any]

BAD_VALUE: Final = (ValueError, TypeError, KeyError, RecursionError)
"""What reading hostile JSON may raise."""

AS_TYPED: Final = frozenset({"titrate-decision/1", "titrate-decision/2"})
"""The formats of decisions whose rows hold the name of the medicine as it was typed."""

UNRECOGNIZED: Final = "unknown"
"""The schedule of a name that no reference file knows."""

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_KINDS: Final = {
    "format": {"checkpoint", "checkpoints", "format", "origin", "packs", "size"},
    "checkpoint": {"checkpoint"},
    "pack": {"pack"},
    "leaf_index": {"leaf_index", "entry_id", "leaf_hash", "metadata", "content_digest", "salt", "content"},
    "decision": {"decision", "entry_id"},
    "withheld": {"withheld", "entry_id"},
}
"""The keys of each kind of line, by the key that tells the kind."""
_METADATA: Final = {"format", *leaf.METADATA_FIELDS}
_LATER: Final = {*_METADATA, "epoch"}
_PACK: Final = {"id", "version", "sha256", "text"}


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: how many entries follow, of which log (`origin`), up to which signed `note`; both None when
    nothing is signed. `checkpoints` and `packs` count the lines of older checkpoints and of packs.
    """

    size: int
    origin: str | None
    note: str | None
    checkpoints: int
    packs: int


@dataclass(frozen=True, slots=True)
class PackText:
    """A policy pack as its file says it; `sha256` is what decisions name it by, in hexadecimal."""

    id: str
    version: str
    sha256: str
    text: str

    @property
    def holds(self) -> bool:
        """Whether the text is the one of the digest."""
        return sha256(self.text.encode()).hexdigest() == self.sha256


@dataclass(frozen=True, slots=True)
class Parsed:
    """A line as read. `kind` is the key that tells it, None when there is none; `strict`: it is written in the one form
    and has the keys of its kind and no others.
    """

    kind: str | None
    value: Value
    strict: bool


def written(value: Value) -> str:
    """A line with its line end."""
    return leaf.canonical(value).decode() + "\n"


def header_line(header: Header) -> str:
    """The first line."""
    return written(
        {
            "format": FORMAT,
            "size": header.size,
            "origin": header.origin,
            "checkpoint": header.note,
            "checkpoints": header.checkpoints,
            "packs": header.packs,
        }
    )


def note_line(note: str) -> str:
    """The line of an older checkpoint."""
    return written({"checkpoint": note})


def pack_line(pack: PackText) -> str:
    """The line of a policy pack."""
    return written({"pack": {"id": pack.id, "version": pack.version, "sha256": pack.sha256, "text": pack.text}})


def leaf_line(row: LeafRow) -> str:
    """The line of a sealed entry; what is missing or unreadable is null.

    Content that holds digests of the record stays here, with its salt: a birth date, a name or the answer to a question
    is found by trying all that there are. The content digest says nothing to whoever has no salt.
    """
    content = _content(row.content)
    told = not (isinstance(content, dict) and CONTENT_MEMBER in content)
    return written(
        {
            "leaf_index": row.leaf_index,
            "entry_id": row.entry_id,
            "leaf_hash": _hex(row.leaf_hash),
            "metadata": None if row.metadata is None else json.loads(leaf.metadata_bytes(row.metadata)),
            "content_digest": _hex(row.content_digest),
            "salt": _hex(row.salt) if told else None,
            "content": content if told else None,
        }
    )


def decision_line(row: DecisionRow) -> str:
    """The line of a decision: the very object whose canonical bytes are hashed. Raises ``ValueError`` for a row that
    has no such object.
    """
    columns = decision_row.covered(row.fields)
    told = {name: _column(name, row.fields[name]) for name in columns}
    told["format"] = row.fields["format"] or decision_row.FIRST_FORMAT
    return written({"decision": told, "entry_id": row.entry_id})


def withheld_line(entry_id: int) -> str:
    """The line that stands for a decision whose row holds a name as somebody typed it."""
    return written({"entry_id": entry_id, "withheld": True})


def withholds(row: DecisionRow) -> bool:
    """Whether a row holds a name as typed that no reference file knows: it may be anything, a person's name too."""
    return row.fields["format"] in AS_TYPED and row.fields["schedule"] == UNRECOGNIZED


def _column(name: str, text: str | None) -> Any:
    return json.loads(text or "") if name in decision_row.LISTS else text


def _content(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except BAD_VALUE:
        return None


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def parse(line: str) -> Parsed | None:
    """A line without its line end; None when it is no JSON object."""
    try:
        value = json.loads(line)
    except BAD_VALUE:
        return None
    if not isinstance(value, dict):
        return None
    kind = next((key for key in _KINDS if key in value), None)
    return Parsed(kind, value, kind is not None and value.keys() == _KINDS[kind] and _is_canonical(line, value))


def _is_canonical(line: str, value: Value) -> bool:
    try:
        return leaf.canonical(value) == line.encode()
    except BAD_VALUE:
        return False


def read_header(value: Value) -> Header:
    """The values of a first line; raises one of ``BAD_VALUE``."""
    return Header(
        _count(value["size"]),
        _text(value["origin"]),
        _text(value["checkpoint"]),
        _count(value["checkpoints"]),
        _count(value["packs"]),
    )


def read_pack(value: Value) -> PackText:
    """The values of a pack's line; raises one of ``BAD_VALUE``."""
    pack = value["pack"]
    if not isinstance(pack, dict) or pack.keys() != _PACK or not all(isinstance(one, str) for one in pack.values()):
        raise TypeError("a pack is four texts")
    pack["text"].encode()
    return PackText(pack["id"], pack["version"], pack["sha256"], pack["text"])


def read_leaf(value: Value) -> tuple[QuickRow, leaf.Metadata]:
    """The values of an entry's line, and its metadata by field (empty when the entry is gone); raises one of
    ``BAD_VALUE``, also where two of them contradict each other.
    """
    metadata = _metadata(value["metadata"])
    entry_id = None if value["entry_id"] is None else _count(value["entry_id"])
    if metadata and metadata["entry_id"] != str(entry_id):
        raise ValueError("an entry has one number")
    salt, content = _bytes(value["salt"]), value["content"]
    if (salt is None) != (content is None):
        raise ValueError("salt and content go together")
    row = QuickRow(
        leaf_index=_count(value["leaf_index"]),
        entry_id=entry_id,
        leaf_hash=_bytes(value["leaf_hash"]),
        metadata=leaf.canonical(value["metadata"]).decode() if metadata else None,
        content_digest=_bytes(value["content_digest"]),
        salt=salt,
        content=None if content is None else leaf.canonical(content).decode(),
        epoch=int(metadata.get("epoch") or leaf.FIRST_EPOCH) if metadata else None,
        transaction_id=int(metadata["transaction_id"] or "") if metadata else None,
    )
    return row, metadata


def _metadata(value: object) -> leaf.Metadata:
    """Metadata without its format; that it is a later epoch's is said by its format and by the epoch alike."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError("metadata is an object")
    later = "epoch" in value
    if value.keys() != (_LATER if later else _METADATA) or (later and value["epoch"] == leaf.FIRST_EPOCH):
        raise ValueError("metadata has other keys")
    if value["format"] != (leaf.EPOCH_FORMAT if later else leaf.ENTRY_FORMAT):
        raise ValueError("metadata is of another format")
    fields = {name: _text(one) for name, one in value.items() if name != "format"}
    for name in ("entry_id", "transaction_id", "epoch"):
        if not _NUMBER.fullmatch(fields.get(name, leaf.FIRST_EPOCH) or ""):
            raise ValueError("a number is written without signs and zeros")
    return fields


def read_decision(value: Value) -> tuple[int, Mapping[str, str | None]]:
    """The entry's number and the decision's columns as text, lists as JSON text; raises one of ``BAD_VALUE``."""
    given = value["decision"]
    if not isinstance(given, dict) or not isinstance(given["format"], str):
        raise TypeError("a decision is an object that says its format")
    columns = decision_row.covered(given)
    if given.keys() != {"format", *columns}:
        raise KeyError("a decision has the columns of its format")
    fields = {
        name: leaf.canonical(given[name]).decode() if name in decision_row.LISTS else _text(given[name])
        for name in columns
    }
    return _count(value["entry_id"]), {**fields, "format": given["format"]}


def read_withheld(value: Value) -> int:
    """The number of the entry whose decision is withheld; raises one of ``BAD_VALUE``."""
    if value["withheld"] is not True:
        raise ValueError("withheld is true or not there")
    return _count(value["entry_id"])


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise TypeError("a number is whole and below 2^53")
    return value


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError("a value is text or null")


def _bytes(value: object) -> bytes | None:
    text = _text(value)
    if text is None:
        return None
    if not _HEX.fullmatch(text):
        raise ValueError("bytes are lower-case hexadecimal")
    return bytes.fromhex(text)
