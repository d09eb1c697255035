"""Writing the signed part of the log as a file that anyone can verify without this program's database or server.

The format is in `docs/log.md` (lines: `compliance.audit.bundle.lines`). It holds ids, codes and the names of
medicines that the reference files know; what somebody typed and nobody knows stays here.
"""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.archive.sources import SourceKind
from compliance.audit.bundle.lines import (
    AS_TYPED,
    UNRECOGNIZED,
    Header,
    PackText,
    decision_line,
    header_line,
    leaf_line,
    note_line,
    pack_line,
    withheld_line,
    withholds,
)
from compliance.audit.checkpoint import unverified
from compliance.audit.errors import BadNote
from compliance.audit.pages import PAGE_ROWS, AnyRow, AnySelect, UnreadableRow, UnreadableTable, pages
from compliance.audit.rows import read_decision, select_decisions
from compliance.audit.verification.reading import leaf_page
from compliance.audit.verification.rows import QuickRow
from compliance.shared.tables import archived_source, audit_leaf, checkpoint, decision


async def bundle_lines(conn: AsyncConnection) -> AsyncIterator[str]:
    """The lines of the export, each with its line end, read by short pages: all up to the newest signed checkpoint.

    What cannot be read is left out: the file then does not verify, which says so. A log that nothing is signed of gives
    the first line only.
    """
    notes: AnySelect = select(checkpoint.c.size, cast(checkpoint.c.note, Text))
    newest, count = None, 0
    async for row in _rows(conn, checkpoint.c.size, notes):
        newest, count = row, count + 1
    if newest is None:
        yield header_line(Header(0, None, None, 0, 0))
        return
    size, note = newest
    packs = [one async for one in _packs(conn, size)]
    yield header_line(Header(size, _origin(note), note, count - 1, len(packs)))
    async for row in _rows(conn, checkpoint.c.size, notes.where(checkpoint.c.size < size)):
        yield note_line(row[1])
    for pack in packs:
        yield pack_line(pack)
    async for line in _entries(conn, size):
        yield line


async def _entries(conn: AsyncConnection, size: int) -> AsyncIterator[str]:
    """The line of each sealed entry, and after it that of the decision it records."""
    decided = _decisions(conn, size)
    following = await anext(decided, None)
    start = 0
    while start < size:
        page = await leaf_page(conn, start, min(PAGE_ROWS, size - start))
        for row in page.rows:
            if row.leaf_index >= size:
                return
            yield leaf_line(row.slow() if isinstance(row, QuickRow) else row)
            while following is not None and following[0] <= row.leaf_index:
                if following[0] == row.leaf_index:
                    yield following[1]
                following = await anext(decided, None)
        if not page.rows:
            return
        start = page.next_index


async def _decisions(conn: AsyncConnection, size: int) -> AsyncIterator[tuple[int, str]]:
    """The place of each decision's entry, and the decision's line, in order. A row of no known format has no line."""
    placed = (
        select_decisions()
        .add_columns(audit_leaf.c.leaf_index)
        .join(audit_leaf, audit_leaf.c.entry_id == decision.c.audit_entry_id)
        .where(audit_leaf.c.leaf_index < size)
    )
    async for row in _rows(conn, audit_leaf.c.leaf_index, placed):
        made, place = read_decision(row), row._mapping["leaf_index"]
        try:
            line = withheld_line(row._mapping["entry_id"]) if withholds(made) else decision_line(made)
        except ValueError:
            continue
        yield place, line


async def _packs(conn: AsyncConnection, size: int) -> AsyncIterator[PackText]:
    """The archived packs that the decisions of the file name, in the order of their digests."""
    sealed = select(audit_leaf.c.entry_id).where(audit_leaf.c.leaf_index < size)
    named = (
        select(decision.c.id)
        .where(
            decision.c.pack_sha256 == archived_source.c.sha256,
            decision.c.audit_entry_id.in_(sealed),
            not_(and_(decision.c.format.in_(AS_TYPED), decision.c.schedule == UNRECOGNIZED)),
        )
        .exists()
    )
    packs: AnySelect = select(
        archived_source.c.name, archived_source.c.version, archived_source.c.sha256, archived_source.c.content
    )
    wanted = packs.where(archived_source.c.kind == SourceKind.PACK, named)
    async for name, version, sha256, content in _rows(conn, archived_source.c.sha256, wanted):
        try:
            yield PackText(name, version, sha256, content.decode())
        except UnicodeDecodeError:
            continue


async def _rows(conn: AsyncConnection, key: ColumnElement[Any], rows: AnySelect) -> AsyncIterator[AnyRow]:
    """Those of the rows that can be read."""
    async for page in pages(conn, key, rows):
        for row in page:
            if not isinstance(row, UnreadableRow | UnreadableTable):
                yield row


def _origin(note: str) -> str | None:
    """The log's name as the note says it; None when it says none."""
    try:
        return unverified(note).origin
    except BadNote:
        return None
