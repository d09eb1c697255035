"""What the log says of rows as a whole: which none names, how many were there before, whose names were erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.pages import is_damage
from compliance.shared.tables import audit_leaf


@dataclass(frozen=True, slots=True)
class Beginning:
    """The place of the entry with which coverage began (None: not sealed yet), and the rows of each kind until then."""

    leaf_index: int | None
    rows: Mapping[str, int]


# The actions are written out: only then is the index of these few entries used, whatever the statement's plan.
_BEGINNING: Final = text(
    "SELECT e.id, l.leaf_index, c.content FROM audit_entry e LEFT JOIN audit_content c ON c.entry_id = e.id"
    " LEFT JOIN audit_leaf l ON l.entry_id = e.id"
    " WHERE e.action = 'record.cover' AND e.outcome = 'allowed' ORDER BY e.id LIMIT 1"
)
_PURGED: Final = text(
    "SELECT DISTINCT patient_id::text FROM audit_entry WHERE action = 'content.purge' AND patient_id IS NOT NULL"
)


async def beginning(conn: AsyncConnection) -> Beginning | None:
    """The first entry that says so counts; None: it has not begun."""
    try:
        async with conn.begin_nested():
            row = (await conn.execute(_BEGINNING)).first()
    except DBAPIError as error:
        if not is_damage(error):
            raise
        return None  # a damaged table, which is a finding of who reads it
    if row is None:
        return None
    content = row.content if isinstance(row.content, dict) else {}
    return Beginning(row.leaf_index, {kind: int(said) for kind, said in content.items() if str(said).isdecimal()})


async def entries_before(conn: AsyncConnection, begun: Beginning | None) -> int:
    """How many sealed entries stand before the one with which coverage began; all, when none does."""
    if begun is not None and begun.leaf_index is not None:
        return begun.leaf_index
    last: int | None = await conn.scalar(select(func.max(audit_leaf.c.leaf_index)))
    return 0 if last is None else last + 1


async def purged(conn: AsyncConnection) -> frozenset[str]:
    """The patients whose entries' content was erased."""
    return frozenset((await conn.execute(_PURGED)).scalars())


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
