"""Three hundred open pages on one web process, a call, and changes: each page hears its own, and nothing waits."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from server.application.actors import person_key, visit_key
from server.auth.actor import SESSION_COOKIE
from server.platform.settings import Settings
from signaling.protocol import Ping, Pong, Roster, Welcome
from tests.server.test_call_socket import hear, hello, opened, relay, say, visit
from tests.server.test_live import announced, redis
from tests.server.web_process import Person, Running

__all__ = ["redis", "relay", "visit"]

EACH = 25  # streams of one session, fewer than it may have
WAITING = 8
PATIENT_S = 15.0


@dataclass
class Page:
    """A stream on a socket of its own, as light as can be: three hundred clients share the server's processor here."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    @asynccontextmanager
    async def open(cls, person: Person, path: str) -> AsyncIterator["Page"]:
        """Once it listens."""
        base = urlsplit(str(person.client.base_url))
        reader, writer = await asyncio.open_connection("127.0.0.1", base.port)
        head = f"GET {path} HTTP/1.1\r\nHost: {base.netloc}\r\nCookie: {SESSION_COOKIE}={person.session_id}\r\n\r\n"
        writer.write(head.encode())
        try:
            page = cls(reader, writer)
            assert await page.line() == "HTTP/1.1 200 OK"
            await page.until(": still here")
            yield page
        finally:
            writer.close()

    async def line(self) -> str:
        line = await self.reader.readline()
        assert line, "the stream ended"
        return line.decode().strip()

    async def until(self, wanted: str) -> None:
        async with asyncio.timeout(PATIENT_S):
            while await self.line() != wanted:
                pass


@asynccontextmanager
async def pages(running: Running, name: str, path: str, sessions: int) -> AsyncIterator[list[Page]]:
    """So many sessions of one person, with EACH pages open."""
    async with AsyncExitStack() as stack:
        made: list[Page] = []
        for _ in range(sessions):
            person = await running.as_(name)
            made += await asyncio.gather(*(stack.enter_async_context(Page.open(person, path)) for _ in range(EACH)))
        yield made


async def call_goes_on(running: Running, visit: str, stack: AsyncExitStack, stop: asyncio.Event) -> asyncio.Task[int]:
    """Two people in the call, whose lines are asked again and again whether they live. How often, in the end."""
    lines = []
    for name in ("ada", "drew"):
        person = await running.as_(name)
        line = await stack.enter_async_context(opened(running, person, visit))
        await say(line, await hello(person, visit))
        welcome = await hear(line, Welcome)
        assert isinstance(welcome, Welcome)
        lines.append(line)
    await hear(lines[0], Roster)

    async def ask() -> int:
        asked = 0
        while not stop.is_set():
            for line in lines:
                await say(line, Ping(asked))
                await hear(line, Pong)
            asked += 1
            await asyncio.sleep(0.1)
        return asked

    return asyncio.create_task(ask())


@pytest.mark.usefixtures("relay")
async def test_three_hundred_pages_hear_their_changes_while_a_call_goes_on(
    running: Running, visit: str, redis: Redis
) -> None:
    drew, patient, marcus = await running.as_("drew"), running.clinic["ada"], running.clinic.visits["marcus"]
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        call = await call_goes_on(running, visit, stack, stop)
        days = await stack.enter_async_context(pages(running, "drew", "/live", 4))
        adas = await stack.enter_async_context(pages(running, "ada", f"/live?visit={visit}", 4))
        others = await stack.enter_async_context(pages(running, "marcus", f"/live?visit={marcus}", 4))
        assert len(days) + len(adas) + len(others) == 300
        assert len(await redis.client_list(_type="pubsub")) == 1

        took: list[float] = []
        for number in range(3):
            told = {"name": f"Zinc {number}", "sentence": "1", "source": "self_reported", "since": ""}
            answer = await drew.post(f"/visits/{visit}/medicines/report", patient, **told)
            assert answer.status_code == 200
            await asyncio.gather(*(page.until("data: medications") for page in adas))
            begun = time.monotonic()
            assert (await drew.get("/day")).status_code == 200
            took.append(time.monotonic() - begun)
        await announced(redis, person_key(running.clinic["drew"]), "alerts")
        await announced(redis, visit_key(marcus), "symptoms")
        await asyncio.gather(*(page.until("data: alerts") for page in days))
        await asyncio.gather(*(page.until("data: symptoms") for page in others))

        assert max(took) < PATIENT_S
        assert len(await redis.client_list()) <= 2 * most(running.settings) + WAITING + 10
        stop.set()
        assert await call > 0, "nobody left the call"


def most(settings: Settings) -> int:
    return settings.redis_connections
