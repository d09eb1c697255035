"""No visit ends before it began, nor begins before the patient arrived, and no invitation ends before it was made.

A clock that jumped wrote such times; what stands from before is not looked at (NOT VALID) and stays as it is.
"""

from collections.abc import Sequence

from alembic import op

from server.migrations import ddl

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

IN_ORDER = (
    ("visit", "began_after_arrival", "admitted_at >= arrived_at"),
    ("visit", "ended_after_beginning", "ended_at >= admitted_at"),
    ("visit_participant", "withdrawn_after_invitation", "withdrawn_at >= invited_at"),
)
"""A CHECK that is NULL holds: a time that is not there yet is in order."""


def upgrade() -> None:
    """Add the constraints."""
    for table, name, condition in IN_ORDER:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({condition}) NOT VALID")


def downgrade() -> None:
    """Refused: a record has no way back."""
    ddl.no_way_back()
