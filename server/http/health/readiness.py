"""What this web process needs in order to serve, and how much of it is taken."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from redis.exceptions import RedisError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from server.application.context import AppContext
from server.application.effects import outbox
from server.http.health.probe import OK, SILENT, HealthProbe
from server.live.stream import Live
from server.platform import database
from server.platform.database import UNREACHABLE, DatabaseError
from signaling.bus import redis_client

log = logging.getLogger("titrate.health")

ANSWERS_WITHIN_S = 1.5
AWAY = "away"
FULL = "full"
OTHER_SCHEMA = "schema"
ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Health:
    """What was found. ``trouble``: each thing that keeps this process from serving, with one word why.

    ``details``: counts and codes, for whoever runs this; no addresses and nothing of anybody's record.
    """

    trouble: Mapping[str, str]
    details: Mapping[str, Any]

    @property
    def ready(self) -> bool:
        """Whether pages can be served."""
        return not self.trouble


class Readiness:
    """Asks the engines of one process. That no media process lives is told, and is no reason to serve no pages."""

    def __init__(self, app_context: AppContext, live: Live) -> None:
        self._house = app_context
        self._live = live
        self._head = database.head_revision()
        self._database = HealthProbe(self._ask_database)
        self._redis = HealthProbe(self._ask_redis)
        self._media = 0
        self._effects = outbox.OutboxBacklog(0, 0.0)
        self._said: Mapping[str, str] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, app_context: AppContext, live: Live) -> AsyncIterator["Readiness"]:
        """Answers until the block is left."""
        made = cls(app_context, live)
        try:
            yield made
        finally:
            made._database.stop()
            made._redis.stop()

    async def look(self) -> Health:
        """What is found within ANSWERS_WITHIN_S, whatever hangs."""
        words = await asyncio.gather(self._database.word(ANSWERS_WITHIN_S), self._redis.word(ANSWERS_WITHIN_S))
        found = dict(zip(("database", "redis"), words, strict=True))
        pools = self._pools()
        for engine, own in {"database": ("database",), "redis": ("redis", "bus")}.items():
            if found[engine] == SILENT and any(pools[name][0] >= pools[name][1] for name in own):
                found[engine] = FULL
        if self._live.fan_out.ended:
            found["process"] = ENDING
        trouble = {name: word for name, word in found.items() if word != OK}
        self._tell(trouble)
        details = {
            **found,
            "pools": {name: {"used": used, "of": of} for name, (used, of) in pools.items()},
            "streams": self._live.fan_out.streams,
            "media": self._media,
            "effects": {"waiting": self._effects.count, "oldest_s": round(self._effects.oldest_s)},
        }
        return Health(trouble, details)

    def _pools(self) -> dict[str, tuple[int, int]]:
        """How many connections of each pool are in use, of how many."""
        pool = cast(QueuePool, self._house.database.pool)
        return {
            "database": (pool.checkedout(), self._house.settings.database_connections),
            "redis": redis_client.used(self._house.redis),
            "bus": self._house.bus.used,
        }

    async def _ask_database(self) -> str:
        try:
            async with self._house.database.connect() as conn:
                await database.require_current_schema(conn, self._head)
                self._effects = await outbox.waiting(conn)
        except PoolTimeout:
            return FULL
        except UNREACHABLE:
            return AWAY
        except DatabaseError:
            return OTHER_SCHEMA
        return OK

    async def _ask_redis(self) -> str:
        try:
            await self._house.redis.ping()
            self._media = len(await self._house.bus.leases.nodes())
        except (RedisError, OSError):
            return AWAY
        return OK

    def _tell(self, trouble: Mapping[str, str]) -> None:
        """A line when it changes, not for each asking."""
        if trouble != self._said:
            words = ", ".join(f"{name} {word}" for name, word in trouble.items())
            log.warning("not ready: %s", words) if trouble else log.warning("ready again")
            self._said = trouble
