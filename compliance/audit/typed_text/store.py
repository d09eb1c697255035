"""Writing a text as typed beside its entry, and reading it again if it is still there and what was typed."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.typed_text.texts import TypedText, key
from compliance.shared.tables import audit_content, audit_text


async def write(conn: AsyncConnection, entry_id: int, name: str, text: TypedText) -> None:
    """Keep the text; its digest is in the entry's content already."""
    await conn.execute(insert(audit_text).values(entry_id=entry_id, name=name, salt=text.salt, content=text.content))


async def read(conn: AsyncConnection, entry_id: int, name: str) -> str | None:
    """The text as typed; None when it was erased, or is not what the entry's content says."""
    digest = audit_content.c.content[key(name)].astext
    found = select(audit_text.c.salt, audit_text.c.content, digest.label("digest")).join(
        audit_content, audit_content.c.entry_id == audit_text.c.entry_id
    )
    row = (await conn.execute(found.where(audit_text.c.entry_id == entry_id, audit_text.c.name == name))).first()
    if row is None or TypedText(row.salt, row.content).digest != row.digest:
        return None
    return str(row.content)
