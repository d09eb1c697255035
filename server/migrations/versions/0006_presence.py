"""Who is where: sites, attendance, check-ins, joins of calls; one visit of a patient at a time; the front desk."""

from alembic import op

from server.migrations import ddl
from server.migrations import presence_guards as guards

revision = "0006"
down_revision = "0005"

SITE = """
CREATE TABLE site (
    id uuid NOT NULL CONSTRAINT pk_site PRIMARY KEY,
    name text NOT NULL,
    line text NOT NULL,
    city text NOT NULL,
    state text NOT NULL CONSTRAINT ck_site_state CHECK (state ~ '^[A-Z]{2}$'),
    postal text NOT NULL,
    added_at timestamptz NOT NULL,
    added_by uuid CONSTRAINT fk_site_added_by REFERENCES person,
    closed_at timestamptz
)
"""

ATTENDANCE = """
CREATE TABLE attendance (
    id uuid NOT NULL CONSTRAINT pk_attendance PRIMARY KEY,
    visit_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    modality text NOT NULL,
    prescriber_id uuid NOT NULL CONSTRAINT fk_attendance_prescriber_id REFERENCES person,
    replaces uuid CONSTRAINT uq_attendance_replaces UNIQUE,
    began_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT uq_attendance_id_visit_id UNIQUE (id, visit_id),
    CONSTRAINT uq_attendance_treats UNIQUE (id, visit_id, patient_id, prescriber_id, modality),
    CONSTRAINT fk_attendance_visit_id_patient_id_modality
        FOREIGN KEY (visit_id, patient_id, modality) REFERENCES visit (id, patient_id, modality),
    CONSTRAINT fk_attendance_replaces_visit_id
        FOREIGN KEY (replaces, visit_id) REFERENCES attendance (id, visit_id)
)
"""

CHECK_IN = """
CREATE TABLE check_in (
    id uuid NOT NULL CONSTRAINT pk_check_in PRIMARY KEY,
    visit_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    modality text NOT NULL CONSTRAINT ck_check_in_modality CHECK (modality = 'in_person'),
    prescriber_id uuid NOT NULL CONSTRAINT fk_check_in_prescriber_id REFERENCES person,
    site_id uuid NOT NULL CONSTRAINT fk_check_in_site_id REFERENCES site,
    stated_by uuid NOT NULL CONSTRAINT fk_check_in_stated_by REFERENCES person,
    stated_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    CONSTRAINT uq_check_in_for UNIQUE (id, visit_id, patient_id, prescriber_id),
    CONSTRAINT fk_check_in_visit_id_patient_id_modality
        FOREIGN KEY (visit_id, patient_id, modality) REFERENCES visit (id, patient_id, modality),
    CONSTRAINT ck_check_in_second_person CHECK (stated_by <> patient_id AND stated_by <> prescriber_id)
)
"""

CONFIRMATION = """
CREATE TABLE check_in_confirmation (
    check_in_id uuid NOT NULL CONSTRAINT pk_check_in_confirmation PRIMARY KEY
        CONSTRAINT fk_check_in_confirmation_check_in_id REFERENCES check_in,
    confirmed_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
)
"""

CALL_JOIN = """
CREATE TABLE call_join (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_call_join PRIMARY KEY,
    visit_id uuid NOT NULL CONSTRAINT fk_call_join_visit_id REFERENCES visit,
    person_id uuid NOT NULL CONSTRAINT fk_call_join_person_id REFERENCES person,
    joined_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
)
"""

INDEXES = (
    "CREATE UNIQUE INDEX uq_attendance_first ON attendance (visit_id) WHERE replaces IS NULL",
    "CREATE INDEX ix_check_in_visit_id ON check_in (visit_id)",
    "CREATE INDEX ix_call_join_person_id_recorded_at ON call_join (person_id, recorded_at)",
    "ALTER TABLE visit ADD COLUMN site_id uuid CONSTRAINT fk_visit_site_id REFERENCES site",
)

# Before, a patient could be in several visits at once. The one begun last goes on; that the others ended with this
# step stays readable in their events.
ONE_AT_A_TIME = (
    """
    WITH ended AS (
        UPDATE visit SET status = 'ended', ended_at = greatest(now(), admitted_at)
        WHERE status = 'in_progress' AND EXISTS (
            SELECT FROM visit later WHERE later.patient_id = visit.patient_id AND later.status = 'in_progress'
            AND (later.admitted_at, later.id) > (visit.admitted_at, visit.id))
        RETURNING id, prescriber_id
    )
    INSERT INTO visit_event (visit_id, what, person_id, detail, happened_at)
    SELECT id, 'ended', prescriber_id, 'another_visit_open', now() FROM ended
    """,
    "CREATE UNIQUE INDEX uq_visit_in_progress ON visit (patient_id) WHERE status = 'in_progress'",
)

# What the application writes of a visit after booking: where it stands. Patient, modality, prescriber and time are
# beyond its reach.
COLUMNS_OF_A_VISIT = (
    f"REVOKE UPDATE ON visit FROM {ddl.APP_ROLE}",
    f"GRANT UPDATE (status, arrived_at, admitted_at, ended_at) ON visit TO {ddl.APP_ROLE}",
)

ROLES = "'patient','guest','prescriber','supervisor','care_team','front_desk','officer','administrator'"


def upgrade() -> None:
    for statement in (SITE, ATTENDANCE, CHECK_IN, CONFIRMATION, CALL_JOIN, *INDEXES, *ONE_AT_A_TIME):
        op.execute(statement)
    for statement in (*COLUMNS_OF_A_VISIT, *guards.FUNCTIONS):
        op.execute(statement)
    for table in ("attendance", "check_in", "check_in_confirmation", "call_join"):
        ddl.insert_only(table)
    ddl.updatable("site")
    op.execute("ALTER TABLE role_grant DROP CONSTRAINT ck_role_grant_known_role")
    op.execute(f"ALTER TABLE role_grant ADD CONSTRAINT ck_role_grant_known_role CHECK (role IN ({ROLES}))")
    for table, name, when, function in guards.TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    ddl.no_way_back()
