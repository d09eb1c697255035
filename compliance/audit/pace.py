"""How far sealing, signing and copying outside are behind. Costs the same at any size of the log."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Float, Select, cast, exists, func, select, tuple_
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
    signature and the first checkpoint without a copy have waited; 0 when none waits.
    """

    sealed: int
    signed: int
    unsealed_s: float
    unsigned_s: float
    uncopied_s: float

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
    """The pace now. `outside`: the size of the newest checkpoint copied; None when that is not known."""
    last = (await conn.execute(_last_leaf())).first()
    sealed = 0 if last is None else last.leaf_index + 1
    place = (-1, -1, -1) if last is None else (last.epoch, last.transaction_id, last.entry_id)
    signed = await conn.scalar(select(func.max(checkpoints.c.size))) or 0
    order = (audit_entry.c.epoch, audit_entry.c.transaction_id, audit_entry.c.id)
    unsealed = (
        select(_age(audit_entry.c.recorded_at))
        .where(tuple_(*order) > tuple_(*place), ~exists().where(audit_leaf.c.entry_id == audit_entry.c.id))
        .order_by(*order)
        .limit(1)
    )
    unsigned = select(_age(audit_leaf.c.sealed_at)).where(audit_leaf.c.leaf_index == signed)
    uncopied = (
        select(_age(checkpoints.c.at)).where(checkpoints.c.size > (outside or 0)).order_by(checkpoints.c.size).limit(1)
    )
    return Pace(
        sealed=sealed,
        signed=signed,
        unsealed_s=await conn.scalar(unsealed) or 0.0,
        unsigned_s=await conn.scalar(unsigned) or 0.0,
        uncopied_s=0.0 if outside is None else await conn.scalar(uncopied) or 0.0,
    )


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
