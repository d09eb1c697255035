"""A web process says how it is: at once, truly, whatever hangs; and ends in one line."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.conftest import Database, Engines
from tests.ports import free_port
from tests.server.program import environment
from tests.server.test_effects import Breakable, breakable, running, served
from tests.server.test_live import listening, until
from tests.server.web_process import Running, away, transaction

__all__ = ["breakable", "running", "served"]

BOUND_S = 15.0  # two, and what a busy machine adds; an engine that hangs would be waited for without end


async def asked(running: Running, path: str = "/health/ready") -> tuple[int, dict[str, Any]]:
    begun = time.monotonic()
    answer = await (await running.nobody()).get(path)
    assert time.monotonic() - begun < BOUND_S
    return answer.status_code, answer.json()


async def becomes(running: Running, **wanted: object) -> dict[str, Any]:
    """Ask until it says so."""
    said: dict[str, Any] = {}

    async def so() -> bool:
        nonlocal said
        _, said = await asked(running)
        return wanted.items() <= said.items()

    await until(so, 20)
    return said


async def test_a_process_that_can_serve_says_so_and_how_much_is_taken(running: Running) -> None:
    async with listening(await running.as_("drew")):
        for path in ("/health", "/health/ready"):
            status, said = await asked(running, path)
            assert (status, said["status"]) == (200, "ready")
        assert (said["database"], said["redis"], said["streams"], said["media"]) == ("ok", "ok", 1, 0)
        assert said["pools"].keys() == {"database", "redis", "bus"}
        assert all(0 <= pool["used"] <= pool["of"] for pool in said["pools"].values())
        assert said["effects"] == {"waiting": 0, "oldest_s": 0}
    assert await asked(running, "/health/live") == (200, {"status": "live"})


async def test_strangers_behind_a_proxy_hear_whether_it_is_ready_and_no_more(running: Running) -> None:
    answer = await (await running.nobody()).get("/health/ready", headers={"X-Forwarded-For": "192.0.2.1"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_a_redis_that_hangs_or_is_gone_is_said_in_time(running: Running, breakable: Breakable) -> None:
    breakable.now.process.send_signal(signal.SIGSTOP)
    try:
        said = await becomes(running, redis="silent")  # what was found last is fresh for half a second
        assert (said["status"], said["database"]) == ("not ready", "ok")
        assert (await asked(running))[0] == 503
        assert (await asked(running, "/health/live"))[0] == 200
    finally:
        breakable.now.process.send_signal(signal.SIGCONT)
    await becomes(running, status="ready")
    breakable.kill()
    try:
        assert (await becomes(running, redis="away"))["status"] == "not ready"
    finally:
        breakable.back()
    await becomes(running, status="ready", redis="ok")


async def test_a_database_that_is_away_is_said_in_time(running: Running, database: Database) -> None:
    async with away(database):
        assert (await becomes(running, database="away"))["status"] == "not ready"
    await becomes(running, status="ready")


async def test_a_database_that_hangs_is_said_in_time(running: Running, database: Database, engines: Engines) -> None:
    if engines.superuser_url is None:
        pytest.skip("the database's processes are not ours to stop")
    assert (await asked(running))[0] == 200
    async with transaction(database.owner_url) as conn:
        ours = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        stopped = list((await conn.execute(ours)).scalars())
        assert stopped
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            said = await becomes(running, database="silent")
            assert (said["status"], said["redis"]) == ("not ready", "ok")
            again = await asyncio.gather(*(asked(running) for _ in range(20)))
            assert {status for status, _ in again} == {503}
            assert again[-1][1]["pools"]["database"]["used"] == 1, "however often it is asked for"
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
    await becomes(running, status="ready")


async def test_a_process_that_is_told_to_end_says_one_line_whatever_is_open(running: Running, tmp_path: Path) -> None:
    port = free_port()
    there = environment(running.settings) | {"PORT": str(port), "PUBLIC_URL": f"http://localhost:{port}"}
    there |= {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "serve"),
        cwd=Path(__file__).parents[2],
        env=there,
        stderr=asyncio.subprocess.PIPE,
    )
    other = Running(running.settings, f"http://localhost:{port}", running.clinic, running.clients)

    async def is_ready() -> bool:
        try:
            return (await (await other.nobody()).get("/health/ready")).status_code == 200
        except httpx2.TransportError:
            return False

    try:
        await until(is_ready, 90)
        drew = await other.as_("drew")
        async with listening(drew) as one, listening(drew) as two:
            program.send_signal(signal.SIGTERM)
            assert await one.topic(10) is None, "ended well, and not broken off"
            assert await two.topic(10) is None
        async with asyncio.timeout(30):
            _, said = await program.communicate()
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    (line,) = said.decode().splitlines()
    assert "ending: 2 live pages and 0 sockets of calls" in line
