"""The demo's clinic with its six months of history, served in this process: what a page asks of it can be counted."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis

from server.demo import cast, history
from server.platform import database as databases
from server.platform.settings import Settings
from tests.conftest import Database
from tests.ports import free_port
from tests.server.web_process import Clinic, Running, serving, settings_for


@contextmanager
def living(made: Database, redis_url: str, folder: Path) -> Iterator[Running]:
    """The clinic told into an empty database, until the end."""
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    port = free_port()
    settings = settings_for(made.app_url, redis_url, port, folder)
    asyncio.run(_tell_story(made.owner_url, settings))
    people = {member.slug: member.id for member in cast.CAST}
    with serving(settings, demo=True):
        yield Running(settings, f"http://localhost:{port}", Clinic(people))


async def _tell_story(owner_url: str, settings: Settings) -> None:
    now = datetime.now(UTC)
    engine = databases.one_shot_engine(owner_url)
    async with engine.begin() as conn:
        await databases.mark_demo(conn, now)
    await engine.dispose()
    await history.bring_up_to_date(settings, now)
