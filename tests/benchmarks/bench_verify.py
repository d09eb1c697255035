"""Sealing the log into its tree, and verifying all of it, against reading and counting the same rows."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from compliance.audit import entries as audit
from compliance.audit import sealing
from compliance.audit.checkpoint import Signer
from compliance.audit.outside import Outside
from compliance.audit.store import DirectoryStore
from compliance.audit.verify import verify_log
from server.platform import database as databases
from tests.benchmarks.figures import Figure, middle
from tests.benchmarks.place import Place, run
from tests.compliance.conftest import NOW, ORIGIN, an_entry

ENTRIES = 20_000
BATCH = 1_000  # what the worker seals in one transaction
REPEATS = 3
JOINED = (
    "FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id JOIN audit_content c ON c.entry_id = e.id"
    " WHERE l.leaf_index >= 0"
)


def measure(place: Place) -> Sequence[Figure]:
    """A fresh database with `ENTRIES` entries, sealed as the worker seals, verified as the officer verifies."""
    return run(_measure(place.database().worker_url, DirectoryStore(place.folder / "bench-checkpoints")))


async def _measure(worker_url: str, store: DirectoryStore) -> Sequence[Figure]:
    engine = databases.engine(worker_url, pool_size=2)
    try:
        await _write(engine)
        signer = Signer.generate(ORIGIN)
        seal = middle("log.seal", await _seal(engine, signer, store), "entries/s")

        async def verify() -> None:
            async with engine.connect() as conn:
                report = await verify_log(conn, store, signer.verifier)
            assert report.ok, report
            assert report.size == ENTRIES

        counted = [await _rate(lambda: _count(engine)) for _ in range(REPEATS)]
        read = [await _rate(lambda: _read(engine)) for _ in range(REPEATS)]
        count = middle("log.count", counted, "entries/s")
        verified = [await _rate(verify) for _ in range(REPEATS)]
        return [
            count,
            middle("log.read", read, "entries/s").over(count),
            seal.over(count),
            middle("log.verify", verified, "entries/s").over(count),
        ]
    finally:
        await engine.dispose()


async def _write(engine: AsyncEngine) -> None:
    for first in range(0, ENTRIES, BATCH):
        entries = [
            an_entry(subject_id=uuid4(), occurred_at=NOW + timedelta(seconds=first + each)) for each in range(BATCH)
        ]
        async with engine.begin() as conn:
            await audit.append_all(conn, entries)


async def _seal(engine: AsyncEngine, signer: Signer, store: DirectoryStore) -> list[float]:
    """Entries a second of each batch: sealed, its head signed, the checkpoint kept outside. Empty rounds are not."""
    rates: list[float] = []
    sealed = 0
    while sealed < ENTRIES:
        began = time.perf_counter()
        async with engine.begin() as conn:
            count = await sealing.seal(conn, NOW, BATCH)
        async with engine.begin() as conn:
            await sealing.checkpoint(conn, signer, datetime.now(UTC))
        async with engine.connect() as conn:
            await Outside(store, [signer.verifier]).export(conn)
        sealed += count
        if count == BATCH:
            rates.append(count / (time.perf_counter() - began))
    return rates


async def _count(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        assert await conn.scalar(text(f"SELECT count(*) {JOINED}")) == ENTRIES


async def _read(engine: AsyncEngine) -> None:
    """The same rows, whole, by pages as the verification reads them; nothing is done with them."""
    after, seen = -1, 0
    async with engine.connect() as conn:
        while rows := (
            await conn.execute(
                text(f"SELECT l.*, e.*, c.* {JOINED} AND l.leaf_index > :after ORDER BY l.leaf_index LIMIT 1000"),
                {"after": after},
            )
        ).all():
            after, seen = rows[-1].leaf_index, seen + len(rows)
    assert seen == ENTRIES


async def _rate(act: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await act()
    return ENTRIES / (time.perf_counter() - began)
