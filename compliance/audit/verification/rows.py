"""The rows of the log as the verification takes them. Pure values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from compliance.audit import canonical as leaf


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


class QuickRow(NamedTuple):
    """The same as PostgreSQL gives it on the fast way; a tuple, for there are millions.

    `metadata` is the canonical JSON text itself (RFC 8785), None when the entry is gone; `epoch` and `transaction_id`
    are those of the entry, None where it has none.
    """

    leaf_index: int
    entry_id: int | None
    leaf_hash: bytes | None
    metadata: str | None
    content_digest: bytes | None
    salt: bytes | None
    content: str | None
    epoch: int | None
    transaction_id: int | None

    def slow(self) -> LeafRow:
        """The row with its metadata by field; not readable when that text is no object."""
        try:
            fields = None if self.metadata is None else dict(json.loads(self.metadata))
        except (ValueError, TypeError, RecursionError):
            return LeafRow(self.leaf_index, self.entry_id, self.leaf_hash, None, None, None, None, readable=False)
        return LeafRow(
            self.leaf_index, self.entry_id, self.leaf_hash, fields, self.content_digest, self.salt, self.content
        )


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed entry for those who look at more than the tree. `metadata` and `content` are JSON text, None when gone.

    Whether the entry itself is as it was sealed is not said here: that is a finding of its own.
    """

    leaf_index: int
    entry_id: int | None
    metadata: str | None
    salt: bytes | None
    content: str | None

    @property
    def patient_id(self) -> str | None:
        """Whom the entry is about."""
        found = json.loads(self.metadata).get("patient_id") if self.metadata else None
        return found if isinstance(found, str) else None


def sealed_of(row: LeafRow | QuickRow) -> Sealed:
    """What an observer sees of a row."""
    if isinstance(row, QuickRow):
        return Sealed(row.leaf_index, row.entry_id, row.metadata, row.salt, row.content)
    try:
        metadata = None if row.metadata is None else leaf.metadata_bytes(row.metadata).decode()
    except (KeyError, ValueError):
        metadata = None
    return Sealed(row.leaf_index, row.entry_id, metadata, row.salt, row.content)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry's place: `sealed` when it has a leaf; `next_transaction` is the first number not yet given out.

    That number counts in the `current_epoch`; in an earlier one none can be said.
    """

    entry_id: int
    transaction_id: int
    sealed: bool
    next_transaction: int
    lacks_decision: bool
    epoch: int = 0
    current_epoch: int = 0


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as read: `fields` by column as text; `digest` and `subject_id` are its entry's, None without one."""

    fields: Mapping[str, str | None]
    entry_id: int | None
    entry_found: bool
    subject_id: str | None
    digest: str | None
