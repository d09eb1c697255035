"""Opening and closing what the house holds, in order: what is opened last is closed first."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from redis.asyncio import Redis

from server import database, references
from server.house import House
from server.identity.limits import Limits
from server.identity.sessions import Sessions
from server.identity.settings import LimitSettings, SessionSettings
from server.settings import Settings
from signaling.bus import Bus


class NotADemo(database.DatabaseError):
    """The database and the way of serving do not fit together."""


def clock() -> datetime:
    """The time of day, aware, UTC. The only place below ``cli`` that reads the machine's clock."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_house(settings: Settings, *, demo: bool, public_origins: Sequence[str] = ()) -> AsyncIterator[House]:
    """Open database and Redis, check that they may be used, and hold them until the end.

    Raises ``DatabaseError`` for a login that is too powerful, a schema of another release, or a demo's database served
    for real (and the other way round).
    """
    known = references.load()
    engine = database.engine(settings.database_url)
    redis = Redis.from_url(settings.redis_url, decode_responses=True, health_check_interval=15)
    try:
        async with engine.connect() as conn:
            await database.refuse_powerful_login(conn)
            await database.require_current_schema(conn)
            if await database.is_demo(conn) != demo:
                raise NotADemo(_mismatch(demo))
        async with Bus.open(settings.redis_url) as bus:
            yield House(
                settings=settings,
                database=engine,
                redis=redis,
                bus=bus,
                sessions=Sessions(redis, SessionSettings(settings.session_idle_s, settings.session_absolute_s)),
                limits=Limits(redis, LimitSettings()),
                references=known,
                public_origins=tuple(public_origins) or (settings.public_url,),
                clock=clock,
                demo=demo,
            )
    finally:
        await redis.aclose()
        await engine.dispose()


def _mismatch(demo: bool) -> str:
    if demo:
        return "This database is not a demo's: the demo does not touch it."
    return "This database belongs to a demo: its history was written backwards. Serve another one."
