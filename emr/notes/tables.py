"""Notes: the draft that may change, the seal that ends all change, and addenda after it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from emr.shared.metadata import metadata

_INSTANT = DateTime(timezone=True)

note = Table(
    "note",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False, unique=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("author_id", Uuid, ForeignKey("person.id"), nullable=False, index=True),
    Column("started_at", _INSTANT, nullable=False),
)

note_draft = Table(
    "note_draft",
    metadata,
    Column("note_id", Uuid, ForeignKey("note.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("template", Text, nullable=False),
    Column("sections", JSONB, nullable=False),  # section id -> text
    Column("saved_at", _INSTANT, nullable=False),
    Column("saved_by", Uuid, ForeignKey("person.id"), nullable=False),
    CheckConstraint("version >= 1", name="version"),
)

note_seal = Table(
    "note_seal",
    metadata,
    Column("note_id", Uuid, ForeignKey("note.id"), primary_key=True),
    Column("content", Text, nullable=False),  # the canonical JSON that sha256 is taken over
    Column("sha256", Text, nullable=False),
    Column("signed_at", _INSTANT, nullable=False),
    Column("signed_by", Uuid, ForeignKey("person.id"), nullable=False),
)

note_addendum = Table(
    "note_addendum",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("note_id", Uuid, ForeignKey("note_seal.note_id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("written_at", _INSTANT, nullable=False),
    Column("author_id", Uuid, ForeignKey("person.id"), nullable=False),
)
