"""What the log says of rows as a whole: which none names, how many were there before, whose names were erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.coverage.values import COVER_ACTION
from compliance.log_pages import single
from compliance.tables import audit_content, audit_entry

PURGE_ACTION: Final = "content.purge"


@dataclass(frozen=True, slots=True)
class Beginning:
    """The entry with which coverage began, and how many rows of each kind were there already."""

    entry_id: int
    rows: Mapping[str, int]


async def beginning(conn: AsyncConnection) -> Beginning | None:
    """The first entry that says so counts; None: it has not begun."""
    first = (
        select(audit_entry.c.id, audit_content.c.content)
        .outerjoin(audit_content, audit_entry.c.id == audit_content.c.entry_id)
        .where(audit_entry.c.action == COVER_ACTION, audit_entry.c.outcome == "allowed")
        .order_by(audit_entry.c.id)
        .limit(1)
    )
    row = await single(conn, first)
    if row is None:
        return None
    return Beginning(row[0], {kind: int(said) for kind, said in (row[1] or {}).items() if str(said).isdecimal()})


async def entries_until(conn: AsyncConnection, begun: Beginning | None) -> int:
    """How many entries were written before coverage began."""
    earlier = select(func.count()).select_from(audit_entry)
    if begun is not None:
        earlier = earlier.where(audit_entry.c.id < begun.entry_id)
    return (await conn.execute(earlier)).scalar_one()


async def purged(conn: AsyncConnection) -> frozenset[str]:
    """The patients whose entries' content was erased."""
    whose = select(cast(audit_entry.c.patient_id, Text)).where(
        audit_entry.c.action == PURGE_ACTION, audit_entry.c.patient_id.is_not(None)
    )
    return frozenset((await conn.execute(whose.distinct())).scalars())


# Written out: only in these words is it what the partial index is of. Counted, not sought: looking for one alone, a row
# that nothing names would be sought in all of the table.
_NOWHERE: Final = text(
    "SELECT one.id FROM unnest(CAST(:ids AS text[])) AS one(id) WHERE (SELECT count(*) FROM audit_content c"
    " WHERE c.content ? 'records' AND (c.content -> 'records') ? (CAST(:kind AS text) || one.id)) = 0"
)


async def nowhere(conn: AsyncConnection, kind: str, ids: Sequence[str]) -> Sequence[str]:
    """Those of `ids` that no entry's content names. Each is looked up in the index by itself."""
    found = await conn.execute(_NOWHERE, {"ids": list(ids), "kind": f"{kind}/"})
    return [row[0] for row in found]
