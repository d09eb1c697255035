"""What an allowing decision rests on: attendance, check-in, a product of the release, a supply within the law."""

from alembic import op

from server.migrations import ddl
from server.migrations import grounds_guards as guards

revision = "0007"
down_revision = "0006"

NIL = "'00000000-0000-0000-0000-000000000000'"
DISPENSING = "action IN ('new', 'renew', 'increase', 'decrease', 'continue')"
ALLOWS_DISPENSING = f"(outcome = 'allow' AND {DISPENSING})"

# Filled by `titrate migrate` from the release; the application's login reads it and can never write it. One row for a
# product from a day on, until another row of it begins. `ingredients` and `schedule` (federal) as policy reads the
# product, `order_ingredients` and `order_name` as an order of it is written.
REFERENCE = """
CREATE TABLE reference_product (
    product text NOT NULL,
    effective_from date NOT NULL,
    ingredients text NOT NULL,
    order_ingredients text NOT NULL,
    order_name text NOT NULL,
    schedule text NOT NULL,
    CONSTRAINT pk_reference_product PRIMARY KEY (product, effective_from),
    CONSTRAINT ck_reference_product_schedule CHECK (schedule IN ('I', 'II', 'III', 'IV', 'V', 'none'))
)
"""

RELEASE = """
CREATE TABLE reference_release (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_reference_release PRIMARY KEY,
    sha256 text NOT NULL,
    formulary_sha256 text NOT NULL,
    substances_sha256 text NOT NULL,
    filled_at timestamptz NOT NULL
)
"""

# Rows from before carry the first format, the nil UUID and no supply: they stay as they were written, so the CHECKs
# are not asked of them. Every new row is asked.
DECISION = (
    "ALTER TABLE decision ADD COLUMN format text NOT NULL DEFAULT 'titrate-decision/1'",
    "ALTER TABLE decision ALTER COLUMN format DROP DEFAULT",
    *(
        statement
        for column in ("attendance_id", "check_in_id")
        for table in ("decision", "prescription")
        for statement in (
            f"ALTER TABLE {table} ADD COLUMN {column} uuid NOT NULL DEFAULT {NIL}",
            f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT",
            f"ALTER TABLE {table} ADD COLUMN {column}_or_null uuid "
            f"GENERATED ALWAYS AS (NULLIF({column}, {NIL})) STORED",
        )
    ),
    "ALTER TABLE decision ADD CONSTRAINT ck_decision_format CHECK (format = 'titrate-decision/2') NOT VALID",
    "ALTER TABLE decision ADD CONSTRAINT ck_decision_treats "
    f"CHECK ({ALLOWS_DISPENSING} = (attendance_id <> {NIL})) NOT VALID",
    "ALTER TABLE decision ADD CONSTRAINT ck_decision_seen "
    f"CHECK (({ALLOWS_DISPENSING} AND schedule <> 'none') = (check_in_id <> {NIL})) NOT VALID",
)

PRESCRIPTION = (
    "ALTER TABLE prescription ADD COLUMN days_supply integer",
    "ALTER TABLE prescription ADD COLUMN refills integer",
    f"ALTER TABLE prescription ADD CONSTRAINT ck_prescription_treats CHECK (attendance_id <> {NIL}) NOT VALID",
    "ALTER TABLE prescription ADD CONSTRAINT ck_prescription_seen "
    f"CHECK ((schedule = 'none') = (check_in_id = {NIL})) NOT VALID",
    "ALTER TABLE prescription ADD CONSTRAINT ck_prescription_supply "
    "CHECK (num_nulls(days_supply, refills) = 0) NOT VALID",
    # 21 CFR 1306.12 (schedule II: no refills) and 1306.22 (III and IV: five refills within six months).
    """
    ALTER TABLE prescription ADD CONSTRAINT ck_prescription_refills CHECK (
        CASE WHEN schedule = 'II' THEN refills = 0
             WHEN schedule IN ('III', 'IV') THEN refills <= 5 AND refills * days_supply <= 180
             ELSE true END) NOT VALID
    """,
    "ALTER TABLE medication_order ADD CONSTRAINT uq_medication_order_prescribed "
    "UNIQUE (id, patient_id, author_id, product, days_supply, refills)",
    "ALTER TABLE prescription ADD CONSTRAINT fk_prescription_supply "
    "FOREIGN KEY (order_id, patient_id, prescriber_id, product, days_supply, refills) "
    "REFERENCES medication_order (id, patient_id, author_id, product, days_supply, refills)",
)

_KEY = "encounter_id, modality, schedule, patient_id, prescriber_id, product, valid_until, attendance_id, check_in_id"

KEYS = (
    "ALTER TABLE prescription DROP CONSTRAINT fk_prescription_decision",
    "ALTER TABLE decision DROP CONSTRAINT uq_decision_clearance",
    f"ALTER TABLE decision ADD CONSTRAINT uq_decision_clearance UNIQUE (id, outcome, action, {_KEY})",
    "ALTER TABLE prescription ADD CONSTRAINT fk_prescription_decision "
    f"FOREIGN KEY (decision_id, decision_outcome, decision_action, {_KEY}) "
    f"REFERENCES decision (id, outcome, action, {_KEY})",
    *(
        statement
        for table in ("decision", "prescription")
        for statement in (
            f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_attendance "
            "FOREIGN KEY (attendance_id_or_null, encounter_id, patient_id, prescriber_id, modality) "
            "REFERENCES attendance (id, visit_id, patient_id, prescriber_id, modality)",
            f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_check_in "
            "FOREIGN KEY (check_in_id_or_null, encounter_id, patient_id, prescriber_id) "
            "REFERENCES check_in (id, visit_id, patient_id, prescriber_id)",
            f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_confirmation "
            "FOREIGN KEY (check_in_id_or_null) REFERENCES check_in_confirmation (check_in_id)",
        )
    ),
)


def upgrade() -> None:
    for statement in (REFERENCE, RELEASE, *DECISION, *PRESCRIPTION, *KEYS, *guards.FUNCTIONS):
        op.execute(statement)
    ddl.read_only("reference_product")
    ddl.read_only("reference_release")
    for table, name, when, function in guards.TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    ddl.pin_functions()


def downgrade() -> None:
    ddl.no_way_back()
