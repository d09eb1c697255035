"""A clinic whose processes are started again when they die: web processes behind a proxy, media, worker, engines."""

import asyncio
import os
import signal
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from server.platform import database as databases
from server.platform.engines.places import forget_files
from server.processes.supervising import Command, Supervisor
from tests.chaos import engines as chaos_engines
from tests.chaos.engines import Engines
from tests.chaos.proxy import proxy
from tests.conftest import Database, prepare, with_roles
from tests.journeys import clinic as journeys
from tests.ports import free_port
from tests.server.web_process import found, transaction

OPENS_WITHIN_S = 90.0
LOOK_S = 0.03
WEBS = ("web", "second web")


@dataclass(slots=True)
class Clinic:
    """What is killed and what is asked. `database` for counting by SQL, as the application's login."""

    house: journeys.RunningClinic
    database: Database
    settings: dict[str, str]
    supervisor: Supervisor
    engines: Engines
    _ended: threading.Event = field(default_factory=threading.Event)

    def kill(self, name: str) -> None:
        """`kill -9` of one process, by the name of a row of the table."""
        if name == "PostgreSQL":
            os.kill(self.engines.postgres.process.pid, signal.SIGKILL)
        elif name == "Valkey":
            os.kill(self.engines.valkey.pid, signal.SIGKILL)
        else:
            os.kill(self.supervisor.children[name].process.pid, signal.SIGKILL)

    def keep(self) -> None:
        """Start again what dies, until the end; the work of a thread, since starting PostgreSQL waits."""
        while not self._ended.wait(LOOK_S):
            self.engines.look()
            self.supervisor.look()

    def end(self) -> None:
        self._ended.set()

    async def verify(self) -> str:
        """What `titrate audit verify` says of the log: "whole", or its first line."""
        ran = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server", "audit", "verify"),
            env={**os.environ, **self.settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await ran.communicate()
        return "whole" if ran.returncode == 0 else (said.decode().strip().splitlines() or ["?"])[-1]


@asynccontextmanager
async def clinic(webs: int = 2, medias: int = 1) -> AsyncIterator[Clinic]:
    """Everything started, and at the end stopped."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="titrate-chaos-")))
        stack.callback(forget_files, folder)
        engines = await asyncio.to_thread(chaos_engines.start, folder)
        stack.callback(engines.stop)
        base_port = free_port()
        base = f"http://localhost:{base_port}"
        issuer = stack.enter_context(journeys.provider(base))
        made, settings = await _prepare(engines, base, issuer, folder)
        async with transaction(made.app_url) as conn:
            cast = await found(conn, datetime.now(UTC) - timedelta(minutes=2), issuer=issuer)
        supervisor = Supervisor()
        stack.callback(supervisor.stop)
        running = Clinic(journeys.RunningClinic(base, cast, made.app_url), made, settings, supervisor, engines)
        targets = _start(running, webs, medias)
        await stack.enter_async_context(proxy(base_port, targets))
        await _opened(targets)
        keeper = threading.Thread(target=running.keep, daemon=True)
        keeper.start()
        stack.callback(keeper.join, 30)
        stack.callback(running.end)
        yield running


async def _prepare(engines: Engines, base: str, issuer: str, folder: Path) -> tuple[Database, dict[str, str]]:
    urls = await asyncio.to_thread(with_roles, engines.as_embedded)
    name = "titrate_chaos"
    made = urls.database(name)
    await databases.make_database(urls.owner_url, name)
    await prepare(made.owner_url)
    return made, {
        "DATABASE_URL": made.app_url,
        "WORKER_DATABASE_URL": made.worker_url,
        "REDIS_URL": urls.redis(0),
        "PUBLIC_URL": base,
        "HOST": "localhost",
        "OIDC_ISSUER": issuer,
        "OIDC_CLIENT_ID": "titrate",
        "OIDC_CLIENT_SECRET": journeys.SECRET,
        "TICKET_KEY": "t" * 40,
        "MEDIA_HOSTS": "0.0.0.0",
        "LOG_KEY_FILE": str(folder / "log-key"),
        "CHECKPOINT_FOLDER": str(folder / "checkpoints"),
    }


def _start(running: Clinic, webs: int, medias: int) -> list[int]:
    """Start the processes; gives the ports of the web processes."""
    ports = [free_port() for _ in range(webs)]
    wanted: list[tuple[str, list[str], int]] = [("worker", ["worker"], ports[0])]
    wanted += [(name, ["media"], free_port()) for name in ("media", "second media")[:medias]]
    wanted += [(name, ["serve"], port) for name, port in zip(WEBS, ports, strict=False)]
    for name, arguments, port in wanted:
        told = {**running.settings, "PORT": str(port), "MEDIA_PORT": str(port)}
        command = Command([sys.executable, "-m", "server", *arguments], {**os.environ, **told, "TITRATE_CHILD": "1"})
        running.supervisor.start(name, command)
    return ports


async def _opened(ports: list[int]) -> None:
    async with asyncio.timeout(OPENS_WITHIN_S), httpx2.AsyncClient(trust_env=False) as client:
        for port in ports:
            while True:
                try:
                    if (await client.get(f"http://localhost:{port}/health")).status_code == 200:
                        break
                except httpx2.HTTPError:
                    pass
                await asyncio.sleep(0.1)
