"""Corrections of a visit's outcome: written once, beside the visit, which stays as it is."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Identity, Table, Text, Uuid

from emr.shared.metadata import metadata

_INSTANT = DateTime(timezone=True)

visit_correction = Table(
    "visit_correction",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False, index=True),
    Column("corrected_by", Uuid, ForeignKey("person.id"), nullable=False),
    Column("corrected_at", _INSTANT, nullable=False),
    Column("recorded_at", _INSTANT, nullable=False),  # the database's own, as `recorded_at` of `check_in`
    Column("outcome", Text, nullable=False),
    Column("started_at", _INSTANT),  # None: as the visit has it
    Column("ended_at", _INSTANT),
    Column("reason", Text, nullable=False),
    CheckConstraint("outcome IN ('ended', 'discontinued', 'missed', 'cancelled')", name="outcome"),
    CheckConstraint("ended_at >= started_at", name="ended_after_beginning"),
    CheckConstraint(
        "outcome IN ('ended', 'discontinued') OR (started_at IS NULL AND ended_at IS NULL)", name="times_of_held"
    ),
    CheckConstraint("length(btrim(reason)) BETWEEN 1 AND 1000", name="reason"),
)
