"""A log of any size that verifies, made by SQL: hashes by PostgreSQL, the tree and its checkpoints here.

Guards are put aside while the rows are written. Each entry has a content of its own, so that none comes from
a cache; every thousand leaves a checkpoint is signed, an hour after the one before, as a busy clinic has them.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from compliance.audit.checkpoint import Checkpoint, Signer
from compliance.audit.merkle import CompactRange
from compliance.audit.store import DirectoryStore
from compliance.audit.verification.quick import METADATA
from compliance.shared.tables import checkpoint
from server.platform import database as databases
from tests.compliance.conftest import ORIGIN

SIGNED_EVERY = 1_000
_TABLES = ("audit_entry", "audit_content", "audit_leaf")
_ENTRIES = """
INSERT INTO audit_entry (id, transaction_id, epoch, occurred_at, recorded_at, actor_id, actor_role, action, outcome,
  rule, subject_type, subject_id, patient_id, visit_id, digest, content_digest)
OVERRIDING SYSTEM VALUE
SELECT n, 3, 0, at, at, person, 'prescriber', 'visit.admit', 'allowed', 'own-patient', 'visit', person, person, person,
  NULL, sha256(decode(md5(n::text), 'hex') || convert_to('{"of":"' || md5(n::text) || '","status":"in_progress"}',
  'UTF8'))
FROM (SELECT n, CAST(:began AS timestamptz) + n * interval '3.6 s' AS at, md5('p' || n)::uuid AS person
  FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n) AS made
"""
_CONTENTS = """
INSERT INTO audit_content
SELECT n, decode(md5(n::text), 'hex'), jsonb_build_object('of', md5(n::text), 'status', 'in_progress')
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
"""
_LEAVES = f"""
INSERT INTO audit_leaf (leaf_index, entry_id, leaf_hash, sealed_at, epoch, transaction_id)
SELECT id - 1, id, sha256('\\x00'::bytea || convert_to({METADATA}, 'UTF8') || content_digest), recorded_at, 0,
  transaction_id FROM audit_entry e WHERE id BETWEEN :first AND :last
"""
_AT_ONCE = 250_000


async def grow(
    owner: AsyncEngine, made: int, to: int, folder: Path, signer: Signer, tree: CompactRange
) -> CompactRange:
    """Let a log of `made` entries, whose tree is `tree`, grow to `to`; the new tree."""
    began = datetime.now(UTC) - timedelta(seconds=3.6 * 6_000_000)
    async with owner.begin() as conn:
        await databases.assume_owner(conn)
        await conn.execute(text("SET LOCAL synchronous_commit = off"))
        for table in _TABLES:
            await conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for first in range(made + 1, to + 1, _AT_ONCE):
            span = {"first": first, "last": min(first + _AT_ONCE - 1, to)}
            await conn.execute(text(_ENTRIES), {"began": began, **span})
            await conn.execute(text(_CONTENTS), span)
            await conn.execute(text(_LEAVES), span)
        for table in _TABLES:
            await conn.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        tree = await _sign(conn, made, to, began, folder, signer, tree)
    async with owner.connect() as conn:
        await databases.assume_owner(conn)
        await conn.commit()
        vacuuming = await conn.execution_options(isolation_level="AUTOCOMMIT")
        for table in (*_TABLES, "checkpoint"):
            await vacuuming.execute(text(f"VACUUM ANALYZE {table}"))
    return tree


async def _sign(
    conn: AsyncConnection, made: int, to: int, began: datetime, folder: Path, signer: Signer, tree: CompactRange
) -> CompactRange:
    store = DirectoryStore(folder)
    statement = text("SELECT leaf_hash FROM audit_leaf WHERE leaf_index >= :a AND leaf_index < :b ORDER BY leaf_index")
    for start in range(made, to, SIGNED_EVERY):
        hashes = (await conn.execute(statement, {"a": start, "b": start + SIGNED_EVERY})).scalars()
        tree = tree.extend(hashes)
        at = began + timedelta(seconds=3.6 * (start + SIGNED_EVERY + 1))
        note = Checkpoint(ORIGIN, tree.size, tree.root(), at).signed([signer])
        row = {"size": tree.size, "root": tree.root(), "peaks": b"".join(tree.peaks), "note": note, "at": at}
        await conn.execute(insert(checkpoint).values(row))
        store.keep([note])
    return tree
