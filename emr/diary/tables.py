"""What patients tell between visits, and what is measured: insert-only, a later row says how it went on."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
)

from emr.shared.metadata import metadata

_INSTANT = DateTime(timezone=True)

side_effect = Table(
    "side_effect",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("detail", Text),  # in the patient's words: "most nights"
    Column("started_on", Date, nullable=False),
    Column("reported_at", _INSTANT, nullable=False),
    Column("reported_by", Uuid, ForeignKey("person.id"), nullable=False),
)

side_effect_course = Table(
    "side_effect_course",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("side_effect_id", Uuid, ForeignKey("side_effect.id"), nullable=False, index=True),
    Column("severity", Text, nullable=False),
    Column("ended_on", Date),
    Column("reported_at", _INSTANT, nullable=False),
    Column("reported_by", Uuid, ForeignKey("person.id"), nullable=False),
    CheckConstraint("severity IN ('mild', 'moderate', 'severe')", name="severity"),
)

agenda_item = Table(
    "agenda_item",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("written_at", _INSTANT, nullable=False),
    Column("written_by", Uuid, ForeignKey("person.id"), nullable=False),
)

agenda_outcome = Table(
    "agenda_outcome",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("item_id", Uuid, ForeignKey("agenda_item.id"), nullable=False, index=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("marked_at", _INSTANT, nullable=False),
    Column("marked_by", Uuid, ForeignKey("person.id"), nullable=False),
    CheckConstraint("outcome IN ('answered', 'deferred', 'by_message')", name="outcome"),
)

adherence = Table(
    "adherence",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("medicine", Text, nullable=False),
    Column("from_date", Date, nullable=False),
    Column("to_date", Date, nullable=False),
    Column("doses_due", Integer, nullable=False),
    Column("doses_taken", Integer, nullable=False),
    Column("detail", Text),
    Column("reported_at", _INSTANT, nullable=False),
    Column("reported_by", Uuid, ForeignKey("person.id"), nullable=False),
    CheckConstraint("doses_taken BETWEEN 0 AND doses_due", name="doses"),
    CheckConstraint("from_date <= to_date", name="dates"),
)

observation = Table(
    "observation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False),
    Column("code", Text, nullable=False),  # LOINC
    Column("name", Text, nullable=False),
    Column("value", Numeric, nullable=False),
    Column("unit", Text, nullable=False),  # UCUM
    Column("observed_at", _INSTANT, nullable=False),
    Column("source", Text, nullable=False),
    Column("recorded_at", _INSTANT, nullable=False),
    Column("recorded_by", Uuid, ForeignKey("person.id"), nullable=False),
    Index("ix_observation_patient_id_code_observed_at", "patient_id", "code", "observed_at"),
)
