"""A clinic in which nothing happens: what web, media and worker ask PostgreSQL all the same.

Everything is counted that reaches the server, `BEGIN` and the like included, in PostgreSQL's own log.
"""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text

from server.platform import database as databases
from tests.benchmarks.figures import Figure
from tests.benchmarks.place import Open, Place, run

COUNTED_S = 60.0
SETTLED_S = 75.0  # the first verification is an entry of the log, which the next one looks at
GOAL = 5.0
STATEMENT = re.compile(rb"\] LOG:  (?:statement|execute [^:]+): ")


def measure(place: Place) -> Sequence[Figure]:
    """Statements a second of the whole clinic, over a minute."""
    superuser = place.engines.superuser_url
    if superuser is None:
        raise LookupError("the statements of engines that the environment names cannot be counted here")
    return run(_measure(place.clinic(), superuser), 4 * (SETTLED_S + COUNTED_S))


async def _measure(here: Open, superuser: str) -> Sequence[Figure]:
    log = await _note_statements(here.database.name, superuser, "'all'") / "server.log"
    try:
        await asyncio.sleep(SETTLED_S)
        before = log.stat().st_size
        await asyncio.sleep(COUNTED_S)
        with log.open("rb") as told:
            told.seek(before)
            found = len(STATEMENT.findall(told.read()))
    finally:
        await _note_statements(here.database.name, superuser, "DEFAULT")
    goal = Figure("idle.goal", GOAL, "statements/s")
    return [goal, Figure("idle.statements", found / COUNTED_S, "statements/s").over(goal)]


async def _note_statements(database: str, superuser: str, value: str) -> Path:
    """Have the log name each statement of this database, or no more; sessions begin anew, as only then it holds.

    Gives the folder of the server's files.
    """
    engine = databases.one_shot_engine(superuser)
    try:
        async with engine.begin() as conn:
            await conn.execute(text(f"ALTER DATABASE {database} SET log_statement = {value}"))
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            await conn.execute(text(ended), {"name": database})
            return Path((await conn.execute(text("SHOW data_directory"))).scalar_one())
    finally:
        await engine.dispose()
