"""What is said of safety answers that stay open, whom help reaches, and each step of a crisis: written once."""

from collections.abc import Sequence

from alembic import op

from server.migrations import ddl

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

LEFT_OPEN = """
CREATE TABLE alert_left_open (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_alert_left_open PRIMARY KEY,
    alert_id uuid NOT NULL CONSTRAINT fk_alert_left_open_alert_id REFERENCES safety_alert,
    visit_id uuid NOT NULL CONSTRAINT fk_alert_left_open_visit_id REFERENCES visit,
    left_by uuid NOT NULL CONSTRAINT fk_alert_left_open_left_by REFERENCES person,
    left_at timestamptz NOT NULL,
    reason text NOT NULL CONSTRAINT ck_alert_left_open_reason CHECK (length(btrim(reason)) BETWEEN 1 AND 1000)
)
"""

# No number is shipped: each was entered by somebody, and only one that can be dialed in the United States is kept.
CONTACT = """
CREATE TABLE crisis_contact (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_crisis_contact PRIMARY KEY,
    patient_id uuid NOT NULL CONSTRAINT fk_crisis_contact_patient_id REFERENCES patient,
    visit_id uuid NOT NULL CONSTRAINT fk_crisis_contact_visit_id REFERENCES visit,
    kind text NOT NULL
        CONSTRAINT ck_crisis_contact_kind CHECK (kind IN ('place', 'call_back', 'contact', 'dispatch')),
    name text CONSTRAINT ck_crisis_contact_name CHECK (length(btrim(name)) BETWEEN 1 AND 400),
    phone text CONSTRAINT ck_crisis_contact_phone CHECK (phone ~ '^[+]1[2-9][0-9]{2}[2-9][0-9]{6}$'),
    about text,
    checked_by uuid NOT NULL CONSTRAINT fk_crisis_contact_checked_by REFERENCES person,
    checked_at timestamptz NOT NULL,
    CONSTRAINT ck_crisis_contact_number CHECK ((kind = 'place') = (phone IS NULL)),
    CONSTRAINT ck_crisis_contact_named CHECK (kind IN ('call_back', 'dispatch') OR name IS NOT NULL)
)
"""

STEP = """
CREATE TABLE crisis_step (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_crisis_step PRIMARY KEY,
    patient_id uuid NOT NULL CONSTRAINT fk_crisis_step_patient_id REFERENCES patient,
    visit_id uuid NOT NULL CONSTRAINT fk_crisis_step_visit_id REFERENCES visit,
    step text NOT NULL CONSTRAINT ck_crisis_step_step
        CHECK (step IN ('called_911', 'called_dispatch', 'called_back', 'called_contact', 'said')),
    said text CONSTRAINT ck_crisis_step_said CHECK (length(said) <= 4000),
    number text,
    place text,
    taken_by uuid NOT NULL CONSTRAINT fk_crisis_step_taken_by REFERENCES person,
    taken_at timestamptz NOT NULL,
    CONSTRAINT ck_crisis_step_heard CHECK (step <> 'said' OR said IS NOT NULL)
)
"""


def upgrade() -> None:
    """Add the tables, and what the application may do with them."""
    for table in (LEFT_OPEN, CONTACT, STEP):
        op.execute(table)
    op.execute("CREATE INDEX ix_alert_left_open_alert_id ON alert_left_open (alert_id)")
    op.execute("CREATE INDEX ix_crisis_contact_patient_id ON crisis_contact (patient_id)")
    op.execute("CREATE INDEX ix_crisis_step_patient_id ON crisis_step (patient_id)")
    op.execute("CREATE INDEX ix_crisis_step_visit_id ON crisis_step (visit_id)")
    for name in ("alert_left_open", "crisis_contact", "crisis_step"):
        ddl.insert_only(name)
    ddl.pin_functions()


def downgrade() -> None:
    """Refused: a record has no way back."""
    ddl.no_way_back()
