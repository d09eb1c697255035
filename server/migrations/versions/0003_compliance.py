"""The prescribing log: entries and their content, leaves, checkpoints, decisions. Every table here is written once."""

from collections.abc import Sequence

from alembic import op

from server.migrations.ddl import insert_only, no_way_back

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

AUDIT_ENTRY = """
CREATE TABLE audit_entry (
    id bigint GENERATED ALWAYS AS IDENTITY,
    transaction_id bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor_id uuid,
    actor_role text NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    rule text NOT NULL,
    subject_type text NOT NULL,
    subject_id text,
    patient_id uuid,
    visit_id uuid,
    digest text,
    content_digest bytea NOT NULL,
    CONSTRAINT pk_audit_entry PRIMARY KEY (id),
    CONSTRAINT ck_audit_entry_outcome CHECK (outcome IN ('allowed', 'refused', 'blocked')),
    CONSTRAINT ck_audit_entry_digest CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT ck_audit_entry_content_digest CHECK (octet_length(content_digest) = 32)
)
"""

# The order of the log and the time of writing come from the database, whatever the writer says: sealing relies on the
# transaction's number, and a back-dated entry keeps its true time of recording.
STAMP = """
CREATE FUNCTION stamp_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.transaction_id := pg_current_xact_id()::text::bigint;
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END
$$
"""

STAMPED = """
CREATE TRIGGER audit_entry_stamped BEFORE INSERT ON audit_entry
FOR EACH ROW EXECUTE FUNCTION stamp_audit_entry()
"""

AUDIT_CONTENT = """
CREATE TABLE audit_content (
    entry_id bigint NOT NULL,
    salt bytea NOT NULL,
    content jsonb NOT NULL,
    CONSTRAINT pk_audit_content PRIMARY KEY (entry_id),
    CONSTRAINT fk_audit_content_entry_id FOREIGN KEY (entry_id) REFERENCES audit_entry (id),
    CONSTRAINT ck_audit_content_salt CHECK (octet_length(salt) BETWEEN 16 AND 64)
)
"""

AUDIT_LEAF = """
CREATE TABLE audit_leaf (
    leaf_index bigint NOT NULL,
    entry_id bigint NOT NULL,
    leaf_hash bytea NOT NULL,
    sealed_at timestamptz NOT NULL,
    previous bigint GENERATED ALWAYS AS (NULLIF(leaf_index, 0) - 1) STORED,
    CONSTRAINT pk_audit_leaf PRIMARY KEY (leaf_index),
    CONSTRAINT uq_audit_leaf_entry_id UNIQUE (entry_id),
    CONSTRAINT fk_audit_leaf_entry_id FOREIGN KEY (entry_id) REFERENCES audit_entry (id),
    CONSTRAINT fk_audit_leaf_previous FOREIGN KEY (previous) REFERENCES audit_leaf (leaf_index),
    CONSTRAINT ck_audit_leaf_leaf_index CHECK (leaf_index >= 0),
    CONSTRAINT ck_audit_leaf_leaf_hash CHECK (octet_length(leaf_hash) = 32)
)
"""

CHECKPOINT = """
CREATE TABLE checkpoint (
    size bigint NOT NULL,
    root bytea NOT NULL,
    peaks bytea NOT NULL,
    note text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_checkpoint PRIMARY KEY (size),
    CONSTRAINT ck_checkpoint_size CHECK (size > 0),
    CONSTRAINT ck_checkpoint_root CHECK (octet_length(root) = 32),
    CONSTRAINT ck_checkpoint_peaks CHECK (octet_length(peaks) % 32 = 0)
)
"""

DECISION = """
CREATE TABLE decision (
    id uuid NOT NULL,
    audit_entry_id bigint NOT NULL,
    outcome text NOT NULL,
    action text NOT NULL,
    encounter_id uuid NOT NULL,
    modality text NOT NULL,
    schedule text NOT NULL,
    patient_id uuid NOT NULL,
    prescriber_id uuid NOT NULL,
    product text NOT NULL,
    valid_until timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    patient_state text,
    rule text NOT NULL,
    ingredients jsonb NOT NULL,
    reasons jsonb NOT NULL,
    citations jsonb NOT NULL,
    obligations jsonb NOT NULL,
    ways_forward jsonb NOT NULL,
    evidence jsonb NOT NULL,
    pack_id text NOT NULL,
    pack_version text NOT NULL,
    pack_sha256 text NOT NULL,
    reference_sha256 text NOT NULL,
    CONSTRAINT pk_decision PRIMARY KEY (id),
    CONSTRAINT uq_decision_audit_entry_id UNIQUE (audit_entry_id),
    CONSTRAINT fk_decision_audit_entry_id FOREIGN KEY (audit_entry_id) REFERENCES audit_entry (id),
    CONSTRAINT uq_decision_clearance UNIQUE
        (id, outcome, action, encounter_id, modality, schedule, patient_id, prescriber_id, product, valid_until),
    CONSTRAINT ck_decision_outcome CHECK (outcome IN ('allow', 'block')),
    CONSTRAINT ck_decision_action CHECK (action IN
        ('new', 'renew', 'increase', 'decrease', 'continue', 'discontinue', 'hold', 'taper_from_supply', 'refer')),
    CONSTRAINT ck_decision_modality CHECK (modality IN ('video', 'audio', 'in_person', 'none')),
    CONSTRAINT ck_decision_schedule CHECK (schedule IN ('I', 'II', 'III', 'IV', 'V', 'none', 'unknown')),
    CONSTRAINT ck_decision_encounter
        CHECK ((modality = 'none') = (encounter_id = '00000000-0000-0000-0000-000000000000')),
    CONSTRAINT ck_decision_valid_until CHECK (valid_until > decided_at),
    CONSTRAINT ck_decision_floor CHECK (outcome = 'block' OR schedule = 'none'
        OR (modality = 'in_person' AND schedule IN ('II', 'III', 'IV', 'V'))
        OR action IN ('discontinue', 'hold', 'taper_from_supply', 'refer'))
)
"""

INDEXES = (
    "CREATE INDEX ix_audit_entry_transaction_id ON audit_entry (transaction_id, id)",
    "CREATE INDEX ix_audit_entry_outcome ON audit_entry (outcome, occurred_at)",
    "CREATE INDEX ix_audit_entry_patient_id ON audit_entry (patient_id, occurred_at)",
    "CREATE INDEX ix_decision_decided_at ON decision (decided_at, audit_entry_id)",
    "CREATE INDEX ix_decision_prescriber_id ON decision (prescriber_id, decided_at)",
    "CREATE INDEX ix_decision_patient_id ON decision (patient_id, decided_at)",
)

TABLES = ("audit_entry", "audit_content", "audit_leaf", "checkpoint", "decision")


def upgrade() -> None:
    """Create the log's tables, the stamp of every entry and the guards."""
    for statement in (AUDIT_ENTRY, STAMP, STAMPED, AUDIT_CONTENT, AUDIT_LEAF, CHECKPOINT, DECISION, *INDEXES):
        op.execute(statement)
    op.execute("ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_stamped")
    for table in TABLES:
        insert_only(table)


def downgrade() -> None:
    """Refused: a log has no way back."""
    no_way_back()
