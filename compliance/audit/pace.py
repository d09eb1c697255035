"""How far sealing, signing and copying outside are behind. Costs the same at any size of the log."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import ColumnElement, Float, Select, bindparam, cast, exists, func, literal, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.lateness import LATE_S
from compliance.shared.tables import audit_entry, audit_leaf
from compliance.shared.tables import checkpoint as checkpoints


class Fault(StrEnum):
    """What is wrong with the pace; `docs/log.md` explains each."""

    WORKER_SILENT = "worker_silent"
    WORKER_REFUSES = "worker_refuses"
    SEAL_STALLED = "seal_stalled"
    SIGNING_STALLED = "signing_stalled"
    STORE_BEHIND = "store_behind"


@dataclass(frozen=True, slots=True)
class Pace:
    """`sealed`: entries in the tree; `signed`: those under the newest checkpoint of the database.

    `unsealed_s`, `unsigned_s`, `uncopied_s`: seconds that the first entry without a seal, the first leaf without a
    signature and the first checkpoint without a copy have waited; 0 when none waits. `at`: the database's time (aware).
    `quiet`: none waits, not even since this moment.
    """

    sealed: int
    signed: int
    unsealed_s: float
    unsigned_s: float
    uncopied_s: float
    at: datetime
    quiet: bool

    def faults(self, late_s: float = LATE_S) -> dict[Fault, str]:
        """What waits longer than `late_s`, each with a sentence."""
        waits = {
            Fault.SEAL_STALLED: (self.unsealed_s, "An entry has waited {} for its seal: look for a transaction that is "
                                 "open in any database of this cluster, or for a worker that does not run."),
            Fault.SIGNING_STALLED: (self.unsigned_s, "A sealed entry has waited {} for a signed checkpoint."),
            Fault.STORE_BEHIND: (self.uncopied_s, "A checkpoint has waited {} for its copy outside the database: look "
                                 "whether its folder is full or cannot be written."),
        }  # fmt: skip
        return {code: said.format(_span(waited)) for code, (waited, said) in waits.items() if waited > late_s}


async def read(conn: AsyncConnection, outside: int | None) -> Pace:
    """The pace now, in one statement. `outside`: the size of the newest checkpoint copied; None: that is not known."""
    row = (await conn.execute(_now(), {"outside": outside or 0})).one()
    return Pace(
        sealed=row.sealed,
        signed=row.signed,
        unsealed_s=row.unsealed or 0.0,
        unsigned_s=row.unsigned or 0.0,
        uncopied_s=0.0 if outside is None else row.uncopied or 0.0,
        at=row.at,
        quiet=(row.unsealed, row.unsigned, row.uncopied) == (None, None, None),
    )


@cache
def _now() -> Select[datetime, int, int, float, float, float]:
    last = _last_leaf().subquery("last")
    signed = select(func.coalesce(func.max(checkpoints.c.size), 0)).scalar_subquery()
    order = (audit_entry.c.epoch, audit_entry.c.transaction_id, audit_entry.c.id)
    place = (last.c.epoch, last.c.transaction_id, last.c.entry_id)
    unsealed = (
        select(_age(audit_entry.c.recorded_at))
        .where(
            tuple_(*order) > tuple_(*(func.coalesce(one, -1) for one in place)),
            ~exists().where(audit_leaf.c.entry_id == audit_entry.c.id),
        )
        .order_by(*order)
        .limit(1)
    )
    unsigned = select(_age(audit_leaf.c.sealed_at)).where(audit_leaf.c.leaf_index == signed)
    newer = checkpoints.c.size > bindparam("outside", type_=checkpoints.c.size.type)
    uncopied = select(_age(checkpoints.c.at)).where(newer).order_by(checkpoints.c.size).limit(1)
    log = select(literal(True).label("there")).subquery("log")  # one row, where nothing is sealed yet too
    return select(
        func.clock_timestamp().label("at"),
        func.coalesce(last.c.leaf_index + 1, 0).label("sealed"),
        signed.label("signed"),
        unsealed.correlate(last).scalar_subquery().label("unsealed"),
        unsigned.scalar_subquery().label("unsigned"),
        uncopied.scalar_subquery().label("uncopied"),
    ).select_from(log.outerjoin(last, true()))


def _last_leaf() -> Select[int, int, int, int]:
    return (
        select(
            audit_leaf.c.leaf_index,
            audit_leaf.c.entry_id,
            func.coalesce(audit_leaf.c.epoch, audit_entry.c.epoch, 0).label("epoch"),
            func.coalesce(audit_leaf.c.transaction_id, audit_entry.c.transaction_id, -1).label("transaction_id"),
        )
        .outerjoin(audit_entry, audit_entry.c.id == audit_leaf.c.entry_id)
        .order_by(audit_leaf.c.leaf_index.desc())
        .limit(1)
    )


def _age(moment: ColumnElement[object]) -> ColumnElement[float]:
    return func.greatest(cast(func.extract("epoch", func.clock_timestamp() - moment), Float), 0.0)


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
