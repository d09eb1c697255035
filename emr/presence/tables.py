"""Who is where: the clinic's sites, who treats in a visit, check-ins at the front desk, and who joined a call.

All but `site` are written once. The times named `recorded_at` are the database's own; `told_now` in the migration says
what a database that is marked as a demo, whose past is told, takes instead.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from emr.shared.metadata import metadata

_INSTANT = DateTime(timezone=True)

site = Table(
    "site",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("postal", Text, nullable=False),
    Column("added_at", _INSTANT, nullable=False),
    Column("added_by", Uuid, ForeignKey("person.id")),
    Column("closed_at", _INSTANT),
    CheckConstraint("state ~ '^[A-Z]{2}$'", name="state"),
)

# One row for each prescriber who treats in a visit; the one that no other replaces is the one who does so now.
attendance = Table(
    "attendance",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, nullable=False),
    Column("patient_id", Uuid, nullable=False),
    Column("modality", Text, nullable=False),
    Column("prescriber_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("replaces", Uuid, unique=True),
    Column("began_at", _INSTANT, nullable=False),
    Column("recorded_at", _INSTANT, nullable=False),
    UniqueConstraint("id", "visit_id"),
    UniqueConstraint("id", "visit_id", "patient_id", "prescriber_id", "modality", name="uq_attendance_treats"),
    ForeignKeyConstraint(["visit_id", "patient_id", "modality"], ["visit.id", "visit.patient_id", "visit.modality"]),
    ForeignKeyConstraint(["replaces", "visit_id"], ["attendance.id", "attendance.visit_id"]),
    Index("uq_attendance_first", "visit_id", unique=True, postgresql_where=text("replaces IS NULL")),
)

# What the front desk states: that this patient and this prescriber are both at this site, for this visit.
check_in = Table(
    "check_in",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, nullable=False, index=True),
    Column("patient_id", Uuid, nullable=False),
    Column("modality", Text, nullable=False),
    Column("prescriber_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("site_id", Uuid, ForeignKey("site.id"), nullable=False),
    Column("stated_by", Uuid, ForeignKey("person.id"), nullable=False),
    Column("stated_at", _INSTANT, nullable=False),
    Column("recorded_at", _INSTANT, nullable=False),
    # The visit's booked end and an hour, put here by the database from the visit's own row.
    Column("valid_until", _INSTANT, nullable=False),
    UniqueConstraint("id", "visit_id", "patient_id", "prescriber_id", name="uq_check_in_for"),
    ForeignKeyConstraint(["visit_id", "patient_id", "modality"], ["visit.id", "visit.patient_id", "visit.modality"]),
    CheckConstraint("modality = 'in_person'", name="modality"),
    CheckConstraint("stated_by <> patient_id AND stated_by <> prescriber_id", name="second_person"),
)

# The patient's own word, on the front desk's device. Without it a check-in holds for nothing.
check_in_confirmation = Table(
    "check_in_confirmation",
    metadata,
    Column("check_in_id", Uuid, ForeignKey("check_in.id"), primary_key=True),
    Column("confirmed_at", _INSTANT, nullable=False),
    Column("recorded_at", _INSTANT, nullable=False),
)

# Written before a person is let into a call: it ends every check-in of theirs.
call_join = Table(
    "call_join",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("joined_at", _INSTANT, nullable=False),
    Column("recorded_at", _INSTANT, nullable=False),
    Index(None, "person_id", "recorded_at"),
)
