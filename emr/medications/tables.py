"""Medicine orders, which of them is current, and the prescriptions beneath them.

Orders and prescriptions are written once. That an order never changes patient or ingredients along its chain, that a
chain never forks, and that nothing is prescribed without an allowing decision stands here and in the migration's
triggers, not only in code.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from emr.shared.metadata import metadata

_INSTANT = DateTime(timezone=True)
_NIL = "00000000-0000-0000-0000-000000000000"

medication_order = Table(
    "medication_order",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("chain_id", Uuid, nullable=False, index=True),
    Column("replaces", Uuid, unique=True),
    Column("patient_id", Uuid, ForeignKey("patient.person_id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("medicine", Text),  # a row of the formulary
    Column("name", Text, nullable=False),
    Column("ingredients", Text, nullable=False),  # sorted, joined by " + "
    Column("dose", JSONB(none_as_null=True)),
    Column("daily_total", Numeric),
    Column("unit", Text),  # UCUM
    Column("as_needed", Boolean, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("sig", Text, nullable=False),
    Column("indication", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("product", Text),
    Column("supply", JSONB(none_as_null=True)),
    Column("days_supply", Integer),
    Column("refills", Integer),
    Column("agreement", Text),
    Column("prescriber_elsewhere", Text),
    Column("answers", JSONB, nullable=False),
    Column("reference_version", Text),
    Column("reference_sha256", Text),
    Column("visit_id", Uuid, ForeignKey("visit.id")),
    Column("author_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("written_at", _INSTANT, nullable=False),
    UniqueConstraint("id", "chain_id", "patient_id"),
    UniqueConstraint("id", "chain_id", "patient_id", "ingredients"),
    UniqueConstraint("id", "patient_id", "author_id", "product"),
    UniqueConstraint(
        "id",
        "patient_id",
        "author_id",
        "product",
        "days_supply",
        "refills",
        name="uq_medication_order_prescribed",
    ),
    ForeignKeyConstraint(
        ["replaces", "chain_id", "patient_id", "ingredients"],
        [
            "medication_order.id",
            "medication_order.chain_id",
            "medication_order.patient_id",
            "medication_order.ingredients",
        ],
    ),
    CheckConstraint("(replaces IS NULL) = (chain_id = id)", name="first"),
    CheckConstraint(
        "CASE WHEN kind = 'prescribed_here' THEN act IN ('started', 'revised', 'renewed', 'held', 'stopped') "
        "WHEN kind IN ('prescribed_elsewhere', 'self_reported') THEN act IN ('reported', 'stopped') ELSE false END",
        name="kind",
    ),
    CheckConstraint(
        "status = CASE act WHEN 'held' THEN 'held' WHEN 'stopped' THEN 'stopped' ELSE 'active' END", name="status"
    ),
    CheckConstraint(
        "CASE act WHEN 'started' THEN replaces IS NULL WHEN 'reported' THEN true ELSE replaces IS NOT NULL END",
        name="replaces",
    ),
    CheckConstraint(
        "CASE WHEN act IN ('started', 'revised', 'renewed') THEN num_nulls(medicine, dose, daily_total, product, "
        "supply, days_supply, refills, agreement, reference_version, reference_sha256) = 0 "
        "ELSE num_nonnulls(product, supply, days_supply, refills, agreement) = 0 END",
        name="prescribed",
    ),
    CheckConstraint("(daily_total IS NULL) = (unit IS NULL)", name="unit"),
    CheckConstraint("daily_total >= 0", name="daily_total"),
    CheckConstraint("days_supply BETWEEN 1 AND 90", name="days_supply"),
    CheckConstraint("refills BETWEEN 0 AND 11", name="refills"),
    CheckConstraint("agreement IN ('not_asked_here')", name="agreement"),
)

medication_current = Table(
    "medication_current",
    metadata,
    Column("chain_id", Uuid, primary_key=True),
    Column("patient_id", Uuid, nullable=False, index=True),
    Column("order_id", Uuid, nullable=False, unique=True),
    Column("changed_at", _INSTANT, nullable=False),
    ForeignKeyConstraint(
        ["order_id", "chain_id", "patient_id"],
        ["medication_order.id", "medication_order.chain_id", "medication_order.patient_id"],
    ),
)

# Every column is NOT NULL: with a NULL in it PostgreSQL would not check the foreign key to the decision at all. That
# key, and the one to the audit entry, cross into another package's tables and are added by the server's own migration.
prescription = Table(
    "prescription",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False, unique=True),
    Column("decision_id", Uuid, nullable=False, unique=True),
    Column("decision_outcome", Text, nullable=False),
    Column("decision_action", Text, nullable=False),
    Column("encounter_id", Uuid, nullable=False),
    Column("modality", Text, nullable=False),
    Column("schedule", Text, nullable=False),
    Column("patient_id", Uuid, nullable=False, index=True),
    Column("prescriber_id", Uuid, nullable=False),
    Column("product", Text, nullable=False),
    Column("valid_until", _INSTANT, nullable=False),
    Column("audit_entry_id", BigInteger, nullable=False),
    Column("written_at", _INSTANT, nullable=False),
    Column("recorded_at", _INSTANT, nullable=False),  # the database's own clock, set by a trigger
    Column("attendance_id", Uuid, nullable=False),
    Column("check_in_id", Uuid, nullable=False),  # the nil UUID for what is not controlled
    # NULL only in rows from before these were carried; a CHECK asks for them in every new one.
    Column("days_supply", Integer),
    Column("refills", Integer),
    ForeignKeyConstraint(
        ["order_id", "patient_id", "prescriber_id", "product"],
        [
            "medication_order.id",
            "medication_order.patient_id",
            "medication_order.author_id",
            "medication_order.product",
        ],
    ),
    ForeignKeyConstraint(
        ["order_id", "patient_id", "prescriber_id", "product", "days_supply", "refills"],
        [
            "medication_order.id",
            "medication_order.patient_id",
            "medication_order.author_id",
            "medication_order.product",
            "medication_order.days_supply",
            "medication_order.refills",
        ],
        name="fk_prescription_supply",
    ),
    CheckConstraint("decision_outcome = 'allow'", name="allowed"),
    CheckConstraint("decision_action IN ('new', 'renew', 'increase', 'decrease', 'continue')", name="action"),
    CheckConstraint("modality IN ('video', 'audio', 'in_person', 'none')", name="modality"),
    CheckConstraint(
        "schedule = 'none' OR (schedule IN ('II', 'III', 'IV', 'V') AND modality = 'in_person')", name="schedule"
    ),
    CheckConstraint("written_at <= valid_until", name="in_time"),
    CheckConstraint(f"attendance_id <> '{_NIL}'", name="treats"),
    CheckConstraint(f"(schedule = 'none') = (check_in_id = '{_NIL}')", name="seen"),
    CheckConstraint("num_nulls(days_supply, refills) = 0", name="supply"),
    # 21 CFR 1306.12 (schedule II: no refills) and 1306.22 (III and IV: five refills within six months).
    CheckConstraint(
        "CASE WHEN schedule = 'II' THEN refills = 0 "
        "WHEN schedule IN ('III', 'IV') THEN refills <= 5 AND refills * days_supply <= 180 ELSE true END",
        name="refills",
    ),
)
