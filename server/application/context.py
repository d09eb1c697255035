"""The application context: everything the running program holds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from server.application.references import References
from server.auth.sessions import Sessions
from server.http.rate_limits import RateLimits
from server.platform.settings import Settings
from signaling.bus.bus import Bus


@dataclass(frozen=True, slots=True)
class AppContext:
    """What handlers and jobs work with; opened and closed by ``resources``.

    ``beside``: a small pool of its own for what is written while a unit of work is open; out of one pool, as many
    units of work as it holds would wait for one another.
    ``public_origins``: the addresses people use, the main one first. ``clock``: an aware UTC now.
    """

    settings: Settings
    database: AsyncEngine
    beside: AsyncEngine
    redis: Redis
    bus: Bus
    sessions: Sessions
    limits: RateLimits
    references: References
    public_origins: tuple[str, ...]
    clock: Callable[[], datetime]
    demo: bool = False

    @property
    def ticket_key(self) -> bytes:
        """The key that signs join tickets."""
        return self.settings.ticket_key.encode()
