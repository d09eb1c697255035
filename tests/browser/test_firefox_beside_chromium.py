"""A real Firefox and a real Chromium in one call, through the gateway and a media process of its own.

Firefox takes no call over loopback: media come and go by the machine's own address, by a line that the tests can harm.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import playwright.async_api
import pytest
from aioice.ice import get_host_addresses

from signaling.tickets import FULL_RIGHTS
from tests.browser.calls import browser_call_service, grows, sees_and_hears
from tests.browser.firefox.page import Page, window
from tests.browser.firefox.process import running
from tests.browser.firefox.wire import session
from tests.network.line import Client, poor_line

pytestmark = pytest.mark.browser


@dataclass
class Visit:
    """Ada in Firefox, whose media take the line's end `hers`; Drew in Chromium."""

    ada: Page
    hers: Client
    drew: playwright.async_api.Page


@pytest.fixture(scope="module")
def firefox() -> Iterator[str]:
    with running() as address:
        yield address


@pytest.fixture
async def visit(firefox: str, redis_url: str) -> AsyncIterator[Visit]:
    own = next(iter(get_host_addresses(True, False)), None)
    if own is None:
        pytest.skip("this machine has loopback alone, over which Firefox takes no call")
    async with (
        session(firefox) as wire,
        browser_call_service(redis_url, host=own) as service,
        poor_line(service.media.port, own) as line,
        window(wire) as ada,
    ):
        service.told_port = line.port
        await ada.goto(service.url("ada", FULL_RIGHTS, "on"))
        await ada.wait_for("window.harness?.call.state === 'connected'")
        tried = list(line.clients.values())  # ICE tries several addresses of hers, and takes one
        drew = await service.join("drew")
        await asyncio.gather(sees_and_hears(ada), sees_and_hears(drew))
        hers = max(tried, key=lambda one: one.media_at)
        await ada.evaluate("() => { window.unloaded = false }")
        yield Visit(ada, hers, drew)
        assert await ada.evaluate("window.unloaded === false"), "nothing needed a reload"
        assert ada.errors == []


async def test_firefox_and_chromium_see_and_hear_each_other_and_roaming_needs_no_reload(visit: Visit) -> None:
    await visit.hers.move()
    await asyncio.gather(
        grows(visit.ada, "video", "frames", 30, within_s=30), grows(visit.drew, "video", "frames", 30, within_s=30)
    )
    assert await visit.ada.evaluate("window.harness.call.state") == "connected"
    await visit.ada.wait_for("window.harness.quality?.kbpsDown > 0 && window.harness.quality.kbpsUp > 0")


async def test_firefox_is_not_called_connected_while_only_its_checks_come_through(visit: Visit) -> None:
    ways = (visit.hers.up, visit.hers.down)
    for way in ways:
        way.checks_only = True
    await visit.ada.wait_for("window.harness.call.state === 'rejoining'")
    assert await visit.ada.evaluate("window.harness.call.connection.connectionState") == "connected", "it believes so"
    for way in ways:
        way.checks_only = False
    await visit.ada.wait_for("window.harness.call.state === 'connected'")
    await asyncio.gather(sees_and_hears(visit.ada), sees_and_hears(visit.drew))
