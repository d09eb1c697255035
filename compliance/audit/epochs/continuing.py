"""Beginning another epoch after a dump was restored: what was open is sealed first, and the log says what was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit import sealing
from compliance.audit.entries import AuditEntry, EntryOutcome
from compliance.audit.epochs.counter import Counter, read_counter
from compliance.audit.typed_text import store
from compliance.audit.typed_text.texts import key, salted
from compliance.shared.errors import ComplianceError
from compliance.shared.tables import audit_entry, audit_leaf, log_epoch
from compliance.shared.vocabulary import SystemEvent

ACTION: Final = SystemEvent.LOG_CONTINUE.value
RULE: Final = "command.continue"
SUBJECT: Final = "log_epoch"
REASON: Final = "reason"
"""The name under which the operator's own words are kept, apart from what is sealed."""

_BATCH: Final = 1_000


class CannotContinue(ComplianceError):
    """Another epoch is not called for, or not possible now. Nothing was changed."""

    code = "cannot_continue"


@dataclass(frozen=True, slots=True)
class Continued:
    """The new `epoch`; how many entries of the one before were `sealed` now; the entry that says so.

    `left` counts entries written between restore and now under numbers that the log has had: they cannot be sealed.
    """

    epoch: int
    sealed: int
    entry_id: int
    left: int


async def continue_log(conn: AsyncConnection, now: datetime, reason: str | None) -> Continued:
    """Begin the next epoch, in the caller's transaction, which has assumed the tables' owner.

    Raises ``CannotContinue`` when the counter is not behind or a sealer is at work, ``LogDamaged`` when what is open
    cannot be sealed.
    """
    await conn.execute(text("LOCK TABLE audit_entry IN SHARE ROW EXCLUSIVE MODE"))  # nobody writes under the old epoch
    before = await read_counter(conn)
    if before is None:
        raise CannotContinue("The tables of the log cannot be read: run titrate audit verify.")
    if not before.behind:
        raise CannotContinue("The database's transaction counter is not behind the log: there is nothing to continue.")
    if not await sealing.alone(conn):
        raise CannotContinue("Something seals this log now: stop the worker first.")
    epoch = before.epoch + 1
    await conn.execute(insert(log_epoch).values(number=epoch, began_at=now))
    sealed = 0
    while count := await sealing.seal(conn, now, _BATCH):
        sealed += count
    unsealed = (
        select(func.count()).select_from(audit_entry).outerjoin(audit_leaf, audit_leaf.c.entry_id == audit_entry.c.id)
    )
    left = await conn.scalar(unsealed.where(audit_leaf.c.entry_id.is_(None))) or 0
    return Continued(epoch, sealed, await _log(conn, epoch, before, now, reason), left)


async def _log(conn: AsyncConnection, epoch: int, before: Counter, now: datetime, reason: str | None) -> int:
    last = (
        await conn.execute(select(audit_leaf.c.entry_id).order_by(audit_leaf.c.leaf_index.desc()).limit(1))
    ).scalar_one_or_none()
    typed = None if reason is None else salted(reason)
    details = {
        "epoch": str(epoch),
        "last_entry": "" if last is None else str(last),
        "last_transaction": str(before.newest),
        "next_transaction": str(before.following),
        **({} if typed is None else {key(REASON): typed.digest}),
    }
    entry = AuditEntry(
        actor_id=None,
        actor_role="operator",
        action=ACTION,
        outcome=EntryOutcome.ALLOWED,
        rule=RULE,
        subject_type=SUBJECT,
        subject_id=str(epoch),
        patient_id=None,
        visit_id=None,
        occurred_at=now,
        details=details,
    )
    number = await audit.append(conn, entry)
    if typed is not None:
        await store.write(conn, number, REASON, typed)
    return number
