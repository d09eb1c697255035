"""Somebody whose invitation was taken back may be invited again: each invitation is a row of its own."""

from alembic import op

from server.migrations import ddl

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE visit_participant DROP CONSTRAINT pk_visit_participant")
    op.execute(
        "ALTER TABLE visit_participant ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY "
        "CONSTRAINT pk_visit_participant PRIMARY KEY"
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_visit_participant_open ON visit_participant (visit_id, person_id) "
        "WHERE withdrawn_at IS NULL"
    )


def downgrade() -> None:
    ddl.no_way_back()
