"""Verifying the texts as typed against the digests in the content of their entries; part of every verification.

What was erased with its content is not looked for: that the content is gone is said, or excused, where entries are
checked.
"""

from collections.abc import AsyncIterator, Iterable

from sqlalchemy import Text, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.findings import FindingCode, Findings
from compliance.audit.pages import PAGE_ROWS, AnyRow, AnySelect, ReadRow, UnreadableRow, UnreadableTable, pages
from compliance.audit.typed_text.texts import PRODUCT, TypedText, key
from compliance.shared.tables import audit_content, audit_text, decision


async def check_texts(
    conn: AsyncConnection, found: Findings, page_rows: int = PAGE_ROWS, *, after: int | None = None
) -> None:
    """Compare every text that is there, then look for those that are not; by short pages. `after`: of later entries."""
    there = pages(conn, audit_text.c.entry_id, _there(), page_rows=page_rows, after=after)
    async for row in _rows(there, found):
        if row.salt is None or TypedText(bytes.fromhex(row.salt), row.text).digest != row.digest:
            found.add(
                FindingCode.CONTENT_ALTERED,
                f"A text of entry {row.entry_id} is not what was typed.",
                entry_id=row.entry_id,
            )
    gone = pages(conn, decision.c.audit_entry_id, _gone(), page_rows=page_rows, after=after)
    async for row in _rows(gone, found):
        found.add(
            FindingCode.CONTENT_MISSING,
            f"The text that was typed for entry {row.entry_id} is no longer there.",
            entry_id=row.entry_id,
        )


def _there() -> AnySelect:
    """Each text with the digest that its entry's content holds; NULL when that holds none, or is gone."""
    digest = audit_content.c.content.op("->>")(func.concat(key(""), audit_text.c.name))
    rows: AnySelect = select(
        audit_text.c.entry_id,
        func.encode(audit_text.c.salt, "hex").label("salt"),
        cast(audit_text.c.content, Text).label("text"),
        digest.label("digest"),
    )
    return rows.outerjoin(audit_content, audit_content.c.entry_id == audit_text.c.entry_id)


def _gone() -> AnySelect:
    """Decisions whose entry's content is there and speaks of a text that is not."""
    same = and_(audit_text.c.entry_id == decision.c.audit_entry_id, audit_text.c.name == PRODUCT)
    rows: AnySelect = select(decision.c.audit_entry_id.label("entry_id"))
    return (
        rows.join(audit_content, audit_content.c.entry_id == decision.c.audit_entry_id)
        .outerjoin(audit_text, same)
        .where(audit_content.c.content.has_key(key(PRODUCT)), audit_text.c.entry_id.is_(None))
    )


async def _rows(read: AsyncIterator[Iterable[ReadRow]], found: Findings) -> AsyncIterator[AnyRow]:
    """The rows of the pages; what cannot be read becomes a finding."""
    async for page in read:
        for one in page:
            match one:
                case UnreadableTable(name):
                    found.add(FindingCode.TABLE_UNREADABLE, f"Table {name}, or one it is read with, cannot be read.")
                case UnreadableRow(number):
                    found.add(FindingCode.ROW_UNREADABLE, f"A text of entry {number} cannot be read.", entry_id=number)
                case _:
                    yield one
