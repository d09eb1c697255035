"""The shipped Caddyfile in front of two web processes, one of which is killed while people read."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from server.audit import keys as log_keys
from tests.conftest import Database
from tests.ports import free_port
from tests.server.program import environment
from tests.server.web_process import settings_for

CADDY = shutil.which("caddy")
ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(CADDY is None, reason="Caddy is not installed: .ci/engines installs it")
READERS = 8
READ_EACH = 40
CUT = 0  # what the dying process was in the middle of saying


@asynccontextmanager
async def program(*words: str, there: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    quiet = asyncio.subprocess.DEVNULL
    bare = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *words, cwd=ROOT, env={**bare, **there}, stdin=quiet, stdout=quiet, stderr=quiet
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def answers(client: httpx2.AsyncClient, address: str) -> None:
    """Until somebody answers there with 200."""
    async with asyncio.timeout(90):
        while True:
            with suppress(httpx2.HTTPError):
                if (await client.get(address)).status_code == 200:
                    return
            await asyncio.sleep(0.1)


async def test_nobody_hears_of_a_web_process_that_dies(database: Database, redis_url: str, tmp_path: Path) -> None:
    front, *ports = (free_port() for _ in range(3))
    settings = settings_for(database.app_url, redis_url, front, tmp_path)
    log_keys.signer(settings)
    upstreams = " ".join(f"localhost:{port}" for port in ports)
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    told = {**home, "PUBLIC_URL": settings.public_url, "WEB_UPSTREAMS": upstreams}
    serve = (sys.executable, "-m", "server", "serve")
    ran = (str(CADDY), "run", "--config", str(ROOT / "deploy/Caddyfile"), "--adapter", "caddyfile")
    there = [{**environment(replace(settings, port=port)), "HOST": "localhost"} for port in ports]
    limits = httpx2.Limits(max_connections=READERS)
    async with (
        program(*serve, there=there[0]) as first,
        program(*serve, there=there[1]),
        httpx2.AsyncClient(trust_env=False, verify=False, timeout=30, limits=limits) as client,
    ):
        for port in ports:
            await answers(client, f"http://localhost:{port}/health/live")
        async with program(*ran, there=told):
            await answers(client, f"{settings.public_url}/health/live")
            seen: list[int] = []

            async def read() -> None:
                for _ in range(READ_EACH):
                    try:
                        seen.append((await client.get(f"{settings.public_url}/sign-in")).status_code)
                    except httpx2.RemoteProtocolError:
                        seen.append(CUT)
                    if len(seen) == READERS * READ_EACH // 4:
                        first.kill()

            await asyncio.gather(*(read() for _ in range(READERS)))
    assert first.returncode is not None
    assert set(seen) <= {200, CUT}
    assert seen.count(CUT) <= READERS
