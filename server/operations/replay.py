"""``titrate audit replay``: decides the recorded decisions again and says which come out otherwise."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from compliance.prescribing.replay.run import Difference, ReplayOutcome, replay_log
from server.operations.audit import VerifiedLog, demo_database
from server.platform import database
from server.platform.settings import Settings

DIFFERS = "A difference is for a person to look at; it says nothing about the log: titrate audit verify does."


async def replay_command(
    settings: Settings | None,
    data: Path | None,
    say: Callable[[str], None],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> VerifiedLog:
    """Replay the decisions of the settings' clinic, or of the demo in a data folder; `say` gets a line for each that
    differs, as it is found.
    """
    if data is not None:
        with demo_database(data) as url:
            return await _replay(url, say, since, until)
    assert settings is not None
    return await _replay(settings.database_url, say, since, until)


async def _replay(url: str, say: Callable[[str], None], since: datetime | None, until: datetime | None) -> VerifiedLog:
    async def tell(one: Difference) -> None:
        say(f"decision_differs: entry {one.entry_id}: recorded {one.both.recorded}; replayed {one.both.replayed}")

    engine = database.one_shot_engine(url)
    try:
        await database.reach(engine)
        async with engine.connect() as conn:
            await database.refuse_older_schema(conn)
            await conn.rollback()  # the reading goes by short pages of its own
            return said(await replay_log(conn, tell, since=since, until=until))
    finally:
        await engine.dispose()


def said(done: ReplayOutcome) -> VerifiedLog:
    """What was counted, in lines."""
    lines = [f"Replayed: {done.replayed}. Differing: {done.differing}."]
    if done.by_reading:
        lines.append(f"Of these by the reading that was kept, since what was typed is erased: {done.by_reading}")
    lines += [f"Not replayed, {why}: {count}" for why, count in sorted(done.not_replayed.items())]
    return VerifiedLog((*lines, *((DIFFERS,) if done.differing else ())), 3 if done.differing else 0)
