"""The server's own tables: who may sign in as whom, who holds which role, and whether this database is a demo's."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

# An OpenID subject (unique with its issuer) and the person it is. Foreign keys to emr's person: migration 0004.
identity = Table(
    "identity",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("added_by", Uuid),
)

ROLES = ("patient", "guest", "prescriber", "supervisor", "care_team", "front_desk", "officer", "administrator")

# One row per grant; a role ends by ``revoked_at``, so that who held what when stays known.
role_grant = Table(
    "role_grant",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("granted_by", Uuid),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint("role IN ('" + "','".join(ROLES) + "')", name="known_role"),
    Index("uq_role_grant_held", "person_id", "role", unique=True, postgresql_where=text("revoked_at IS NULL")),
)

# Holds one row in a demo's database and none anywhere else. Written by the owner's login alone.
demo_mark = Table("demo_mark", metadata, Column("marked_at", DateTime(timezone=True), primary_key=True))

# What the release says of each product, and which release it was: written by the owner's login alone
# (`server/application/reference_products.py`), compared with every allowing decision by a trigger.
reference_product = Table(
    "reference_product",
    metadata,
    Column("product", Text, primary_key=True),
    Column("effective_from", Date, primary_key=True),
    Column("ingredients", Text, nullable=False),
    Column("order_ingredients", Text, nullable=False),
    Column("order_name", Text, nullable=False),
    Column("schedule", Text, nullable=False),
    CheckConstraint("schedule IN ('I', 'II', 'III', 'IV', 'V', 'none')", name="schedule"),
)
reference_release = Table(
    "reference_release",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("formulary_sha256", Text, nullable=False),
    Column("substances_sha256", Text, nullable=False),
    Column("filled_at", DateTime(timezone=True), nullable=False),
)

# A change that was sent, by who sent it, route and key (`server/http/idempotency/`). ``answer``: what its answer is
# made of again (ids, codes, an address of ours), NULL while it is being made. Removed after two days.
sent_change = Table(
    "sent_change",
    metadata,
    Column("actor_id", Uuid, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("answer", JSONB),
    Column("sent_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("key ~ '^[A-Za-z0-9_-]{16,64}$'", name="key"),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
    CheckConstraint("octet_length(answer::text) <= 1024", name="answer"),
    Index("ix_sent_change_sent_at", "sent_at"),
)

# Effects that must happen outside the database (`server/application/effects/`).
# Not of the record: a row is gone once it happened.
effect = Table(
    "effect",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("again_at", DateTime(timezone=True), nullable=False, index=True),
    CheckConstraint("kind IN ('end_room')", name="known_kind"),
    CheckConstraint("length(about) BETWEEN 1 AND 200", name="short"),
)
