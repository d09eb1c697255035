"""The fast way to read the leaves: a page is one plain statement, and what it gives is hashed as it comes.

PostgreSQL writes the canonical JSON of each entry's metadata; it does not compare anything. The driver is asked
directly: rows through SQLAlchemy cost more than their hashes. Whatever fails here is read again the careful way
(`compliance.audit.pages`), which names what cannot be read.
"""

from collections.abc import Sequence
from typing import Any, Final

from asyncpg import InterfaceError, PostgresError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import canonical as leaf
from compliance.audit.verification.rows import QuickRow

QUICK_ROWS: Final = 4_000

_TIMES: Final = ("occurred_at", "recorded_at")
_WRITTEN: Final = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


def _value(name: str) -> str:
    column = f"e.{'id' if name == 'entry_id' else name}"
    if name in _TIMES:
        return f"""to_json(to_char({column} AT TIME ZONE 'UTC', '{_WRITTEN}'))"""
    return f"to_json({column}::text)"


def _metadata() -> str:
    """SQL for the canonical JSON text of an entry's metadata, as `canonical.metadata_bytes` writes it (RFC 8785)."""
    texts = {name: f"coalesce({_value(name)}::text, 'null')" for name in leaf.METADATA_FIELDS}
    texts["format"] = f"""'"{leaf.ENTRY_FORMAT}"'"""
    later = f"""'"epoch":' || to_json(e.epoch::text)::text || ',"format":"{leaf.EPOCH_FORMAT}"'"""
    parts: list[str] = []
    for at, name in enumerate(sorted(texts)):
        before = "{" if at == 0 else ","
        if name == "format":
            first = f"""'"format":' || {texts[name]}"""
            parts.append(f"',' || CASE WHEN coalesce(e.epoch, 0) = 0 THEN {first} ELSE {later} END")
        else:
            parts.append(f"""'{before}"{name}":', {texts[name]}""")
    return f"concat({', '.join(parts)}, '}}')"


METADATA: Final = _metadata()
"""SQL for that text, over the entry `e`."""

_PAGE: Final = f"""
SELECT l.leaf_index, l.entry_id, l.leaf_hash::bytea, CASE WHEN e.id IS NOT NULL THEN {METADATA} END,
  e.content_digest::bytea, c.salt::bytea, c.content::text, e.epoch::bigint, e.transaction_id::bigint
FROM audit_leaf l LEFT JOIN audit_entry e ON e.id = l.entry_id LEFT JOIN audit_content c ON c.entry_id = l.entry_id
WHERE l.leaf_index >= $1::bigint AND l.leaf_index < $2::bigint ORDER BY l.leaf_index
"""  # noqa: S608  # made of the names of columns above


async def quick_page(conn: AsyncConnection, start: int, rows: int) -> Sequence[QuickRow] | None:
    """The leaves from index `start` on, at most `rows`, each at its place; None when they are to be read carefully.

    Never raises for a circumstance either: the careful reading meets it again and says so.
    """
    try:
        async with conn.begin_nested():
            raw: Any = (await conn.get_raw_connection()).driver_connection  # `Any`: the driver has no types
            found = await raw.fetch(_PAGE, start, start + rows)
        page = [QuickRow._make(row) for row in found]
    except (PostgresError, InterfaceError, DBAPIError, OSError, ValueError, OverflowError, TypeError):
        return None
    return page if all(row.leaf_index == at for at, row in enumerate(page, start)) else None
