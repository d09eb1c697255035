"""Verifying entries that speak of rows of the record, against as many that speak of none: the price of the digests.

Each entry of the first kind records one observation: its digest is compared with the row, and the row with the entries.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from compliance.audit import sealing
from compliance.audit.checkpoint import Signer
from compliance.audit.outside import Outside
from compliance.audit.store import DirectoryStore
from compliance.audit.verify import verify_log
from emr.diary import events as diary_events
from emr.shared.ids import PersonId
from server.application import audit_coverage as coverage
from server.application import audit_mapping as ledger
from server.platform import database as databases
from tests.benchmarks.figures import Figure, middle
from tests.benchmarks.place import Place, run
from tests.compliance.conftest import ADA, DREW, ORIGIN, open_clinic

ENTRIES, BATCH, REPEATS = 40_000, 1_000, 3
OBSERVED = (
    "INSERT INTO observation (id, patient_id, code, name, value, unit, observed_at, source, recorded_at, recorded_by)"
    " SELECT id, :ada, '29463-7', 'Body weight', 80, 'kg', now(), 'clinic', now(), :drew"
    " FROM unnest(CAST(:ids AS uuid[])) AS id"
)


def measure(place: Place) -> Sequence[Figure]:
    """Two databases of their own, one with digests and one without."""
    found = []
    for name, speaking in (("log.verify.plain", False), ("log.verify.digests", True)):
        made = place.database()
        folder = place.folder / name
        found.append(middle(name, run(_rates(made.app_url, made.worker_url, folder, speaking), 600.0), "entries/s"))
    plain, digests = found
    return [plain, digests.over(plain)]


async def _rates(app_url: str, worker_url: str, folder: Path, speaking: bool) -> list[float]:
    app, worker = databases.engine(app_url, pool_size=2), databases.engine(worker_url, pool_size=2)
    signer, store = Signer.generate(ORIGIN), DirectoryStore(folder)
    try:
        async with app.begin() as conn:
            await open_clinic(conn)
        for _ in range(0, ENTRIES, BATCH):
            await _write(app, speaking)
        await _seal(worker, signer, store)
        rates = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            async with app.connect() as conn:
                report = await verify_log(conn, store, signer.verifier, observers=(coverage.COMPARISON,))
            assert report.ok, report.findings[:3]
            rates.append(report.size / (time.perf_counter() - began))
        return rates
    finally:
        await app.dispose()
        await worker.dispose()


async def _write(app: AsyncEngine, speaking: bool) -> None:
    now, ids = datetime.now(UTC), [uuid4() for _ in range(BATCH)]
    told = [
        diary_events.ObservationRecorded(patient=PersonId(ADA), visit=None, observation=UUID(str(one))) for one in ids
    ]
    entries = [ledger.entry(one, actor_id=DREW, actor_role="prescriber", rule="own-patient", now=now) for one in told]
    async with app.begin() as conn:
        if not speaking:
            await coverage.write(conn, [], *entries)
            return
        await conn.execute(text(OBSERVED), {"ada": ADA, "drew": DREW, "ids": ids})
        await coverage.write(conn, list(zip(told, entries, strict=True)))


async def _seal(worker: AsyncEngine, signer: Signer, store: DirectoryStore) -> None:
    """As the worker: everything, under a checkpoint for each batch."""
    outside, sealed = Outside(store, [signer.verifier]), 0
    while sealed < ENTRIES:
        async with worker.begin() as conn:
            sealed += await sealing.seal(conn, datetime.now(UTC), BATCH)
        async with worker.begin() as conn:
            await sealing.checkpoint(conn, signer, datetime.now(UTC))
        async with worker.connect() as conn:
            await outside.export(conn)
