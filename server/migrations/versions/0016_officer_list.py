"""The officer's list: the rule that decided, in the order of the list; and orders that were signed over a warning."""

from collections.abc import Sequence

from alembic import op

from server.migrations import ddl

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = (
    "CREATE INDEX ix_decision_rule ON decision (rule, decided_at, audit_entry_id)",
    # Few of all orders; what is worth a look asks for those of some weeks.
    "CREATE INDEX ix_medication_order_warned ON medication_order (written_at) "
    """WHERE answers @> '[{"severity": "warning"}]'""",
)


def upgrade() -> None:
    """Add the indexes."""
    for statement in INDEXES:
        op.execute(statement)


def downgrade() -> None:
    """Refused: a log has no way back."""
    ddl.no_way_back()
