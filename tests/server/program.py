"""The console program as a process of its own, with an environment of its own; and databases for it."""

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server import database
from server.migrations.names import OWNER_ROLE
from server.settings import Settings
from tests.conftest import Database, Engines

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
    """``python -m server ...`` with the settings ``there`` and no others."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "XDG_RUNTIME_DIR") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server",
        *arguments,
        cwd=Path(__file__).parents[2],
        env={**bare, **(there or {})},
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
    engine: AsyncEngine = database.one_shot_engine(there.owner_url)
    async with engine.begin() as conn:
        await conn.execute(text(f"SET ROLE {OWNER_ROLE}"))
        yield conn
    await engine.dispose()
