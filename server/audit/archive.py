"""The release's policy packs and reference files put into the archive, so that its decisions can be looked at again.

`titrate migrate` writes them as the tables' owner, each once, and says so in the log; nobody changes them afterwards.
"""

from datetime import datetime
from importlib.metadata import version

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.archive import sources, store
from compliance.audit.archive.sources import ArchivedSource
from compliance.audit.entries import AuditEntry, EntryOutcome
from compliance.prescribing import policy_packs
from compliance.prescribing.policy_packs import Packs
from compliance.shared.vocabulary import SystemEvent
from server.platform import database


def of_release(packs: Packs) -> tuple[ArchivedSource, ...]:
    """Every pack that could be read, by name, and the reference files."""
    kept = (sources.of_pack(policy_packs.content_of(name)) for name in sorted(packs.by_id))
    return (*kept, sources.of_reference(version("titrate")))


async def fill(owner_url: str, packs: Packs, now: datetime) -> None:
    """Write what the archive does not hold yet, as the owner, with an entry for each."""
    engine = database.one_shot_engine(owner_url)
    try:
        async with engine.begin() as conn:
            await database.assume_owner(conn)
            for source in await write(conn, packs, now):
                await audit.append(conn, _entry(source, now))
    finally:
        await engine.dispose()


async def write(conn: AsyncConnection, packs: Packs, now: datetime) -> tuple[ArchivedSource, ...]:
    """Write what the archive does not hold yet; gives what was written."""
    return tuple([source for source in of_release(packs) if await store.keep(conn, source, now)])


def _entry(source: ArchivedSource, now: datetime) -> AuditEntry:
    return AuditEntry(
        actor_id=None,
        actor_role="operator",
        action=SystemEvent.SOURCE_ARCHIVE.value,
        outcome=EntryOutcome.ALLOWED,
        rule="command.migrate",
        subject_type=source.kind.value,
        subject_id=source.sha256,
        patient_id=None,
        visit_id=None,
        occurred_at=now,
        digest=source.sha256,
        details={"name": source.name, "version": source.version},
    )
