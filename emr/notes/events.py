"""What happened to notes, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from emr.shared.events import DomainEvent
from emr.shared.ids import NoteId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteStarted(DomainEvent):
    note: NoteId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSigned(DomainEvent):
    note: NoteId
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddendumWritten(DomainEvent):
    note: NoteId
    addendum: UUID
    sha256: str
