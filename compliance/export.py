"""Writing the signed part of the log as a bundle that anyone can verify without this program's database or server.

The format is in `docs/log.md`: JSON lines, first the signed checkpoints, then every entry in order, then the decisions.
It holds ids and codes, no names; product names as they were asked for are in the decisions.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.bundle import HEADER, decision_line, leaf_line, note_line
from compliance.log_pages import AnySelect, UnreadableRow, UnreadableTable, pages
from compliance.log_rows import read_decision, read_leaf, select_decisions, select_leaves
from compliance.tables import audit_leaf, checkpoint, decision


async def bundle_lines(conn: AsyncConnection) -> AsyncIterator[str]:
    """The lines of the bundle, each with its line end, read by short pages: all up to the newest signed checkpoint.

    What cannot be read is left out: the bundle then does not verify, which says so. A log that nothing is signed of
    gives the first line only.
    """
    yield _line(HEADER)
    notes: AnySelect = select(checkpoint.c.size, checkpoint.c.note)
    size = 0
    async for page in pages(conn, checkpoint.c.size, notes):
        for row in page:
            if not isinstance(row, UnreadableRow | UnreadableTable):
                size = row[0]
                yield _line(note_line(row[1]))
    async for page in pages(conn, audit_leaf.c.leaf_index, select_leaves().where(audit_leaf.c.leaf_index < size)):
        for row in page:
            if not isinstance(row, UnreadableTable):
                yield _line(leaf_line(await read_leaf(conn, row)))
    sealed = select(audit_leaf.c.entry_id).where(audit_leaf.c.leaf_index < size)
    async for page in pages(conn, decision.c.id, select_decisions().where(decision.c.audit_entry_id.in_(sealed))):
        for row in page:
            if not isinstance(row, UnreadableRow | UnreadableTable):
                yield _line(decision_line(read_decision(row)))


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
