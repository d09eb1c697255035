"""Visits, who takes part, what was stated at their start, and what happened when."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from emr.shared.metadata import metadata

_INSTANT = DateTime(timezone=True)

visit = Table(
    "visit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False),
    Column("prescriber_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("scheduled_start", _INSTANT, nullable=False),
    Column("scheduled_minutes", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("modality", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("room", Text, nullable=False, unique=True),
    Column("place", Text),  # where an in-person visit is held
    Column("site_id", Uuid, ForeignKey("site.id")),  # at which of the clinic's sites, as booked
    Column("booked_at", _INSTANT, nullable=False),
    Column("booked_by", Uuid, ForeignKey("person.id"), nullable=False),
    Column("arrived_at", _INSTANT),
    Column("admitted_at", _INSTANT),
    Column("ended_at", _INSTANT),
    UniqueConstraint("id", "patient_id", "modality"),
    CheckConstraint("scheduled_minutes BETWEEN 5 AND 240", name="minutes"),
    CheckConstraint("modality IN ('video', 'audio', 'in_person')", name="modality"),
    CheckConstraint("status IN ('scheduled', 'waiting', 'in_progress', 'ended', 'cancelled', 'missed')", name="status"),
    CheckConstraint("(status IN ('in_progress', 'ended')) = (admitted_at IS NOT NULL)", name="admitted"),
    CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name="ended"),
    CheckConstraint("status <> 'waiting' OR arrived_at IS NOT NULL", name="waiting"),
    CheckConstraint("admitted_at >= arrived_at", name="began_after_arrival"),
    CheckConstraint("ended_at >= admitted_at", name="ended_after_beginning"),
    Index("ix_visit_prescriber_id_scheduled_start", "prescriber_id", "scheduled_start"),
    Index("ix_visit_patient_id_scheduled_start", "patient_id", "scheduled_start"),
    Index("uq_visit_in_progress", "patient_id", unique=True, postgresql_where=text("status = 'in_progress'")),
)

visit_participant = Table(
    "visit_participant",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False, index=True),
    Column("part", Text, nullable=False),
    Column("invited_at", _INSTANT, nullable=False),
    Column("invited_by", Uuid, ForeignKey("person.id"), nullable=False),
    Column("withdrawn_at", _INSTANT),
    CheckConstraint("part IN ('guest_guardian', 'guest_interpreter', 'guest_family', 'supervisor')", name="part"),
    CheckConstraint("withdrawn_at >= invited_at", name="withdrawn_after_invitation"),
    Index(
        "uq_visit_participant_open",
        "visit_id",
        "person_id",
        unique=True,
        postgresql_where=text("withdrawn_at IS NULL"),
    ),
)

visit_statement = Table(
    "visit_statement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False, index=True),
    Column("line", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("postal", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("call_back", Text, nullable=False),  # E.164
    Column("stated_at", _INSTANT, nullable=False),
    Column("stated_by", Uuid, ForeignKey("person.id"), nullable=False),
    CheckConstraint("country <> 'US' OR state ~ '^[A-Z]{2}$'", name="state"),
)

visit_event = Table(
    "visit_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False, index=True),
    Column("what", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False),  # whom it is about
    Column("detail", Text),  # a short code, never prose: "ok" or "audio_only" for a device check
    Column("happened_at", _INSTANT, nullable=False),
)
