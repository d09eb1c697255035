"""The house's tables, and the keys between records and policy that only the house may know of."""

import sqlalchemy as sa
from alembic import op

from server.migrations import ddl

revision = "0004"
down_revision = "0003"

# A decision made outside any encounter carries the nil UUID, since a NULL in the prescription's key would switch the
# whole check off. This column turns it back into NULL for the one key that points at the visit.
ENCOUNTER = (
    "ALTER TABLE decision ADD COLUMN encounter_visit_id uuid GENERATED ALWAYS AS "
    "(NULLIF(encounter_id, '00000000-0000-0000-0000-000000000000'::uuid)) STORED"
)

PRESCRIPTION_KEY = (
    "decision_outcome",
    "decision_action",
    "encounter_id",
    "modality",
    "schedule",
    "patient_id",
    "prescriber_id",
    "product",
    "valid_until",
)
DECISION_KEY = ("outcome", "action", *PRESCRIPTION_KEY[2:])


def upgrade() -> None:
    _own_tables()
    _cross_package_keys()
    _demo_may_write_history()


def _own_tables() -> None:
    op.create_table(
        "identity",
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_identity"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_identity_person_id"),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name="fk_identity_added_by"),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_role_grant_person_id"),
        sa.ForeignKeyConstraint(["granted_by"], ["person.id"], name="fk_role_grant_granted_by"),
        sa.CheckConstraint(
            "role IN ('patient','guest','prescriber','supervisor','care_team','officer','administrator')",
            name="ck_role_grant_known_role",
        ),
    )
    op.create_index(
        "uq_role_grant_held",
        "role_grant",
        ["person_id", "role"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "demo_mark",
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("marked_at", name="pk_demo_mark"),
    )
    ddl.insert_only("identity")
    ddl.updatable("role_grant")
    ddl.read_only("demo_mark")


def _cross_package_keys() -> None:
    op.create_foreign_key(
        "fk_prescription_decision",
        "prescription",
        "decision",
        ["decision_id", *PRESCRIPTION_KEY],
        ["id", *DECISION_KEY],
    )
    op.create_foreign_key("fk_prescription_audit_entry_id", "prescription", "audit_entry", ["audit_entry_id"], ["id"])
    op.execute(ENCOUNTER)
    op.create_foreign_key(
        "fk_decision_encounter",
        "decision",
        "visit",
        ["encounter_visit_id", "patient_id", "modality"],
        ["id", "patient_id", "modality"],
    )


def _demo_may_write_history() -> None:
    """A demo's six months of history are written through the same use cases with a past time.

    Only the owner's login can mark a database as a demo, and ``titrate serve`` refuses a marked one, so the clock's
    check holds wherever a patient is real.
    """
    op.execute(
        """
        CREATE OR REPLACE FUNCTION prescription_too_late(valid_until timestamptz, recorded_at timestamptz)
        RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT recorded_at > valid_until AND NOT EXISTS (SELECT 1 FROM public.demo_mark)
        $$
        """
    )


def downgrade() -> None:
    ddl.no_way_back()
