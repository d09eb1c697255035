"""A visit of two real browsers over a poor line, and what comes of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

from tests.browser.calls import BrowserCallService, a_room, browser_call_service, grows
from tests.network.line import ADDRESS, Client, Line, poor_line


@dataclass
class Visit:
    """Ada and Drew in a call; both come through the line."""

    house: BrowserCallService
    line: Line
    ada: Page
    drew: Page

    @property
    def clients(self) -> tuple[Client, Client]:
        """Ada's and Drew's ends of the line."""
        ada, drew = self.line.busy()
        return ada, drew


def behind_a_line(redis_url: str) -> AbstractAsyncContextManager[BrowserCallService]:
    """A service whose browsers come by the address of a line, which is not there yet."""
    return browser_call_service(redis_url, ADDRESS, host="127.0.0.1")


@asynccontextmanager
async def over_a_poor_line(service: BrowserCallService) -> AsyncIterator[Visit]:
    """Ada and Drew in a call that goes well so far, 30 frames into it. `service` is one behind a line."""
    async with poor_line(service.media.port) as line, a_room(service) as house:
        ada = await house.join("ada")
        await ada.wait_for_function("window.harness.call.state === 'connected'")
        drew = await house.join("drew")
        for page in (ada, drew):
            await grows(page, "video", "frames", 30)
        yield Visit(house, line, ada, drew)


async def during(page: Page, seconds: float) -> dict[str, Any]:
    """What came to `page` in the next `seconds`: frames, freezes, sound and how much of it was invented."""
    script = """async () => {
        const found = { frames: 0, freezes: 0, frozen: 0, samples: 0, concealed: 0, bytes: 0 };
        (await window.harness.call.connection.getStats()).forEach((one) => {
            if (one.type !== 'inbound-rtp') return;
            found.frames += one.framesDecoded ?? 0;
            found.freezes += one.freezeCount ?? 0;
            found.frozen += one.totalFreezesDuration ?? 0;
            found.samples += one.totalSamplesReceived ?? 0;
            found.concealed += (one.concealedSamples ?? 0) - (one.silentConcealedSamples ?? 0);
            found.bytes += one.bytesReceived ?? 0;
        });
        return found;
    }"""
    before = await page.evaluate(script)
    await asyncio.sleep(seconds)
    after = await page.evaluate(script)
    found = {name: after[name] - before[name] for name in before}
    found["concealed"] /= max(1, found["samples"])
    found["kbps"] = found["bytes"] * 8 / seconds / 1000
    return found
