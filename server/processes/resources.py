"""Opens and closes what the application context holds, in order: what is opened last is closed first."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from emr.shared.clinic_time import locales
from server.application import reference_products, references
from server.application.context import AppContext
from server.audit import epochs
from server.auth.sessions import Sessions
from server.auth.settings import LimitSettings, SessionSettings
from server.http.rate_limits import RateLimits
from server.platform import database, logins
from server.platform.clock import clock
from server.platform.reaching import reach
from server.platform.settings import SettingError, Settings
from signaling.bus import redis_client
from signaling.bus.bus import Bus

BESIDE = 5
"""Connections for what is written while a unit of work is open: each such writing is short."""


class NotADemo(database.DatabaseError):
    """The database and the way of serving do not fit together."""


@asynccontextmanager
async def open_app_context(
    settings: Settings, *, demo: bool, seals: bool = False, public_origins: Sequence[str] = ()
) -> AsyncIterator[AppContext]:
    """Open database and Redis, check that they may be used, and hold them until the end.

    `seals`: with the worker's login, for the worker's jobs; else with the web's, which must not be able to seal.
    Raises ``DatabaseError`` for a database that cannot be reached, a login that can do too much (or cannot seal), a
    schema of another release, a counter that is behind its log, or a demo's database served for real (and the other
    way round); ``SettingError`` for a silent Redis or the worker without its login.
    """
    known = references.load()
    locales.use(settings.clinic_locale)
    setting, url = _login(settings, seals=seals)
    most = settings.redis_connections
    engine = database.engine(url, pool_size=settings.database_connections, overflow=0)
    beside = database.engine(url, pool_size=BESIDE, overflow=0)
    redis = redis_client.connect(settings.redis_url, most=most, health_check_interval=15)
    try:
        await database.reach(engine, setting)
        await reach(redis.ping)
        async with engine.connect() as conn:
            await logins.refuse_powerful_login(conn, setting)
            await logins.refuse_endless_statements(conn, setting)
            await database.require_current_schema(conn)
            await epochs.refuse_counter_behind(conn)
            await (logins.require_sealing_login(conn) if seals else logins.refuse_sealing_login(conn))
            await reference_products.require_filled(conn, known.formulary, known.substances)
            if await database.is_demo(conn) != demo:
                raise NotADemo(_mismatch(demo))
        async with Bus.open(settings.redis_url, most=most) as bus:
            yield AppContext(
                settings=settings,
                database=engine,
                beside=beside,
                redis=redis,
                bus=bus,
                sessions=Sessions(redis, SessionSettings(settings.session_idle_s, settings.session_absolute_s)),
                limits=RateLimits(redis, LimitSettings()),
                references=known,
                public_origins=tuple(public_origins) or (settings.public_url,),
                clock=clock,
                demo=demo,
            )
    finally:
        await redis.aclose()
        await beside.dispose()
        await engine.dispose()


async def try_out(settings: Settings, *, demo: bool) -> None:
    """Open everything and close it again: whoever starts a server hears a sentence, not the server's traceback."""
    async with open_app_context(settings, demo=demo):
        pass


def _login(settings: Settings, *, seals: bool) -> tuple[str, str]:
    """The setting that names the login, and its address."""
    if not seals:
        return "DATABASE_URL", settings.database_url
    if not settings.worker_database_url:
        raise SettingError("WORKER_DATABASE_URL is not set. `titrate worker` needs the login that can seal the log.")
    return "WORKER_DATABASE_URL", settings.worker_database_url


def _mismatch(demo: bool) -> str:
    if demo:
        return "This database is not a demo's: the demo does not touch it."
    return "This database belongs to a demo: its history was written backwards. Serve another one."
