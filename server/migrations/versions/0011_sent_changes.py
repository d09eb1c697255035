"""Changes that were sent, by actor, route and key: the same sent again is answered the same, and happens once."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from server.migrations import ddl

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEPT_FOR = "interval '48 hours'"

# What was answered stays as it was answered, and for as long as is promised, whoever asks.
GUARD = f"""
CREATE FUNCTION guard_sent_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answer IS NOT NULL AND (TG_OP = 'UPDATE' OR OLD.sent_at >= now() - {KEPT_FOR}) THEN
        RAISE EXCEPTION 'the answer of a change is kept: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$
"""


def upgrade() -> None:
    """Add the table, what the application may do with it, and its guard."""
    op.create_table(
        "sent_change",
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("answer", postgresql.JSONB),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("actor_id", "route", "key", name="pk_sent_change"),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name="fk_sent_change_actor_id"),
        sa.CheckConstraint("key ~ '^[A-Za-z0-9_-]{16,64}$'", name="ck_sent_change_key"),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="ck_sent_change_digest"),
        sa.CheckConstraint("octet_length(answer::text) <= 1024", name="ck_sent_change_answer"),
    )
    op.create_index("ix_sent_change_sent_at", "sent_change", ["sent_at"])
    op.execute(f"GRANT SELECT, DELETE, INSERT (actor_id, route, key, digest) ON sent_change TO {ddl.APP_ROLE}")
    op.execute(f"GRANT UPDATE (answer) ON sent_change TO {ddl.APP_ROLE}")
    op.execute(GUARD)
    op.execute(
        "CREATE TRIGGER sent_change_kept BEFORE UPDATE OR DELETE ON sent_change "
        "FOR EACH ROW EXECUTE FUNCTION guard_sent_change()"
    )
    op.execute("ALTER TABLE sent_change ENABLE ALWAYS TRIGGER sent_change_kept")
    ddl.pin_functions()


def downgrade() -> None:
    """Refused: a log has no way back."""
    ddl.no_way_back()
