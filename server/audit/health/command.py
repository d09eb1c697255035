"""``titrate audit status``: whether the log keeps up, as lines and an exit status."""

from datetime import datetime

from redis.exceptions import RedisError

from server.audit.health.faults import faults
from server.operations.audit import VerifiedLog
from server.platform import database
from server.platform.reaching import reach
from signaling.bus import redis_client

FOUND = 3


async def status(database_url: str, redis_url: str, now: datetime) -> VerifiedLog:
    """A line for each fault and status 3, or one line and status 0. Raises ``DatabaseError``, ``SettingError``."""
    engine = database.one_shot_engine(database_url)
    redis = redis_client.connect(redis_url)
    try:
        await database.reach(engine)
        await reach(redis.ping)
        async with engine.connect() as conn:
            await database.refuse_older_schema(conn)
            found = await faults(conn, redis, now)
    except (RedisError, *database.UNREACHABLE) as error:
        raise database.DatabaseError(f"The log's state cannot be read: {type(error).__name__}.") from error
    finally:
        await redis.aclose()
        await engine.dispose()
    if not found:
        return VerifiedLog(("The log is up to date: sealed, signed, and copied outside.",), 0)
    return VerifiedLog(tuple(f"{code.value}: {sentence}" for code, sentence in found.items()), FOUND)
