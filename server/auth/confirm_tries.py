"""How often somebody may try to say who they are for one check-in: guessing a birth date takes more tries than that."""

from emr.shared.ids import CheckInId
from server.application.context import AppContext

MOST = 5
# A check-in is confirmed within minutes; after this nobody can any more.
KEPT_S = 24 * 3600


async def used_up(app_context: AppContext, check_in: CheckInId) -> bool:
    """Whether the desk has to begin this check-in again."""
    return int(await app_context.redis.get(_name(check_in)) or 0) >= MOST


async def take(app_context: AppContext, check_in: CheckInId) -> bool:
    """One more try, counted before anything is compared: those sent at once are no more. False: there is none left."""
    tried = int(await app_context.redis.incr(_name(check_in)))
    await app_context.redis.expire(_name(check_in), KEPT_S)
    return tried <= MOST


def _name(check_in: CheckInId) -> str:
    return f"titrate:confirm-tries:{check_in}"
