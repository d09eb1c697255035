"""The officer's list: indexes that hold each filter's rows in the order of the list, so that no page sorts or scans.

What each costs when a decision is written, and what it brings, stands in `docs/performance.md`.
"""

from collections.abc import Sequence

from alembic import op

from server.migrations import ddl

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NIL = "00000000-0000-0000-0000-000000000000"
KEY = "decided_at, audit_entry_id"

# The first two were there without the entry's number, by which equal times are told apart.
FILTERS = (
    "DROP INDEX ix_decision_prescriber_id",
    "DROP INDEX ix_decision_patient_id",
    *(
        f"CREATE INDEX ix_decision_{column} ON decision ({column}, {KEY})"
        for column in ("prescriber_id", "patient_id", "schedule", "action", "modality", "patient_state")
    ),
    # With what is filtered by besides: blocked attempts of any kind are found and counted without reading the others.
    f"CREATE INDEX ix_decision_outcome ON decision "
    f"(outcome, {KEY}, prescriber_id, schedule, action, modality, patient_state)",
)

# An ingredient is the first, the second or a later one of its decision. An inverted index would find it and lose the
# order; most decisions have one ingredient, few two, and very few three. The outcome stands before the time, since a
# medicine that is never blocked is often asked for by "blocked".
INGREDIENTS = (
    f"CREATE INDEX ix_decision_ingredient ON decision ((ingredients ->> 0), outcome, {KEY})",
    f"CREATE INDEX ix_decision_second_ingredient ON decision ((ingredients ->> 1), {KEY})",
    f"CREATE INDEX ix_decision_more_ingredients ON decision ({KEY}) WHERE (ingredients ->> 2) IS NOT NULL",
    "CREATE STATISTICS st_decision_third_ingredient ON (ingredients ->> 2) FROM decision",
)

# Refused accesses are few among all entries: an index of them alone costs the others nothing.
ENTRIES = (
    "DROP INDEX ix_audit_entry_outcome",
    "CREATE INDEX ix_audit_entry_refused ON audit_entry (occurred_at, id) WHERE outcome = 'refused'",
    "CREATE INDEX ix_audit_entry_refused_actor_id ON audit_entry (actor_id, occurred_at, id) WHERE outcome = 'refused'",
    "CREATE INDEX ix_audit_entry_role_ended ON audit_entry (subject_id) WHERE action = 'role.revoke'",
    f"CREATE INDEX ix_decision_check_in_id ON decision (check_in_id) WHERE check_in_id <> '{NIL}'",
)

# How often outcome, schedule, action and modality go together: what is estimated of blocked attempts rests on it.
# Rows are only ever added; counting in an index alone wants them vacuumed more often than one in five.
UPKEEP = (
    "CREATE STATISTICS st_decision_listed (mcv) ON outcome, schedule, action, modality FROM decision",
    *(
        f"ALTER TABLE {table} SET (autovacuum_{what}_scale_factor = 0.02)"
        for table in ("decision", "audit_entry")
        for what in ("vacuum_insert", "analyze")
    ),
)


def upgrade() -> None:
    """Add the indexes, drop those that they replace."""
    for statement in (*FILTERS, *INGREDIENTS, *ENTRIES, *UPKEEP):
        op.execute(statement)


def downgrade() -> None:
    """Refused: a log has no way back."""
    ddl.no_way_back()
