"""Whether Redis answers, said in one sentence. Apart, since the media process needs this and nothing of a database."""

from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError

from server.platform.settings import SettingError


async def reach(ping: Callable[[], Awaitable[object]]) -> None:
    """Raise ``SettingError`` with the reason when Redis does not answer."""
    try:
        await ping()
    except (RedisError, OSError) as error:
        raise SettingError(f"REDIS_URL cannot be reached: {str(error).rstrip('.')}.") from error
