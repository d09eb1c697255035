"""Scales asked for, each answer as it was given, finished responses, and the alerts that answers raise.

Everything here is insert-only: an answer that the patient changes stays beside the later one.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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
)
from sqlalchemy.dialects.postgresql import JSONB

from emr.shared.metadata import metadata

_INSTANT = DateTime(timezone=True)

scale_request = Table(
    "scale_request",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False, index=True),
    Column("scale", Text, nullable=False),
    Column("requested_at", _INSTANT, nullable=False),
    Column("requested_by", Uuid, ForeignKey("person.id"), nullable=False),
)

scale_answer = Table(
    "scale_answer",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("request_id", Uuid, ForeignKey("scale_request.id"), nullable=False, index=True),
    Column("item", Text, nullable=False),
    Column("value", Integer, nullable=False),
    Column("answered_at", _INSTANT, nullable=False),
    Column("answered_by", Uuid, ForeignKey("person.id"), nullable=False),
)

scale_response = Table(
    "scale_response",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("request_id", Uuid, ForeignKey("scale_request.id"), nullable=False, unique=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False, index=True),
    Column("scale", Text, nullable=False),
    Column("reference_version", Text, nullable=False),
    Column("answers", JSONB, nullable=False),  # item id -> value
    Column("total", Integer, nullable=False),
    Column("severity", Text, nullable=False),
    Column("prorated", Boolean, nullable=False),
    Column("answered_at", _INSTANT, nullable=False),
    Column("answered_by", Uuid, ForeignKey("person.id"), nullable=False),
    Index("ix_scale_response_patient_id_scale_answered_at", "patient_id", "scale", "answered_at"),
)

safety_alert = Table(
    "safety_alert",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False, index=True),
    Column("request_id", Uuid, ForeignKey("scale_request.id"), nullable=False),
    Column("scale", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("value", Integer, nullable=False),
    Column("severity", Text, nullable=False),  # same_session or immediate
    Column("raised_at", _INSTANT, nullable=False),
    UniqueConstraint("request_id", "item", "value"),
)

alert_acknowledgement = Table(
    "alert_acknowledgement",
    metadata,
    Column("alert_id", Uuid, ForeignKey("safety_alert.id"), primary_key=True),
    Column("acknowledged_at", _INSTANT, nullable=False),
    Column("acknowledged_by", Uuid, ForeignKey("person.id"), nullable=False),
    Column("what_was_done", Text),
)
