"""Making effects happen: at once by the process that made the change, and by the worker until they have.

Every effect may happen twice: doing it again changes nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from redis.exceptions import RedisError

from server.application.context import AppContext
from server.application.effects import outbox
from server.application.effects.outbox import Effect, EffectKind, OutboxBacklog
from server.live import announcing
from server.platform.connections import reading
from server.platform.database import UNREACHABLE

log = logging.getLogger("titrate.effects")

# Somebody waits for their answer meanwhile.
AT_ONCE_WITHIN_S = 2.0
WITHIN_S = 10.0
# So long an effect may wait until somebody is told.
LATE_S = 60.0
AWAY = (RedisError, *UNREACHABLE)

DOING: Mapping[EffectKind, Callable[[AppContext, str], Awaitable[None]]] = {
    EffectKind.END_ROOM: lambda app_context, room: app_context.bus.end_room(room),
}


async def after_commit(
    app_context: AppContext, effects: Sequence[Effect], announcements: Sequence[tuple[str, str]]
) -> None:
    """See to what a committed change brings about. Never fails: the change stands, and its answer says so.

    An effect that does not happen now is the worker's; an announcement is made good by the pages, which read again.
    """
    try:
        async with asyncio.timeout(AT_ONCE_WITHIN_S):
            for each in effects:
                await _do(app_context, each)
            for key, topic in dict.fromkeys(announcements):
                await announcing.announce(app_context, key, topic)
    except AWAY as error:
        log.warning("after a change: %s; what must happen is repeated", type(error).__name__)
    except Exception as error:  # the change is committed, and whoever made it must not hear that it failed
        log.error("after a change: unexpected %s; what must happen is repeated", type(error).__name__)


class Repeating:
    """The worker's round over the outbox."""

    def __init__(self, app_context: AppContext) -> None:
        self._house = app_context
        self._late = False

    async def round(self) -> None:
        """Do what is due; one effect that cannot happen holds up no other. Raises what the database raises."""
        waiting = await self._waiting()
        if waiting.due:
            await self._do_what_is_due()
            waiting = await self._waiting()
        self._tell(waiting)

    async def _waiting(self) -> OutboxBacklog:
        async with reading(self._house.database) as conn:
            return await outbox.waiting(conn)

    async def _do_what_is_due(self) -> None:
        async with self._house.database.begin() as conn:
            effects = await outbox.due(conn)
        for each in effects:
            try:
                async with asyncio.timeout(WITHIN_S):
                    await _do(self._house, each)
            except AWAY as error:
                log.warning("%s failed (%s), trying again", each.kind.value, type(error).__name__)

    def _tell(self, waiting: OutboxBacklog) -> None:
        late = waiting.oldest_s > LATE_S
        if late and not self._late:
            log.error("%d effects wait, the oldest for %d s", waiting.count, waiting.oldest_s)
        elif self._late and not late:
            log.warning("no effect waits for long any more")
        self._late = late


async def _do(app_context: AppContext, effect: Effect) -> None:
    await DOING[effect.kind](app_context, effect.about)
    async with app_context.database.begin() as conn:
        await outbox.done(conn, effect.id)
