"""The officer's list by dose: what was prescribed in mg, in the order of its daily total."""

from collections.abc import Sequence

from alembic import op

from server.migrations import ddl

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEX = "CREATE INDEX ix_medication_order_dose ON medication_order (daily_total, written_at, id) WHERE unit = 'mg'"


def upgrade() -> None:
    """Add the index."""
    op.execute(INDEX)


def downgrade() -> None:
    """Refused: a log has no way back."""
    ddl.no_way_back()
