"""The console program as a process of its own, with an environment of its own; and databases for it."""

import asyncio
import atexit
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.migrations.names import OWNER_ROLE
from server.platform import database
from server.platform.settings import Settings
from tests.conftest import Database, Engines
from tests.databases import store

ROOT = Path(__file__).parents[2]
WITHIN_S = 90  # many at once on a busy machine


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


async def titrate(*arguments: str, there: Mapping[str, str] | None = None) -> Ran:
    """``titrate ...`` as a process with the settings ``there`` and no others, forked from one that has read it."""
    path = _preloaded()
    ran = await asyncio.to_thread(_forked, path, arguments, {**_bare(), **(there or {})})
    assert "Traceback" not in ran.out + ran.err, ran.err
    return ran


async def titrate_anew(*arguments: str, there: Mapping[str, str] | None = None) -> Ran:
    """``python -m server ...``: the same, and as slow as a person has it, since nothing is read before."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", *arguments),
        cwd=ROOT,
        env={**_bare(), **(there or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    ran = Ran(process.returncode, out.decode(), err.decode())
    assert "Traceback" not in ran.out + ran.err, ran.err
    return ran


def _bare() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "XDG_RUNTIME_DIR") if name in os.environ}


@cache
def _preloaded() -> str:
    """The socket of the process that has read the program; it ends when this one does."""
    folder = tempfile.TemporaryDirectory(prefix="titrate-tests-")
    path = str(Path(folder.name) / "program")
    command = [sys.executable, "-m", "tests.server.preloaded", path]
    process = subprocess.Popen(command, cwd=ROOT, env=_bare(), stdin=subprocess.PIPE)

    def end() -> None:
        process.communicate()
        folder.cleanup()

    atexit.register(end)
    return path


def _forked(path: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Ran:
    asked = json.dumps({"arguments": arguments, "environment": environment}).encode()
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        open(os.devnull) as nothing,
        socket.socket(socket.AF_UNIX) as line,
    ):
        _connect(line, path)
        line.settimeout(WITHIN_S)
        socket.send_fds(line, [asked], [nothing.fileno(), out.fileno(), err.fileno()])
        with line.makefile() as told:
            number = int(told.readline())
            try:
                status = int(told.readline())
            except TimeoutError:
                os.killpg(number, signal.SIGKILL)
                raise
        out.seek(0)
        err.seek(0)
        return Ran(status, out.read().decode(), err.read().decode())


def _connect(line: socket.socket, path: str) -> None:
    """It takes connections once it has read the program."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        try:
            return line.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a process reads them."""
    names = ("database_url", "redis_url", "public_url", "oidc_issuer", "oidc_client_id", "oidc_client_secret")
    more = ("ticket_key", "log_key_file", "checkpoint_folder", "port", "media_port", "worker_database_url")
    return {name.upper(): str(getattr(settings, name)) for name in (*names, *more)}


@asynccontextmanager
async def a_database(engines: Engines, template: str | None = None) -> AsyncIterator[Database]:
    """An empty database, or a copy of another one."""
    name = f"titrate_test_{secrets.token_hex(6)}"
    await database.make_database(engines.owner_url, name, template=template)
    yield engines.database(name)
    await database.drop_database(engines.owner_url, name)


@asynccontextmanager
async def as_owner(there: Database) -> AsyncIterator[AsyncConnection]:
    async with store(there.owner_url).begin() as conn:
        await conn.execute(text(f"SET ROLE {OWNER_ROLE}"))
        yield conn
