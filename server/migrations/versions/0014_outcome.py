"""What became of a visit can be put right: corrections beside the visit, which no guard of the gate looks at."""

from collections.abc import Sequence

from alembic import op

from server.migrations import ddl

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

CORRECTION = """
CREATE TABLE visit_correction (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_visit_correction PRIMARY KEY,
    visit_id uuid NOT NULL CONSTRAINT fk_visit_correction_visit_id REFERENCES visit,
    corrected_by uuid NOT NULL CONSTRAINT fk_visit_correction_corrected_by REFERENCES person,
    corrected_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    outcome text NOT NULL
        CONSTRAINT ck_visit_correction_outcome CHECK (outcome IN ('ended', 'discontinued', 'missed', 'cancelled')),
    started_at timestamptz,
    ended_at timestamptz,
    reason text NOT NULL CONSTRAINT ck_visit_correction_reason CHECK (length(btrim(reason)) BETWEEN 1 AND 1000),
    CONSTRAINT ck_visit_correction_ended_after_beginning CHECK (ended_at >= started_at),
    CONSTRAINT ck_visit_correction_times_of_held
        CHECK (outcome IN ('ended', 'discontinued') OR (started_at IS NULL AND ended_at IS NULL))
)
"""

# Only of a visit that is over, by the front desk or who was to treat in it, never by its patient; and nothing that is
# yet to come. The visit's row is held: one correction comes after the other.
RECORDED = """
CREATE FUNCTION visit_correction_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    corrected public.visit;
BEGIN
    PERFORM require_fresh_view();
    NEW.recorded_at := told_now(NEW.corrected_at);
    SELECT * INTO corrected FROM public.visit v
    WHERE v.id = NEW.visit_id AND v.status IN ('ended', 'missed', 'cancelled') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only the outcome of a visit that is over is corrected' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.corrected_by = corrected.patient_id OR NOT EXISTS (
        SELECT FROM public.role_grant g WHERE g.person_id = NEW.corrected_by AND g.revoked_at IS NULL
          AND (g.role = 'front_desk' OR g.role = 'prescriber'
               AND (NEW.corrected_by = corrected.prescriber_id OR EXISTS (
                    SELECT FROM public.attendance a
                    WHERE a.visit_id = NEW.visit_id AND a.prescriber_id = NEW.corrected_by)))) THEN
        RAISE EXCEPTION 'the front desk or who was to treat corrects the outcome of a visit'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF greatest(NEW.started_at, NEW.ended_at) > NEW.recorded_at
       OR NEW.outcome = 'missed' AND NEW.recorded_at < corrected.scheduled_start THEN
        RAISE EXCEPTION 'what is yet to come is no outcome' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.outcome IN ('ended', 'discontinued')
       AND coalesce(NEW.ended_at, corrected.ended_at) < coalesce(NEW.started_at, corrected.admitted_at) THEN
        RAISE EXCEPTION 'a visit ends after it began' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    """Add the table, what the application may do with it, and its guards."""
    op.execute(CORRECTION)
    op.execute("CREATE INDEX ix_visit_correction_visit_id ON visit_correction (visit_id)")
    ddl.insert_only("visit_correction")
    op.execute(RECORDED)
    op.execute(
        "CREATE TRIGGER visit_correction_recorded BEFORE INSERT ON visit_correction "
        "FOR EACH ROW EXECUTE FUNCTION visit_correction_recorded()"
    )
    op.execute("ALTER TABLE visit_correction ENABLE ALWAYS TRIGGER visit_correction_recorded")
    ddl.pin_functions()


def downgrade() -> None:
    """Refused: a record has no way back."""
    ddl.no_way_back()
