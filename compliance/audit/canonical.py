"""The canonical bytes of a log entry and the hash that stands for it in the tree. Pure; the format is `docs/log.md`.

Everything that is hashed is JSON as RFC 8785 writes it, over strings, null, lists and objects only (no numbers), so
that any language can repeat it. Times are text in UTC with six decimals, ids are lower-case text.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from compliance.audit import merkle

ENTRY_FORMAT: Final = "titrate-entry/1"
EPOCH_FORMAT: Final = "titrate-entry/2"
"""Of entries of a later epoch than the first; the first's stay as they are and verify for ever."""

FIRST_EPOCH: Final = "0"

METADATA_FIELDS: Final = (
    "entry_id",
    "transaction_id",
    "occurred_at",
    "recorded_at",
    "actor_id",
    "actor_role",
    "action",
    "outcome",
    "rule",
    "subject_type",
    "subject_id",
    "patient_id",
    "visit_id",
    "digest",
)
"""The fields of an entry that its leaf covers besides the content digest: all text, None where absent."""

Metadata = Mapping[str, str | None]
"""One value for each of ``METADATA_FIELDS``, and ``epoch`` where it is not the first."""


def canonical(value: object) -> bytes:
    """RFC 8785 bytes of strings, None, lists and objects with ASCII keys. Raises ``ValueError``: not Unicode."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def instant(moment: datetime) -> str:
    """An aware time as the log writes it: ``2026-11-24T15:21:44.000000Z``. Raises ``ValueError``: naive."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def metadata_bytes(metadata: Metadata) -> bytes:
    """The canonical bytes of an entry's metadata; raises ``KeyError`` when a field is missing."""
    fields = {name: metadata[name] for name in METADATA_FIELDS}
    epoch = metadata.get("epoch") or FIRST_EPOCH
    if epoch == FIRST_EPOCH:
        return canonical({"format": ENTRY_FORMAT, **fields})
    return canonical({"format": EPOCH_FORMAT, "epoch": epoch, **fields})


def content_digest(salt: bytes, content: object) -> bytes:
    """What the leaf holds of the content. The salt keeps a purged content from being found by guessing."""
    return sha256(salt + canonical(content)).digest()


def leaf_hash(metadata: Metadata, digest_of_content: bytes) -> bytes:
    """SHA-256(0x00 || canonical metadata || content digest): the last 32 bytes are always the digest."""
    return merkle.leaf_hash(metadata_bytes(metadata) + digest_of_content)


def digest_hex(value: object) -> str:
    """SHA-256 over the canonical bytes of a record, in hexadecimal: what an entry says of a row elsewhere."""
    return sha256(canonical(value)).hexdigest()
