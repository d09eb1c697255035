"""One visit, and one kill after another in it: what each did to the call and to what is written."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as BrowserError

from server.auth.actor import SESSION_COOKIE
from tests.chaos import pictures
from tests.chaos.clinic import Clinic
from tests.chaos.counting import Counted, counted
from tests.chaos.writing import Writer
from tests.journeys.clinic import browsers, sign_in
from tests.server.web_process import Person

WATCHED_S = 8.0
BACK_WITHIN_S = 45.0
# Sentences that are false while a process was killed and nobody ended, left or was taken off anything.
FALSE = (
    "no longer part of this visit",
    "may not be in this call",
    "The visit has ended",
    "This call does not exist",
    "joined this call from another window",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One kill. Seconds until writes were accepted again and until both saw the other's picture again; None: neither
    stopped. `inf`: it did not come back."""

    writes: float | None
    picture: float | None
    said: tuple[str, ...]
    signed_in_again: int


@dataclass(slots=True)
class Visit:
    """Marcus and Dr. Drew in a call; Dr. Drew writes all the time."""

    clinic: Clinic
    marcus: Page
    drew: Page
    writer: Writer

    async def fault(self, name: str) -> Fault:
        """Kill one process and see."""
        before = self.writer.signed_in_again
        at = time.time()
        self.clinic.kill(name)
        said = await self._watched(at)
        shown = [await pictures.steady(page, at, BACK_WITHIN_S) for page in (self.marcus, self.drew)]
        gone = [float("inf") if one is None else one.back_after(at) for one in shown]
        await self._written(at)
        return Fault(self.writer.accepted_after(at), _worst(gone), said, self.writer.signed_in_again - before)

    async def counted(self) -> Counted:
        """What the record holds of all that was written so far."""
        return await counted(self.clinic.database.app_url, (self.writer.doses, self.writer.notes))

    async def _watched(self, at: float) -> tuple[str, ...]:
        """False sentences on the two screens, for as long as something may still be noticed."""
        found: set[str] = set()
        while time.time() < at + WATCHED_S:
            for page in (self.marcus, self.drew):
                words = await _words(page)
                found |= {sentence for sentence in FALSE if sentence in words}
            await asyncio.sleep(0.3)
        return tuple(sorted(found))

    async def _written(self, at: float) -> None:
        """Wait until both kinds of change were acknowledged once more."""
        until, now = time.time() + BACK_WITHIN_S, time.time()
        while time.time() < until:
            if all(
                one.tries and one.tries[-1].at > max(at, now - 0.5) for one in (self.writer.doses, self.writer.notes)
            ):
                return
            await asyncio.sleep(0.1)


def _worst(seconds: list[float | None]) -> float | None:
    known = [one for one in seconds if one is not None]
    return max(known) if known else None


async def _words(page: Page) -> str:
    try:
        return await page.locator("body").inner_text(timeout=500)
    except BrowserError:
        return ""


@asynccontextmanager
async def visit(clinic: Clinic) -> AsyncIterator[Visit]:
    """The visit has begun, both see one another, and writing goes on until the end."""
    async with AsyncExitStack() as stack:
        (one,) = await stack.enter_async_context(browsers(1, frames=pictures.FRAMES))
        contexts = [await one.new_context() for _ in range(2)]
        address = await clinic.house.another_visit("marcus", "drew")
        marcus, drew = await pictures.together(contexts[0], contexts[1], clinic.house, address)
        client = await stack.enter_async_context(
            httpx2.AsyncClient(base_url=clinic.house.base, trust_env=False, verify=False, timeout=20)
        )

        async def renew() -> Person:
            other = await sign_in(contexts[1], clinic.house, "drew")
            await other.close()
            return await _person(contexts[1], client)

        person = await _person(contexts[1], client)
        writer = Writer(person, renew, urlsplit(address).path, clinic.house.clinic["marcus"])
        await writer.begin()
        writing = asyncio.create_task(writer.run())
        try:
            yield Visit(clinic, marcus, drew, writer)
        finally:
            writing.cancel()
            ended = (await asyncio.gather(writing, return_exceptions=True))[0]
            if isinstance(ended, Exception):
                raise ended


async def _person(context: BrowserContext, client: httpx2.AsyncClient) -> Person:
    """The same session as the browser's, over plain HTTP."""
    kept = {one["name"]: one["value"] for one in await context.cookies()}
    session = kept[SESSION_COOKIE]
    base = str(client.base_url).rstrip("/")
    client.headers.update({"Cookie": f"{SESSION_COOKIE}={session}", "Origin": base, "Accept": "text/html"})
    answer = await client.get("/session/remaining")
    return Person(client, answer.json()["csrf_token"], session)
