"""What the log says of rows as a whole: which none names, how many were there before, whose names were erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ARRAY, Text, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.coverage.values import CONTENT_MEMBER, COVER_ACTION
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
    row = (await conn.execute(first)).first()
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


async def nowhere(conn: AsyncConnection, kind: str, ids: Sequence[str]) -> Sequence[str]:
    """Those of `ids` that no entry's content names. Each is looked up in the index by itself."""
    one = func.unnest(literal(list(ids), ARRAY(Text))).table_valued("id", name="one").render_derived()
    names = audit_content.c.content[CONTENT_MEMBER]
    spoken = (
        select(literal(1))
        .where(audit_content.c.content.has_key(CONTENT_MEMBER), names.has_key(literal(f"{kind}/") + one.c.id))
        .limit(1)
        .scalar_subquery()
    )
    return (await conn.execute(select(one.c.id).where(spoken.is_(None)))).scalars().all()
