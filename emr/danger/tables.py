"""What is said of open safety answers, and the crisis path. Everything here is insert-only: the newest entry counts."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Identity, Table, Text, Uuid

from emr.shared.metadata import metadata

_INSTANT = DateTime(timezone=True)

alert_left_open = Table(
    "alert_left_open",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("alert_id", Uuid, ForeignKey("safety_alert.id"), nullable=False, index=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("left_by", Uuid, ForeignKey("person.id"), nullable=False),
    Column("left_at", _INSTANT, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("length(btrim(reason)) BETWEEN 1 AND 1000", name="reason"),
)

crisis_contact = Table(
    "crisis_contact",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("phone", Text),
    Column("about", Text),  # the place for which a dispatch number was checked
    Column("checked_by", Uuid, ForeignKey("person.id"), nullable=False),
    Column("checked_at", _INSTANT, nullable=False),
    CheckConstraint("kind IN ('place', 'call_back', 'contact', 'dispatch')", name="kind"),
    CheckConstraint("(kind = 'place') = (phone IS NULL)", name="number"),
    CheckConstraint("kind IN ('call_back', 'dispatch') OR name IS NOT NULL", name="named"),
    CheckConstraint("phone ~ '^[+]1[2-9][0-9]{2}[2-9][0-9]{6}$'", name="phone"),
    CheckConstraint("length(btrim(name)) BETWEEN 1 AND 400", name="name"),
)

crisis_step = Table(
    "crisis_step",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False, index=True),
    Column("step", Text, nullable=False),
    Column("said", Text),
    Column("number", Text),
    Column("place", Text),
    Column("taken_by", Uuid, ForeignKey("person.id"), nullable=False),
    Column("taken_at", _INSTANT, nullable=False),
    CheckConstraint("step IN ('called_911', 'called_dispatch', 'called_back', 'called_contact', 'said')", name="step"),
    CheckConstraint("step <> 'said' OR said IS NOT NULL", name="heard"),
    CheckConstraint("length(said) <= 4000", name="said"),
)
