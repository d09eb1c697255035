"""Writing to the log: one entry for each thing done, refused or blocked, inside the transaction of what it records.

Entries hold ids, codes, times and digests; no clinical text, no names. Sealing into the tree comes later (`sealing`).
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    LargeBinary,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from compliance.audit import canonical as leaf
from compliance.audit.coverage import digest as record_digest
from compliance.audit.coverage.values import CONTENT_MEMBER, CoveredRecord
from compliance.audit.errors import InvalidEntry
from compliance.audit.typed_text.texts import TypedText
from compliance.shared.tables import audit_content, audit_entry, audit_text

SALT_BYTES: Final = 16
METADATA_COLUMNS: Final = (*leaf.METADATA_FIELDS, "epoch")
_WORD_LIMIT: Final = 120
_NO_TEXTS: Final[Mapping[str, TypedText]] = MappingProxyType({})
_COLUMNS: Final = (
    "actor_id",
    "actor_role",
    "action",
    "outcome",
    "rule",
    "subject_type",
    "subject_id",
    "patient_id",
    "visit_id",
    "occurred_at",
    "digest",
    "content_digest",
)
_ACTION = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class EntryOutcome(StrEnum):
    """How it ended: done; refused for want of a right; blocked by a prescribing rule."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One fact for the log.

    `actor_id` is None when the program itself acted. `action` is `resource.verb`, `rule` the id of the rule that
    decided. `occurred_at` is aware; when it was really written is recorded besides, by the database. `digest` is
    SHA-256 in hexadecimal of what the entry is about, where there is such a row. `details` holds ids and codes only,
    may be erased later without breaking the proof, and is empty when there is nothing to add. `records` are the rows
    that the entry is about, as they stand: their digests are sealed with it, in what may be erased.
    """

    actor_id: UUID | None
    actor_role: str
    action: str
    outcome: EntryOutcome
    rule: str
    subject_type: str
    subject_id: UUID | str | None
    patient_id: UUID | None
    visit_id: UUID | None
    occurred_at: datetime
    digest: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    records: Sequence[CoveredRecord] = ()


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row that is written with its entry, whose number becomes its `audit_entry_id`. `values`: its other columns."""

    table: Table
    values: Mapping[str, object]


async def append(
    conn: AsyncConnection,
    entry: AuditEntry,
    typed: Mapping[str, TypedText] = _NO_TEXTS,
    about: WrittenRow | None = None,
) -> int:
    """Write the entry in the caller's open transaction, by one statement, and return its number. `typed`: texts kept
    beside it, by name, whose digests are in its details already. `about`: the row that it is about. Raises
    ``InvalidEntry``.

    Numbers grow but are not without gaps (a rolled-back transaction leaves one): completeness is proven by leaf
    indexes.
    """
    check(entry)
    salt = secrets.token_bytes(SALT_BYTES)
    details = _content(entry, salt)
    values: dict[str, object] = {
        **{f"entry_{name}": value for name, value in _values(entry, leaf.content_digest(salt, details)).items()},
        "salt": salt,
        "details": details,
    }
    for name, text in typed.items():
        values |= {f"salt_{name}": text.salt, f"text_{name}": text.content}
    if about is not None:
        values |= {f"row_{name}": value for name, value in about.values.items()}
    statement = _appending(tuple(typed), about and about.table, tuple(about.values) if about else ())
    number: int = (await conn.execute(statement, values)).scalar_one()
    return number


@lru_cache
def _appending(texts: tuple[str, ...], table: Table | None, names: tuple[str, ...]) -> ReturningInsert[int]:
    """The statement that writes an entry, its content, texts of these names, and these columns of a row: made once, and
    given its values.
    """
    columns: dict[str, BindParameter[object]] = {name: bindparam(f"entry_{name}") for name in _COLUMNS}
    written = insert(audit_entry).values(columns).returning(audit_entry.c.id).cte("written")
    content = insert(audit_content).from_select(
        ["entry_id", "salt", "content"],
        select(written.c.id, bindparam("salt", type_=LargeBinary), bindparam("details", type_=JSONB)),
    )
    for name in texts:
        typed = (bindparam(f"salt_{name}", type_=LargeBinary), bindparam(f"text_{name}", type_=Text))
        kept = insert(audit_text).from_select(
            ["entry_id", "name", "salt", "content"], select(written.c.id, literal(name), *typed)
        )
        content = content.add_cte(kept.cte(f"kept_{name}"))
    if table is not None:
        row = (bindparam(f"row_{name}", type_=table.c[name].type) for name in names)
        about = insert(table).from_select(["audit_entry_id", *names], select(written.c.id, *row))
        content = content.add_cte(about.cte("about"))
    return content.returning(audit_content.c.entry_id)


async def append_all(conn: AsyncConnection, entries: Sequence[AuditEntry]) -> tuple[int, ...]:
    """As `append`, for what happened at one moment: two statements for several, numbers in the order given.

    Raises ``InvalidEntry`` before anything is written.
    """
    if not entries:
        return ()
    if len(entries) == 1:
        return (await append(conn, entries[0]),)
    for entry in entries:
        check(entry)
    salts = [secrets.token_bytes(SALT_BYTES) for _ in entries]
    contents = [(salt, _content(entry, salt)) for salt, entry in zip(salts, entries, strict=True)]
    rows = [
        _values(entry, leaf.content_digest(salt, details))
        for entry, (salt, details) in zip(entries, contents, strict=True)
    ]
    written = insert(audit_entry).returning(audit_entry.c.id, sort_by_parameter_order=True)
    numbers = tuple((await conn.execute(written, rows)).scalars())
    kept = [
        {"entry_id": number, "salt": salt, "content": details}
        for number, (salt, details) in zip(numbers, contents, strict=True)
    ]
    await conn.execute(insert(audit_content), kept)
    return numbers


def _content(entry: AuditEntry, salt: bytes) -> dict[str, object]:
    """What may be erased: the details, and beside them the digests of the rows that the entry is about."""
    content: dict[str, object] = dict(entry.details)
    if entry.records:
        content[CONTENT_MEMBER] = record_digest.claims(salt, entry.records)
    return content


def _values(entry: AuditEntry, content_digest: bytes) -> dict[str, object]:
    return {
        "actor_id": entry.actor_id,
        "actor_role": entry.actor_role,
        "action": entry.action,
        "outcome": entry.outcome.value,
        "rule": entry.rule,
        "subject_type": entry.subject_type,
        "subject_id": None if entry.subject_id is None else str(entry.subject_id),
        "patient_id": entry.patient_id,
        "visit_id": entry.visit_id,
        "occurred_at": entry.occurred_at,
        "digest": entry.digest,
        "content_digest": content_digest,
    }


def check(entry: AuditEntry) -> None:
    """Raise ``InvalidEntry`` when the entry could not be hashed again alike, or may hold clinical text."""
    if entry.occurred_at.tzinfo is None:
        raise InvalidEntry("occurred_at", "has no time zone")
    if not _ACTION.fullmatch(entry.action):
        raise InvalidEntry("action", "is not written resource.verb")
    if entry.digest is not None and not _DIGEST.fullmatch(entry.digest):
        raise InvalidEntry("digest", "is not a SHA-256 in hexadecimal")
    words = {"actor_role": entry.actor_role, "rule": entry.rule, "subject_type": entry.subject_type}
    if entry.subject_id is not None:
        words["subject_id"] = str(entry.subject_id)
    for name, word in words.items():
        _check_word(name, word)
    if CONTENT_MEMBER in entry.details:
        raise InvalidEntry("details", f"has the key {CONTENT_MEMBER}, which is for digests of rows")
    for key, value in entry.details.items():
        if not _KEY.fullmatch(key):
            raise InvalidEntry("details", "has a key that is not a short lower-case word")
        _check_word(f"details[{key}]", value, empty=True)


def _check_word(name: str, word: str, *, empty: bool = False) -> None:
    if not word and not empty:
        raise InvalidEntry(name, "is empty")
    if len(word) > _WORD_LIMIT:
        raise InvalidEntry(name, f"is longer than {_WORD_LIMIT} characters: ids and codes only")
    if not word.isprintable():
        raise InvalidEntry(name, "holds characters that cannot be printed")


def instant_text(column: ColumnElement[datetime]) -> ColumnElement[str]:
    """A time as `canonical.instant` writes it, made by PostgreSQL, so that what is hashed is what is stored."""
    return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')


def metadata_columns() -> list[ColumnElement[str]]:
    """The metadata of an entry as text columns labelled by `METADATA_COLUMNS`: a damaged value still reads."""
    texts: dict[str, ColumnElement[str]] = {"entry_id": cast(audit_entry.c.id, Text)}
    for name in METADATA_COLUMNS[1:]:
        column = audit_entry.c[name]
        texts[name] = instant_text(column) if name.endswith("_at") else cast(column, Text)
    return [texts[name].label(name) for name in METADATA_COLUMNS]
