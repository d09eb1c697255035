"""Medicine orders, the pointer to each chain's current one, and prescriptions."""

from alembic import op

from server.migrations.ddl import insert_only, no_way_back, updatable

revision = "0002"
down_revision = "0001"

_ORDER = """
CREATE TABLE medication_order (
    id uuid CONSTRAINT pk_medication_order PRIMARY KEY,
    chain_id uuid NOT NULL,
    replaces uuid CONSTRAINT uq_medication_order_replaces UNIQUE,
    patient_id uuid NOT NULL CONSTRAINT fk_medication_order_patient_id REFERENCES patient (person_id),
    kind text NOT NULL,
    act text NOT NULL,
    status text NOT NULL,
    medicine text,
    name text NOT NULL,
    ingredients text NOT NULL,
    dose jsonb,
    daily_total numeric,
    unit text,
    as_needed boolean NOT NULL,
    sentence text NOT NULL,
    sig text NOT NULL,
    indication text NOT NULL,
    reason text NOT NULL,
    starts_on date NOT NULL,
    product text,
    supply jsonb,
    days_supply integer,
    refills integer,
    agreement text,
    prescriber_elsewhere text,
    answers jsonb NOT NULL,
    reference_version text,
    reference_sha256 text,
    visit_id uuid CONSTRAINT fk_medication_order_visit_id REFERENCES visit (id),
    author_id uuid NOT NULL CONSTRAINT fk_medication_order_author_id REFERENCES person (id),
    written_at timestamptz NOT NULL,
    CONSTRAINT uq_medication_order_id_chain_id_patient_id UNIQUE (id, chain_id, patient_id),
    CONSTRAINT uq_medication_order_id_chain_id_patient_id_ingredients UNIQUE (id, chain_id, patient_id, ingredients),
    CONSTRAINT uq_medication_order_id_patient_id_author_id_product UNIQUE (id, patient_id, author_id, product),
    CONSTRAINT fk_medication_order_replaces_chain_id_patient_id_ingredients
        FOREIGN KEY (replaces, chain_id, patient_id, ingredients)
        REFERENCES medication_order (id, chain_id, patient_id, ingredients),
    CONSTRAINT ck_medication_order_first CHECK ((replaces IS NULL) = (chain_id = id)),
    CONSTRAINT ck_medication_order_kind CHECK (
        CASE WHEN kind = 'prescribed_here' THEN act IN ('started', 'revised', 'renewed', 'held', 'stopped')
             WHEN kind IN ('prescribed_elsewhere', 'self_reported') THEN act IN ('reported', 'stopped')
             ELSE false END),
    CONSTRAINT ck_medication_order_status CHECK (
        status = CASE act WHEN 'held' THEN 'held' WHEN 'stopped' THEN 'stopped' ELSE 'active' END),
    CONSTRAINT ck_medication_order_replaces CHECK (
        CASE act WHEN 'started' THEN replaces IS NULL WHEN 'reported' THEN true ELSE replaces IS NOT NULL END),
    CONSTRAINT ck_medication_order_prescribed CHECK (
        CASE WHEN act IN ('started', 'revised', 'renewed')
             THEN num_nulls(medicine, dose, daily_total, product, supply, days_supply, refills, agreement,
                            reference_version, reference_sha256) = 0
             ELSE num_nonnulls(product, supply, days_supply, refills, agreement) = 0 END),
    CONSTRAINT ck_medication_order_unit CHECK ((daily_total IS NULL) = (unit IS NULL)),
    CONSTRAINT ck_medication_order_daily_total CHECK (daily_total >= 0),
    CONSTRAINT ck_medication_order_days_supply CHECK (days_supply BETWEEN 1 AND 90),
    CONSTRAINT ck_medication_order_refills CHECK (refills BETWEEN 0 AND 11),
    CONSTRAINT ck_medication_order_agreement CHECK (agreement IN ('not_asked_here'))
)
"""

_CURRENT = """
CREATE TABLE medication_current (
    chain_id uuid CONSTRAINT pk_medication_current PRIMARY KEY,
    patient_id uuid NOT NULL,
    order_id uuid NOT NULL CONSTRAINT uq_medication_current_order_id UNIQUE,
    changed_at timestamptz NOT NULL,
    CONSTRAINT fk_medication_current_order_id_chain_id_patient_id
        FOREIGN KEY (order_id, chain_id, patient_id)
        REFERENCES medication_order (id, chain_id, patient_id)
)
"""

_PRESCRIPTION = """
CREATE TABLE prescription (
    id uuid CONSTRAINT pk_prescription PRIMARY KEY,
    order_id uuid NOT NULL CONSTRAINT uq_prescription_order_id UNIQUE,
    decision_id uuid NOT NULL CONSTRAINT uq_prescription_decision_id UNIQUE,
    decision_outcome text NOT NULL,
    decision_action text NOT NULL,
    encounter_id uuid NOT NULL,
    modality text NOT NULL,
    schedule text NOT NULL,
    patient_id uuid NOT NULL,
    prescriber_id uuid NOT NULL,
    product text NOT NULL,
    valid_until timestamptz NOT NULL,
    audit_entry_id bigint NOT NULL,
    written_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT fk_prescription_order_id_patient_id_prescriber_id_product
        FOREIGN KEY (order_id, patient_id, prescriber_id, product)
        REFERENCES medication_order (id, patient_id, author_id, product),
    CONSTRAINT ck_prescription_allowed CHECK (decision_outcome = 'allow'),
    CONSTRAINT ck_prescription_action CHECK (decision_action IN ('new', 'renew', 'increase', 'decrease', 'continue')),
    CONSTRAINT ck_prescription_modality CHECK (modality IN ('video', 'audio', 'in_person', 'none')),
    CONSTRAINT ck_prescription_schedule CHECK (
        schedule = 'none' OR (schedule IN ('II', 'III', 'IV', 'V') AND modality = 'in_person')),
    CONSTRAINT ck_prescription_in_time CHECK (written_at <= valid_until)
)
"""

_INDEXES = (
    "CREATE INDEX ix_medication_order_chain_id ON medication_order (chain_id)",
    "CREATE INDEX ix_medication_order_patient_id ON medication_order (patient_id)",
    "CREATE INDEX ix_medication_current_patient_id ON medication_current (patient_id)",
    "CREATE INDEX ix_prescription_patient_id ON prescription (patient_id)",
)

# The wall clock of the database, whatever the writer says: a decision that has run out by it buys nothing. A database
# that is marked as a demo tells a past, so 0004 replaces this function (and only this one) by one that knows the mark.
_TOO_LATE = """
CREATE FUNCTION prescription_too_late(valid_until timestamptz, recorded_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT recorded_at > valid_until $$
"""

_RECORDED = """
CREATE FUNCTION prescription_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_at := clock_timestamp();
    IF prescription_too_late(NEW.valid_until, NEW.recorded_at) THEN
        RAISE EXCEPTION 'the decision for this prescription is no longer valid' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$
"""

# Looked at when the transaction ends, because order, prescription and pointer are written one after the other.
_COMPLETE = """
CREATE FUNCTION medication_order_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.act IN ('started', 'revised', 'renewed') AND NOT EXISTS (
        SELECT FROM prescription p WHERE p.order_id = NEW.id AND p.decision_action = ANY (
            CASE NEW.act WHEN 'started' THEN ARRAY['new'] WHEN 'renewed' THEN ARRAY['renew']
                         ELSE ARRAY['increase', 'decrease', 'continue'] END)
    ) THEN
        RAISE EXCEPTION 'an order that prescribes needs its prescription' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM medication_current c WHERE c.order_id = NEW.id)
       AND NOT EXISTS (SELECT FROM medication_order o WHERE o.replaces = NEW.id) THEN
        RAISE EXCEPTION 'the newest order of a chain must be its current one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$
"""

_FORWARD = """
CREATE FUNCTION medication_current_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.chain_id <> OLD.chain_id OR NEW.patient_id <> OLD.patient_id OR NOT EXISTS (
        SELECT FROM medication_order o WHERE o.id = NEW.order_id AND o.replaces = OLD.order_id
    ) THEN
        RAISE EXCEPTION 'a chain moves only to the order that replaces its current one'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$
"""

# Nothing follows a stop: taking a medicine again is a new chain.
_ENDED = """
CREATE FUNCTION medication_order_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM medication_order o WHERE o.id = NEW.replaces AND o.status = 'stopped') THEN
        RAISE EXCEPTION 'a stopped medicine is started anew, not changed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$
"""

_TRIGGERS = (
    ("medication_order", "medication_order_ended", "CREATE TRIGGER {} BEFORE INSERT ON {} FOR EACH ROW"),
    (
        "medication_order",
        "medication_order_complete",
        "CREATE CONSTRAINT TRIGGER {} AFTER INSERT ON {} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
    ),
    ("medication_current", "medication_current_forward", "CREATE TRIGGER {} BEFORE UPDATE ON {} FOR EACH ROW"),
    ("prescription", "prescription_recorded", "CREATE TRIGGER {} BEFORE INSERT ON {} FOR EACH ROW"),
)


def upgrade() -> None:
    for statement in (_ORDER, _CURRENT, _PRESCRIPTION, *_INDEXES):
        op.execute(statement)
    for function in (_TOO_LATE, _RECORDED, _COMPLETE, _FORWARD, _ENDED):
        op.execute(function)
    for table, trigger, statement in _TRIGGERS:
        op.execute(f"{statement.format(trigger, table)} EXECUTE FUNCTION {trigger}()")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
    insert_only("medication_order")
    insert_only("prescription")
    updatable("medication_current")


def downgrade() -> None:
    no_way_back()
