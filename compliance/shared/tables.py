"""The tables of the log. Their schema comes from the migrations; a test compares the two.

Every table is written once: the application's role may INSERT and SELECT, triggers refuse the rest to everybody.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from compliance.shared.vocabulary import NIL

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Counts the clusters that the log has lived in: the owner begins one after a restore that lost the transaction counter.
log_epoch = Table(
    "log_epoch",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("began_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("number >= 0", name="number"),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    # The full 64-bit number (xid8) of the writing transaction, stamped by a trigger; as bigint so that it is compared
    # and indexed like any number. It orders the log: see `sealing`.
    Column("transaction_id", BigInteger, nullable=False),
    # In which cluster that number was given: the order is (epoch, transaction, entry).
    Column("epoch", Integer, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("actor_id", Uuid),
    Column("actor_role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Text),
    Column("patient_id", Uuid),
    Column("visit_id", Uuid),
    Column("digest", Text),
    Column("content_digest", LargeBinary, nullable=False),
    CheckConstraint("outcome IN ('allowed', 'refused', 'blocked')", name="outcome"),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
    CheckConstraint("octet_length(content_digest) = 32", name="content_digest"),
    Index(None, "epoch", "transaction_id", "id"),
    Index(None, "patient_id", "occurred_at"),
    Index("ix_audit_entry_refused", "occurred_at", "id", postgresql_where=text("outcome = 'refused'")),
    Index(
        "ix_audit_entry_refused_actor_id", "actor_id", "occurred_at", "id", postgresql_where=text("outcome = 'refused'")
    ),
    Index("ix_audit_entry_role_ended", "subject_id", postgresql_where=text("action = 'role.revoke'")),
    Index("ix_audit_entry_cover", "id", postgresql_where=text("action = 'record.cover'")),
    Index("ix_audit_entry_purge", "patient_id", postgresql_where=text("action = 'content.purge'")),
)

audit_content = Table(
    "audit_content",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("audit_entry.id"), primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("content", JSONB, nullable=False),
    CheckConstraint("octet_length(salt) BETWEEN 16 AND 64", name="salt"),
)
Index(
    "ix_audit_content_records",
    text("(content -> 'records')"),
    postgresql_using="gin",
    postgresql_with={"fastupdate": "off"},
    postgresql_where=text("content ? 'records'"),
    _table=audit_content,
)

# Text as somebody typed it, under the name of the field: in no sealed row, erased with the content, and never exported.
audit_text = Table(
    "audit_text",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("audit_entry.id"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("content", Text, nullable=False),
    CheckConstraint("octet_length(salt) BETWEEN 16 AND 64", name="salt"),
)

audit_leaf = Table(
    "audit_leaf",
    metadata,
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, ForeignKey("audit_entry.id"), nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
    # The leaf before must exist, so a hole cannot be written, whatever the code does.
    Column(
        "previous",
        BigInteger,
        Computed("NULLIF(leaf_index, 0) - 1", persisted=True),
        ForeignKey("audit_leaf.leaf_index"),
    ),
    # The entry's place in the log's order, kept beside it; NULL in rows from before, whose entries say it.
    Column("epoch", Integer),
    Column("transaction_id", BigInteger),
    UniqueConstraint("entry_id"),
    CheckConstraint("leaf_index >= 0", name="leaf_index"),
    CheckConstraint("octet_length(leaf_hash) = 32", name="leaf_hash"),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    # The compact range: 32 bytes for each complete subtree, largest first. The next checkpoint starts from here.
    Column("peaks", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("size > 0", name="size"),
    CheckConstraint("octet_length(root) = 32", name="root"),
    CheckConstraint("octet_length(peaks) % 32 = 0", name="peaks"),
)

# The bytes of each policy pack and of the reference files that decisions name by digest; the owner writes them.
archived_source = Table(
    "archived_source",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # pack, or reference (all its files in one)
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("archived_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("kind IN ('pack', 'reference')", name="kind"),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
)

_ALLOWS_DISPENSING = "(outcome = 'allow' AND action IN ('new', 'renew', 'increase', 'decrease', 'continue'))"

_LISTED_BY = ("prescriber_id", "patient_id", "schedule", "action", "modality", "patient_state")
_LISTED_WITH = ("prescriber_id", "schedule", "action", "modality", "patient_state")

decision = Table(
    "decision",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("audit_entry_id", BigInteger, ForeignKey("audit_entry.id"), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("encounter_id", Uuid, nullable=False),
    Column("modality", Text, nullable=False),
    Column("schedule", Text, nullable=False),
    Column("patient_id", Uuid, nullable=False),
    Column("prescriber_id", Uuid, nullable=False),
    Column("product", Text, nullable=False),
    Column("valid_until", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("patient_state", Text),
    Column("rule", Text, nullable=False),
    Column("ingredients", JSONB, nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("citations", JSONB, nullable=False),
    Column("obligations", JSONB, nullable=False),
    Column("ways_forward", JSONB, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("pack_id", Text, nullable=False),
    Column("pack_version", Text, nullable=False),
    Column("pack_sha256", Text, nullable=False),
    Column("reference_sha256", Text, nullable=False),
    # By what the digest is made; the columns below are in it from titrate-decision/2 on.
    Column("format", Text, nullable=False),
    Column("attendance_id", Uuid, nullable=False),
    Column("check_in_id", Uuid, nullable=False),
    UniqueConstraint("audit_entry_id"),
    # What a prescription's foreign key names. All NOT NULL: with a NULL in it PostgreSQL skips the whole check.
    UniqueConstraint(
        "id",
        "outcome",
        "action",
        "encounter_id",
        "modality",
        "schedule",
        "patient_id",
        "prescriber_id",
        "product",
        "valid_until",
        "attendance_id",
        "check_in_id",
        name="uq_decision_clearance",
    ),
    CheckConstraint("outcome IN ('allow', 'block')", name="outcome"),
    CheckConstraint(
        "action IN ('new', 'renew', 'increase', 'decrease', 'continue', "
        "'discontinue', 'hold', 'taper_from_supply', 'refer')",
        name="action",
    ),
    CheckConstraint("modality IN ('video', 'audio', 'in_person', 'none')", name="modality"),
    CheckConstraint("schedule IN ('I', 'II', 'III', 'IV', 'V', 'none', 'unknown')", name="schedule"),
    CheckConstraint(f"(modality = 'none') = (encounter_id = '{NIL}')", name="encounter"),
    CheckConstraint("valid_until > decided_at", name="valid_until"),
    # The floor that no policy pack can lower.
    CheckConstraint(
        "outcome = 'block' OR schedule = 'none' "
        "OR (modality = 'in_person' AND schedule IN ('II', 'III', 'IV', 'V')) "
        "OR action IN ('discontinue', 'hold', 'taper_from_supply', 'refer')",
        name="floor",
    ),
    # Rows of earlier formats were written before these and are not looked at by them.
    CheckConstraint("format = 'titrate-decision/3'", name="format"),
    CheckConstraint("schedule <> 'unknown' OR product = 'unrecognized'", name="recognized"),
    CheckConstraint(f"{_ALLOWS_DISPENSING} = (attendance_id <> '{NIL}')", name="treats"),
    CheckConstraint(f"({_ALLOWS_DISPENSING} AND schedule <> 'none') = (check_in_id <> '{NIL}')", name="seen"),
    # What the officer's list reads in its order: see `officer_list` and the migration.
    Index(None, "decided_at", "audit_entry_id"),
    *(Index(f"ix_decision_{name}", name, "decided_at", "audit_entry_id") for name in _LISTED_BY),
    Index("ix_decision_outcome", "outcome", "decided_at", "audit_entry_id", *_LISTED_WITH),
    Index("ix_decision_ingredient", text("(ingredients ->> 0)"), "outcome", "decided_at", "audit_entry_id"),
    Index("ix_decision_second_ingredient", text("(ingredients ->> 1)"), "decided_at", "audit_entry_id"),
    Index(
        "ix_decision_more_ingredients",
        "decided_at",
        "audit_entry_id",
        postgresql_where=text("(ingredients ->> 2) IS NOT NULL"),
    ),
    Index("ix_decision_check_in_id", "check_in_id", postgresql_where=text(f"check_in_id <> '{NIL}'")),
)
