"""Where benchmarks run: engines that write to disk as in production, a migrated database, a clinic of processes."""

import asyncio
import secrets
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from redis import Redis

from server.platform import database as databases
from server.platform.engines import start_embedded
from tests.conftest import Database, Engines, engines_given, prepare, with_roles
from tests.journeys import clinic
from tests.server.living import living
from tests.server.web_process import Running, settings_for

MOST_S = 150.0  # each benchmark takes 5 to 35 s on a machine with little else to do
T = TypeVar("T")


def run(work: Coroutine[object, object, T], most_s: float = MOST_S) -> T:
    """Do the work of a benchmark in a loop of its own. Raises ``TimeoutError``: a run never hangs."""

    async def bounded() -> T:
        async with asyncio.timeout(most_s):
            return await work

    return asyncio.run(bounded())


@dataclass(slots=True)
class Place:
    """The engines of one run, and what is opened on them when a benchmark asks."""

    engines: Engines
    folder: Path
    stack: ExitStack
    _clinic: "Open | None" = None

    def database(self) -> Database:
        """A migrated database of its own, dropped at the end of the run."""
        name = f"titrate_bench_{secrets.token_hex(6)}"
        made = self.engines.database(name)
        asyncio.run(databases.make_database(self.engines.owner_url, name))
        self.stack.callback(lambda: asyncio.run(databases.drop_database(self.engines.owner_url, name)))
        asyncio.run(prepare(made.owner_url))
        return made

    def clinic(self) -> "Open":
        """The clinic of this run: web, media, worker and sign-in provider as processes, opened at the first call."""
        if self._clinic is None:
            redis_url = self.engines.redis(12)
            with Redis.from_url(redis_url) as client:
                client.flushdb()
            made = self.database()
            house = self.stack.enter_context(clinic.running_clinic(made, redis_url, self.folder))
            port = int(house.base.rsplit(":", 1)[1])
            settings = settings_for(made.app_url, redis_url, port, self.folder)
            self._clinic = Open(house, made, Running(settings, house.base, house.clinic))
        return self._clinic

    @contextmanager
    def demo(self) -> Iterator["Open"]:
        """The demo's clinic with its six months of history, served in this process: statements can be counted."""
        made, folder = self.database(), Path(tempfile.mkdtemp(dir=self.folder))
        with living(made, self.engines.redis(11), folder) as running:
            yield Open(clinic.RunningClinic(running.base, running.clinic, made.app_url), made, running)


@dataclass(frozen=True, slots=True)
class Open:
    """A running clinic: for browsers, in SQL, and over plain HTTP."""

    house: clinic.RunningClinic
    database: Database
    http: Running


@contextmanager
def place() -> Iterator[Place]:
    """The embedded engines, durable, unlike those of the tests; or those that the environment names."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="titrate-bench-")))
        yield Place(_engines(stack, folder), folder, stack.enter_context(ExitStack()))


def _engines(stack: ExitStack, folder: Path) -> Engines:
    if given := engines_given():
        return given
    return with_roles(stack.enter_context(start_embedded(folder / "engines", temporary=True)))
