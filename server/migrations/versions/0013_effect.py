"""Effects that must happen outside the database are rows, written with the change that they belong to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from server.migrations import ddl

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the outbox. A row is gone once its effect has happened."""
    op.create_table(
        "effect",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_effect"),
        sa.CheckConstraint("kind IN ('end_room')", name="ck_effect_known_kind"),
        sa.CheckConstraint("length(about) BETWEEN 1 AND 200", name="ck_effect_short"),
    )
    op.create_index("ix_effect_again_at", "effect", ["again_at"])
    ddl.updatable("effect", delete=True)


def downgrade() -> None:
    """Refused: a record has no way back."""
    ddl.no_way_back()
