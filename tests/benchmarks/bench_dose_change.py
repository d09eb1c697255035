"""A dose change over HTTP, as the panel's form sends it, against a bare insert into the same database.

The change is one transaction: access, findings, the policy's decision, its audit entry, the order, the pointer to the
current one, the prescription and the entry of the change; then the announcement and the panel with the new list. The
bare insert is one row in a transaction of its own. Both wait for the disk.
"""

import time
from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import text

from server.migrations.names import APP_ROLE, OWNER_ROLE
from server.platform.database import one_shot_engine
from tests.benchmarks import care
from tests.benchmarks.figures import Figure, spread
from tests.benchmarks.place import Open, Place, run
from tests.server.web_process import Person

CHANGES = 60
WARM_UP = 4
TABLE = (
    "CREATE TABLE IF NOT EXISTS bench_row (id uuid PRIMARY KEY, note text NOT NULL, at timestamptz NOT NULL)",
    f"GRANT SELECT, INSERT ON bench_row TO {APP_ROLE}",
)


def measure(place: Place) -> Sequence[Figure]:
    """The two are taken in turns, so that whatever else the machine does falls on both."""
    return run(_measure(place.clinic()))


async def _measure(here: Open) -> Sequence[Figure]:
    await _make_table(here.database.owner_url)
    drew = await here.http.as_("drew")
    visit_id = await care.waiting_visit(here, "marcus")
    await care.admit(here, visit_id, "marcus")
    visit, patient = f"/visits/{visit_id}", here.house.clinic["marcus"]
    order = await care.start_sertraline(drew, visit, patient)
    bare = await asyncpg.connect(here.database.app_url.replace("+asyncpg", ""))
    changes, inserts, health = [], [], []
    for turn in range(CHANGES + WARM_UP):
        total = "100" if turn % 2 == 0 else "50"
        order, taken = await _change(drew, visit, patient, order, total)
        changes.append(taken)
        inserts.append(await _insert(bare))
        health.append(await _health(drew))
    await bare.close()
    await drew.client.aclose()
    await care.end(here, visit_id, "marcus")
    base = spread("insert.bare", inserts[WARM_UP:], "ms")
    measured = spread("dose_change", changes[WARM_UP:], "ms")
    return [
        *base,
        *spread("http.bare", health[WARM_UP:], "ms"),
        *(a.over(b) for a, b in zip(measured, base, strict=True)),
    ]


async def _make_table(owner_url: str) -> None:
    engine = one_shot_engine(owner_url)
    async with engine.begin() as conn:
        await conn.execute(text(f"SET ROLE {OWNER_ROLE}"))
        for statement in TABLE:
            await conn.execute(text(statement))
    await engine.dispose()


async def _change(drew: Person, visit: str, patient: UUID, order: str, total: str) -> tuple[str, float]:
    """Check the form (not timed), then sign it; gives the new order's path and the milliseconds of signing."""
    fields = {**care.CHANGE, "total": total}
    checked = await drew.post(f"{order}/check", patient, **fields)
    answered = care.answers(checked.text)
    began = time.perf_counter()
    signed = await drew.post(f"{order}/revise", patient, **fields, **answered)
    taken = (time.perf_counter() - began) * 1000
    assert signed.status_code == 200, signed.text
    assert f" is {total} mg" in signed.text, signed.text
    return care.order_in(signed.text, visit), taken


async def _insert(bare: asyncpg.Connection) -> float:
    began = time.perf_counter()
    await bare.execute("INSERT INTO bench_row VALUES ($1, 'raised', now())", uuid4())
    return (time.perf_counter() - began) * 1000


async def _health(drew: Person) -> float:
    """What HTTP alone costs here, from the same client to the same process."""
    began = time.perf_counter()
    assert (await drew.get("/health")).status_code == 200
    return (time.perf_counter() - began) * 1000
