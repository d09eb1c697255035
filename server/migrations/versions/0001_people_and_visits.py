"""People, visits, scales, notes and the diary: the care half of the record.

Written by hand; `tests` compare the result with the tables of `emr`. Names follow the naming convention there.
"""

from alembic import op

from server.migrations import ddl
from server.migrations.record_guards import GUARD_DRAFT, GUARD_ENDING, GUARD_VISIT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _tie(table: str, of: str, of_table: str, to: str) -> tuple[str, ...]:
    """A tie between two people that begins and may end; one open tie for each pair."""
    return (
        f"""
        CREATE TABLE {table} (
            id uuid NOT NULL CONSTRAINT pk_{table} PRIMARY KEY,
            {of} uuid NOT NULL CONSTRAINT fk_{table}_{of} REFERENCES {of_table},
            {to} uuid NOT NULL CONSTRAINT fk_{table}_{to} REFERENCES person,
            since timestamptz NOT NULL,
            until timestamptz
        )
        """,
        f"CREATE INDEX ix_{table}_{to} ON {table} ({to})",
        f"CREATE UNIQUE INDEX uq_{table}_open ON {table} ({of}, {to}) WHERE until IS NULL",
    )


PEOPLE = (
    """
    CREATE TABLE person (
        id uuid NOT NULL CONSTRAINT pk_person PRIMARY KEY,
        given_name text NOT NULL,
        family_name text NOT NULL,
        prefix text,
        credential text,
        profession text,
        pronouns text,
        zone text NOT NULL,
        added_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE patient (
        person_id uuid NOT NULL CONSTRAINT pk_patient PRIMARY KEY
            CONSTRAINT fk_patient_person_id REFERENCES person,
        code text NOT NULL CONSTRAINT uq_patient_code UNIQUE,
        birth_date date NOT NULL,
        phone text
    )
    """,
    """
    CREATE TABLE allergy (
        id uuid NOT NULL CONSTRAINT pk_allergy PRIMARY KEY,
        patient_id uuid NOT NULL CONSTRAINT fk_allergy_patient_id REFERENCES patient,
        substance text NOT NULL,
        reaction text,
        recorded_at timestamptz NOT NULL,
        recorded_by uuid NOT NULL CONSTRAINT fk_allergy_recorded_by REFERENCES person
    )
    """,
    "CREATE INDEX ix_allergy_patient_id ON allergy (patient_id)",
    """
    CREATE TABLE allergy_inquiry (
        id uuid NOT NULL CONSTRAINT pk_allergy_inquiry PRIMARY KEY,
        patient_id uuid NOT NULL CONSTRAINT fk_allergy_inquiry_patient_id REFERENCES patient,
        none_known boolean NOT NULL,
        asked_at timestamptz NOT NULL,
        asked_by uuid NOT NULL CONSTRAINT fk_allergy_inquiry_asked_by REFERENCES person
    )
    """,
    "CREATE INDEX ix_allergy_inquiry_patient_id ON allergy_inquiry (patient_id)",
    *_tie("supervision", "supervisee_id", "person", "supervisor_id"),
    *_tie("care_team_member", "patient_id", "patient", "person_id"),
    *_tie("patient_prescriber", "patient_id", "patient", "prescriber_id"),
)

VISITS = (
    """
    CREATE TABLE visit (
        id uuid NOT NULL CONSTRAINT pk_visit PRIMARY KEY,
        patient_id uuid NOT NULL CONSTRAINT fk_visit_patient_id REFERENCES patient,
        prescriber_id uuid NOT NULL CONSTRAINT fk_visit_prescriber_id REFERENCES person,
        scheduled_start timestamptz NOT NULL,
        scheduled_minutes integer NOT NULL
            CONSTRAINT ck_visit_minutes CHECK (scheduled_minutes BETWEEN 5 AND 240),
        kind text NOT NULL,
        modality text NOT NULL CONSTRAINT ck_visit_modality CHECK (modality IN ('video', 'audio', 'in_person')),
        status text NOT NULL CONSTRAINT ck_visit_status CHECK
            (status IN ('scheduled', 'waiting', 'in_progress', 'ended', 'cancelled', 'missed')),
        room text NOT NULL CONSTRAINT uq_visit_room UNIQUE,
        place text,
        booked_at timestamptz NOT NULL,
        booked_by uuid NOT NULL CONSTRAINT fk_visit_booked_by REFERENCES person,
        arrived_at timestamptz,
        admitted_at timestamptz,
        ended_at timestamptz,
        CONSTRAINT uq_visit_id_patient_id_modality UNIQUE (id, patient_id, modality),
        CONSTRAINT ck_visit_admitted CHECK ((status IN ('in_progress', 'ended')) = (admitted_at IS NOT NULL)),
        CONSTRAINT ck_visit_ended CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
        CONSTRAINT ck_visit_waiting CHECK (status <> 'waiting' OR arrived_at IS NOT NULL)
    )
    """,
    "CREATE INDEX ix_visit_prescriber_id_scheduled_start ON visit (prescriber_id, scheduled_start)",
    "CREATE INDEX ix_visit_patient_id_scheduled_start ON visit (patient_id, scheduled_start)",
    """
    CREATE TABLE visit_participant (
        visit_id uuid NOT NULL CONSTRAINT fk_visit_participant_visit_id REFERENCES visit,
        person_id uuid NOT NULL CONSTRAINT fk_visit_participant_person_id REFERENCES person,
        part text NOT NULL CONSTRAINT ck_visit_participant_part CHECK
            (part IN ('guest_guardian', 'guest_interpreter', 'guest_family', 'supervisor')),
        invited_at timestamptz NOT NULL,
        invited_by uuid NOT NULL CONSTRAINT fk_visit_participant_invited_by REFERENCES person,
        withdrawn_at timestamptz,
        CONSTRAINT pk_visit_participant PRIMARY KEY (visit_id, person_id)
    )
    """,
    "CREATE INDEX ix_visit_participant_person_id ON visit_participant (person_id)",
    """
    CREATE TABLE visit_statement (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_visit_statement PRIMARY KEY,
        visit_id uuid NOT NULL CONSTRAINT fk_visit_statement_visit_id REFERENCES visit,
        line text NOT NULL,
        city text NOT NULL,
        state text NOT NULL,
        postal text NOT NULL,
        country text NOT NULL,
        call_back text NOT NULL,
        stated_at timestamptz NOT NULL,
        stated_by uuid NOT NULL CONSTRAINT fk_visit_statement_stated_by REFERENCES person,
        CONSTRAINT ck_visit_statement_state CHECK (country <> 'US' OR state ~ '^[A-Z]{2}$')
    )
    """,
    "CREATE INDEX ix_visit_statement_visit_id ON visit_statement (visit_id)",
    """
    CREATE TABLE visit_event (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_visit_event PRIMARY KEY,
        visit_id uuid NOT NULL CONSTRAINT fk_visit_event_visit_id REFERENCES visit,
        what text NOT NULL,
        person_id uuid NOT NULL CONSTRAINT fk_visit_event_person_id REFERENCES person,
        detail text,
        happened_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_visit_event_visit_id ON visit_event (visit_id)",
)

SCALES = (
    """
    CREATE TABLE scale_request (
        id uuid NOT NULL CONSTRAINT pk_scale_request PRIMARY KEY,
        patient_id uuid NOT NULL CONSTRAINT fk_scale_request_patient_id REFERENCES patient,
        visit_id uuid NOT NULL CONSTRAINT fk_scale_request_visit_id REFERENCES visit,
        scale text NOT NULL,
        requested_at timestamptz NOT NULL,
        requested_by uuid NOT NULL CONSTRAINT fk_scale_request_requested_by REFERENCES person
    )
    """,
    "CREATE INDEX ix_scale_request_patient_id ON scale_request (patient_id)",
    "CREATE INDEX ix_scale_request_visit_id ON scale_request (visit_id)",
    """
    CREATE TABLE scale_answer (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_scale_answer PRIMARY KEY,
        request_id uuid NOT NULL CONSTRAINT fk_scale_answer_request_id REFERENCES scale_request,
        item text NOT NULL,
        value integer NOT NULL,
        answered_at timestamptz NOT NULL,
        answered_by uuid NOT NULL CONSTRAINT fk_scale_answer_answered_by REFERENCES person
    )
    """,
    "CREATE INDEX ix_scale_answer_request_id ON scale_answer (request_id)",
    """
    CREATE TABLE scale_response (
        id uuid NOT NULL CONSTRAINT pk_scale_response PRIMARY KEY,
        request_id uuid NOT NULL CONSTRAINT uq_scale_response_request_id UNIQUE
            CONSTRAINT fk_scale_response_request_id REFERENCES scale_request,
        patient_id uuid NOT NULL CONSTRAINT fk_scale_response_patient_id REFERENCES patient,
        visit_id uuid NOT NULL CONSTRAINT fk_scale_response_visit_id REFERENCES visit,
        scale text NOT NULL,
        reference_version text NOT NULL,
        answers jsonb NOT NULL,
        total integer NOT NULL,
        severity text NOT NULL,
        prorated boolean NOT NULL,
        answered_at timestamptz NOT NULL,
        answered_by uuid NOT NULL CONSTRAINT fk_scale_response_answered_by REFERENCES person
    )
    """,
    "CREATE INDEX ix_scale_response_visit_id ON scale_response (visit_id)",
    "CREATE INDEX ix_scale_response_patient_id_scale_answered_at ON scale_response (patient_id, scale, answered_at)",
    """
    CREATE TABLE safety_alert (
        id uuid NOT NULL CONSTRAINT pk_safety_alert PRIMARY KEY,
        patient_id uuid NOT NULL CONSTRAINT fk_safety_alert_patient_id REFERENCES patient,
        visit_id uuid NOT NULL CONSTRAINT fk_safety_alert_visit_id REFERENCES visit,
        request_id uuid NOT NULL CONSTRAINT fk_safety_alert_request_id REFERENCES scale_request,
        scale text NOT NULL,
        item text NOT NULL,
        value integer NOT NULL,
        severity text NOT NULL,
        raised_at timestamptz NOT NULL,
        CONSTRAINT uq_safety_alert_request_id_item_value UNIQUE (request_id, item, value)
    )
    """,
    "CREATE INDEX ix_safety_alert_patient_id ON safety_alert (patient_id)",
    "CREATE INDEX ix_safety_alert_visit_id ON safety_alert (visit_id)",
    """
    CREATE TABLE alert_acknowledgement (
        alert_id uuid NOT NULL CONSTRAINT pk_alert_acknowledgement PRIMARY KEY
            CONSTRAINT fk_alert_acknowledgement_alert_id REFERENCES safety_alert,
        acknowledged_at timestamptz NOT NULL,
        acknowledged_by uuid NOT NULL CONSTRAINT fk_alert_acknowledgement_acknowledged_by REFERENCES person,
        what_was_done text
    )
    """,
)

NOTES = (
    """
    CREATE TABLE note (
        id uuid NOT NULL CONSTRAINT pk_note PRIMARY KEY,
        visit_id uuid NOT NULL CONSTRAINT uq_note_visit_id UNIQUE
            CONSTRAINT fk_note_visit_id REFERENCES visit,
        patient_id uuid NOT NULL CONSTRAINT fk_note_patient_id REFERENCES patient,
        author_id uuid NOT NULL CONSTRAINT fk_note_author_id REFERENCES person,
        started_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_note_patient_id ON note (patient_id)",
    "CREATE INDEX ix_note_author_id ON note (author_id)",
    """
    CREATE TABLE note_draft (
        note_id uuid NOT NULL CONSTRAINT pk_note_draft PRIMARY KEY
            CONSTRAINT fk_note_draft_note_id REFERENCES note,
        version integer NOT NULL CONSTRAINT ck_note_draft_version CHECK (version >= 1),
        template text NOT NULL,
        sections jsonb NOT NULL,
        saved_at timestamptz NOT NULL,
        saved_by uuid NOT NULL CONSTRAINT fk_note_draft_saved_by REFERENCES person
    )
    """,
    """
    CREATE TABLE note_seal (
        note_id uuid NOT NULL CONSTRAINT pk_note_seal PRIMARY KEY
            CONSTRAINT fk_note_seal_note_id REFERENCES note,
        content text NOT NULL,
        sha256 text NOT NULL,
        signed_at timestamptz NOT NULL,
        signed_by uuid NOT NULL CONSTRAINT fk_note_seal_signed_by REFERENCES person
    )
    """,
    """
    CREATE TABLE note_addendum (
        id uuid NOT NULL CONSTRAINT pk_note_addendum PRIMARY KEY,
        note_id uuid NOT NULL CONSTRAINT fk_note_addendum_note_id REFERENCES note_seal,
        text text NOT NULL,
        sha256 text NOT NULL,
        written_at timestamptz NOT NULL,
        author_id uuid NOT NULL CONSTRAINT fk_note_addendum_author_id REFERENCES person
    )
    """,
    "CREATE INDEX ix_note_addendum_note_id ON note_addendum (note_id)",
)

DIARY = (
    """
    CREATE TABLE side_effect (
        id uuid NOT NULL CONSTRAINT pk_side_effect PRIMARY KEY,
        patient_id uuid NOT NULL CONSTRAINT fk_side_effect_patient_id REFERENCES patient,
        name text NOT NULL,
        detail text,
        started_on date NOT NULL,
        reported_at timestamptz NOT NULL,
        reported_by uuid NOT NULL CONSTRAINT fk_side_effect_reported_by REFERENCES person
    )
    """,
    "CREATE INDEX ix_side_effect_patient_id ON side_effect (patient_id)",
    """
    CREATE TABLE side_effect_course (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_side_effect_course PRIMARY KEY,
        side_effect_id uuid NOT NULL CONSTRAINT fk_side_effect_course_side_effect_id REFERENCES side_effect,
        severity text NOT NULL CONSTRAINT ck_side_effect_course_severity CHECK
            (severity IN ('mild', 'moderate', 'severe')),
        ended_on date,
        reported_at timestamptz NOT NULL,
        reported_by uuid NOT NULL CONSTRAINT fk_side_effect_course_reported_by REFERENCES person
    )
    """,
    "CREATE INDEX ix_side_effect_course_side_effect_id ON side_effect_course (side_effect_id)",
    """
    CREATE TABLE agenda_item (
        id uuid NOT NULL CONSTRAINT pk_agenda_item PRIMARY KEY,
        patient_id uuid NOT NULL CONSTRAINT fk_agenda_item_patient_id REFERENCES patient,
        text text NOT NULL,
        written_at timestamptz NOT NULL,
        written_by uuid NOT NULL CONSTRAINT fk_agenda_item_written_by REFERENCES person
    )
    """,
    "CREATE INDEX ix_agenda_item_patient_id ON agenda_item (patient_id)",
    """
    CREATE TABLE agenda_outcome (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_agenda_outcome PRIMARY KEY,
        item_id uuid NOT NULL CONSTRAINT fk_agenda_outcome_item_id REFERENCES agenda_item,
        visit_id uuid NOT NULL CONSTRAINT fk_agenda_outcome_visit_id REFERENCES visit,
        outcome text NOT NULL CONSTRAINT ck_agenda_outcome_outcome CHECK
            (outcome IN ('answered', 'deferred', 'by_message')),
        marked_at timestamptz NOT NULL,
        marked_by uuid NOT NULL CONSTRAINT fk_agenda_outcome_marked_by REFERENCES person
    )
    """,
    "CREATE INDEX ix_agenda_outcome_item_id ON agenda_outcome (item_id)",
    """
    CREATE TABLE adherence (
        id uuid NOT NULL CONSTRAINT pk_adherence PRIMARY KEY,
        patient_id uuid NOT NULL CONSTRAINT fk_adherence_patient_id REFERENCES patient,
        medicine text NOT NULL,
        from_date date NOT NULL,
        to_date date NOT NULL,
        doses_due integer NOT NULL,
        doses_taken integer NOT NULL,
        detail text,
        reported_at timestamptz NOT NULL,
        reported_by uuid NOT NULL CONSTRAINT fk_adherence_reported_by REFERENCES person,
        CONSTRAINT ck_adherence_doses CHECK (doses_taken BETWEEN 0 AND doses_due),
        CONSTRAINT ck_adherence_dates CHECK (from_date <= to_date)
    )
    """,
    "CREATE INDEX ix_adherence_patient_id ON adherence (patient_id)",
    """
    CREATE TABLE observation (
        id uuid NOT NULL CONSTRAINT pk_observation PRIMARY KEY,
        patient_id uuid NOT NULL CONSTRAINT fk_observation_patient_id REFERENCES patient,
        code text NOT NULL,
        name text NOT NULL,
        value numeric NOT NULL,
        unit text NOT NULL,
        observed_at timestamptz NOT NULL,
        source text NOT NULL,
        recorded_at timestamptz NOT NULL,
        recorded_by uuid NOT NULL CONSTRAINT fk_observation_recorded_by REFERENCES person
    )
    """,
    "CREATE INDEX ix_observation_patient_id_code_observed_at ON observation (patient_id, code, observed_at)",
)

WRITTEN_ONCE = (
    "allergy",
    "allergy_inquiry",
    "visit_statement",
    "visit_event",
    "scale_request",
    "scale_answer",
    "scale_response",
    "safety_alert",
    "alert_acknowledgement",
    "note",
    "note_seal",
    "note_addendum",
    "side_effect",
    "side_effect_course",
    "agenda_item",
    "agenda_outcome",
    "adherence",
    "observation",
)
TIES = ("supervision", "care_team_member", "patient_prescriber")
CHANGED_IN_PLACE = (*TIES, "person", "patient", "visit", "visit_participant", "note_draft")


def _guard(table: str, when: str, function: str) -> None:
    op.execute(f"CREATE TRIGGER {table}_guard BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_guard")


def upgrade() -> None:
    for statement in (*PEOPLE, *VISITS, *SCALES, *NOTES, *DIARY, GUARD_VISIT, GUARD_DRAFT, GUARD_ENDING):
        op.execute(statement)
    for table in WRITTEN_ONCE:
        ddl.insert_only(table)
    for table in CHANGED_IN_PLACE:
        ddl.updatable(table)
    _guard("visit", "UPDATE", "guard_visit()")
    _guard("note_draft", "INSERT OR UPDATE", "guard_note_draft()")
    for tie in TIES:
        _guard(tie, "UPDATE", "guard_ending('until')")
    _guard("visit_participant", "UPDATE", "guard_ending('withdrawn_at')")


def downgrade() -> None:
    ddl.no_way_back()
