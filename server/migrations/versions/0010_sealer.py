"""Only the worker's login writes the log's tree, and no row that the web's may write is too much for its readers.

The role is made by deploy/postgres/roles.sql; `titrate migrate` asks for it before any step runs.
"""

from collections.abc import Sequence

from alembic import op

from server.migrations import ddl, log_limits

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What the sealer says of a row; the rest is the database's (`previous` is generated).
WRITTEN = {
    "audit_leaf": "leaf_index, entry_id, leaf_hash, sealed_at, epoch, transaction_id",
    "checkpoint": "size, root, peaks, note, at",
}


def upgrade() -> None:
    """Move the right to seal from the application's role to the sealer's, and limit what a row may hold."""
    for table, columns in WRITTEN.items():
        op.execute(f"REVOKE INSERT ON {table} FROM {ddl.APP_ROLE}")
        op.execute(f"GRANT SELECT, INSERT ({columns}) ON {table} TO {ddl.SEALER_ROLE}")
    for statement in log_limits.statements():
        op.execute(statement)


def downgrade() -> None:
    """Refused: a log has no way back."""
    ddl.no_way_back()
