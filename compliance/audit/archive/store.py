"""Writing and reading archived sources. The owner's login alone writes them; whoever reads the log reads them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.archive.sources import ArchivedSource, NotInArchive, SourceKind
from compliance.shared.tables import archived_source


async def keep(conn: AsyncConnection, source: ArchivedSource, now: datetime) -> bool:
    """Write a source unless its digest is there already; says whether it was written."""
    written = (
        insert(archived_source)
        .values(
            sha256=source.sha256,
            kind=source.kind.value,
            name=source.name,
            version=source.version,
            content=source.content,
            archived_at=now,
        )
        .on_conflict_do_nothing()
        .returning(archived_source.c.sha256)
    )
    return await conn.scalar(written) is not None


async def find(conn: AsyncConnection, sha256: str) -> ArchivedSource:
    """The source of a digest. Raises ``NotInArchive``."""
    row = (await conn.execute(select(archived_source).where(archived_source.c.sha256 == sha256))).first()
    if row is None:
        raise NotInArchive("The archive holds nothing of this digest.")
    return ArchivedSource(row.sha256, SourceKind(row.kind), row.name, row.version, row.content)
