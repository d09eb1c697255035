"""A log with something in it: written, sealed, signed and copied out as the worker does."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from compliance.audit import entries as audit
from compliance.audit import sealing
from compliance.audit.entries import AuditEntry, EntryOutcome
from compliance.audit.outside import Outside
from compliance.audit.store import DirectoryStore
from server.audit import keys as log_keys
from server.platform import database
from server.platform.settings import Settings
from tests.conftest import Database

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
OLU = UUID("00000000-0000-4000-8000-00000000010c")


def an_entry(number: int) -> AuditEntry:
    return AuditEntry(
        actor_id=OLU,
        actor_role="officer",
        action="log.read",
        outcome=EntryOutcome.ALLOWED,
        rule="officer",
        subject_type="clinic",
        subject_id=f"reading-{number}",
        patient_id=None,
        visit_id=None,
        occurred_at=NOW,
        details={"page": str(number)},
    )


async def fill(there: Database, settings: Settings) -> None:
    """A dozen entries, sealed, signed and copied out as the worker does."""
    engine = database.one_shot_engine(there.worker_url)
    signer, store = log_keys.signer(settings), DirectoryStore(settings.checkpoint_folder)
    for number in range(12):
        async with engine.begin() as conn:
            await audit.append(conn, an_entry(number))
    sealed = 0
    async with asyncio.timeout(20):
        while sealed < 12:  # other transactions of the cluster may hold the last rows back for a moment
            async with engine.begin() as conn:
                sealed += await sealing.seal(conn, NOW)
    async with engine.begin() as conn:
        await sealing.checkpoint(conn, signer, datetime.now(UTC))
    async with engine.connect() as conn:
        await Outside(store, [signer.verifier]).export(conn)
    await engine.dispose()
