"""The log: epochs, typed text that can be erased, and the sources that decisions were made by.

Columns of `audit_leaf` may be NULL only in rows from before: their place is that of their entry.
"""

from collections.abc import Sequence

from alembic import op

from server.migrations import ddl
from server.migrations import log_guards as guards

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

EPOCH = (
    """
    CREATE TABLE log_epoch (
        number integer NOT NULL CONSTRAINT pk_log_epoch PRIMARY KEY,
        began_at timestamptz NOT NULL,
        CONSTRAINT ck_log_epoch_number CHECK (number >= 0)
    )
    """,
    "INSERT INTO log_epoch VALUES (0, clock_timestamp())",
    "ALTER TABLE audit_entry ADD COLUMN epoch integer NOT NULL DEFAULT 0",
    "ALTER TABLE audit_leaf ADD COLUMN epoch integer, ADD COLUMN transaction_id bigint",
    "CREATE INDEX ix_audit_entry_epoch ON audit_entry (epoch, transaction_id, id)",
    "DROP INDEX ix_audit_entry_transaction_id",
    guards.STAMP,
    "DROP TRIGGER audit_entry_stamped ON audit_entry",
    "CREATE TRIGGER audit_entry_stamped BEFORE INSERT ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION stamp_entry_of_epoch()",
    "ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_stamped",
    "DROP FUNCTION stamp_audit_entry()",
)

# Text as somebody typed it: never in a sealed row, whose entry holds its salted digest.
TEXT = """
CREATE TABLE audit_text (
    entry_id bigint NOT NULL,
    name text NOT NULL,
    salt bytea NOT NULL,
    content text NOT NULL,
    CONSTRAINT pk_audit_text PRIMARY KEY (entry_id, name),
    CONSTRAINT fk_audit_text_entry_id FOREIGN KEY (entry_id) REFERENCES audit_entry (id),
    CONSTRAINT ck_audit_text_salt CHECK (octet_length(salt) BETWEEN 16 AND 64)
)
"""

# Asked of by each verification that meets content which is gone.
PURGES = "CREATE INDEX ix_audit_entry_purge ON audit_entry (patient_id) WHERE action = 'content.purge'"

# A decision's row holds no name but those of the reference files; rows from before stay as they were written.
DECISION = (
    "ALTER TABLE decision DROP CONSTRAINT ck_decision_format",
    "ALTER TABLE decision ADD CONSTRAINT ck_decision_format CHECK (format = 'titrate-decision/3') NOT VALID",
    "ALTER TABLE decision ADD CONSTRAINT ck_decision_recognized "
    "CHECK (schedule <> 'unknown' OR product = 'unrecognized') NOT VALID",
)

# The packs and reference files that decisions name by their digest, as `titrate migrate` found them in the release.
SOURCE = """
CREATE TABLE archived_source (
    sha256 text NOT NULL CONSTRAINT pk_archived_source PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    content bytea NOT NULL,
    archived_at timestamptz NOT NULL,
    CONSTRAINT ck_archived_source_kind CHECK (kind IN ('pack', 'reference')),
    CONSTRAINT ck_archived_source_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$')
)
"""

# What the program writes of an entry; number, epoch, transaction and time are the database's, and not to be said.
WRITTEN = (
    "occurred_at, actor_id, actor_role, action, outcome, rule, subject_type, subject_id, patient_id, visit_id, digest, "
    "content_digest"
)
RIGHTS = (
    f"REVOKE INSERT ON audit_entry FROM {ddl.APP_ROLE}",
    f"GRANT INSERT ({WRITTEN}) ON audit_entry TO {ddl.APP_ROLE}",
)

# What an entry says of rows of the record lies in its content, under the name of each row. Without a list of pending
# insertions, which every look-up would read. The entry that says how many rows were there before is one among all.
RECORDS = (
    "CREATE INDEX ix_audit_entry_cover ON audit_entry (id) WHERE action = 'record.cover'",
    "CREATE INDEX ix_audit_content_records ON audit_content USING gin ((content -> 'records')) "
    "WITH (fastupdate = off) WHERE content ? 'records'",
)


def upgrade() -> None:
    """Add epochs, typed text, archived sources; let content be erased by the owner's purge alone."""
    for statement in (*EPOCH, TEXT, *DECISION, SOURCE, *RIGHTS, *RECORDS, PURGES, guards.GUARD_CONTENT):
        op.execute(statement)
    for table in ("audit_text", "log_epoch", "archived_source"):
        ddl.insert_only(table)
    for table in ("log_epoch", "archived_source"):
        op.execute(f"REVOKE INSERT ON {table} FROM {ddl.APP_ROLE}")
    for table in ("audit_content", "audit_text"):
        op.execute(f"DROP TRIGGER {table}_written_once ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION guard_erasure()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_written_once")
    ddl.pin_functions()


def downgrade() -> None:
    """Refused: a log has no way back."""
    ddl.no_way_back()
