"""Verifying the log in a database: whole, or what is new since an earlier pass. Changes nothing."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.checkpoint import VerifierKey
from compliance.audit.findings import FindingCode, VerificationFinding, VerificationReport
from compliance.audit.pages import single
from compliance.audit.store import CheckpointStore
from compliance.audit.verification.observing import Observer
from compliance.audit.verification.passes import OnProgress, Pass
from compliance.audit.verification.progress import Base, Progress
from compliance.audit.verifier import Verifier
from compliance.shared.tables import audit_leaf

__all__ = ["FindingCode", "VerificationFinding", "VerificationReport", "Verifier", "verify_log"]


async def verify_log(
    conn: AsyncConnection,
    store: CheckpointStore,
    keys: VerifierKey | Sequence[VerifierKey],
    *,
    page_rows: int | None = None,
    observers: Sequence[Observer] = (),
    tell: OnProgress | None = None,
    resume: Progress | None = None,
    base: Base | None = None,
    at_least: int = 0,
) -> VerificationReport:
    """Verify what is in the log against the checkpoints in the database and in `store`: all of it, or from `base` on.

    `conn` is a read connection in an ordinary READ COMMITTED transaction (not autocommit): pages are short statements.
    `keys` are the log's public keys, several after a rotation. `tell` is called after each page with what is needed to
    `resume` later: it must take what it keeps before it gives way. A log that has become shorter than `resume`, `base`
    or `at_least` (entries that an earlier pass had found) is verified whole, and called shorter. Damage is reported,
    never raised; what raises is circumstance (``DBAPIError``: connection lost, right missing, timeout): then nothing is
    known about the log.
    """
    known = [keys] if isinstance(keys, VerifierKey) else list(keys)
    reached = max(resume.state.expected if resume else base.size if base else 0, at_least)
    if reached and await _entries(conn) < reached:
        resume = base = None
    else:
        reached = 0
    work = Pass(conn, page_rows=page_rows, observers=observers, tell=tell, resume=resume, base=base, claimed=reached)
    return await work.run(store, known)


async def _entries(conn: AsyncConnection) -> int:
    last = await single(conn, select(func.max(audit_leaf.c.leaf_index)))
    return 0 if last is None or last[0] is None else int(last[0]) + 1
