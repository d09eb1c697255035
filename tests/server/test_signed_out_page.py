"""A page that is left open when its session ends, in a real browser: it says so, keeps what was typed, and is quiet."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect
from redis.asyncio import Redis

from server.application.actors import person_key
from server.auth.actor import SESSION_COOKIE
from server.auth.sessions import key_of
from tests.browser.program import chromium_path
from tests.server.test_live import announced, redis
from tests.server.web_process import Person, Running
from tests.visit_ui.conftest import ARGS

__all__ = ["redis"]

pytestmark = pytest.mark.browser

TYPED = "somebody whose name takes long to type"


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=ARGS)
        yield await browser.new_context()
        await browser.close()


async def enter(context: BrowserContext, running: Running, person: Person) -> None:
    await context.add_cookies(
        [
            {
                "name": SESSION_COOKIE,
                "value": person.session_id,
                "url": running.base.replace("http:", "https:"),
                "secure": True,
                "httpOnly": True,
            }
        ]
    )


async def listens(page: Page, redis: Redis, key: str) -> None:
    """Once the page's stream is open and it has read its part again, as it does at what is announced then.

    Were the answer still on its way when the session ends, the page would learn it by that, and ask for no stream.
    """
    async with page.expect_response("**/day/waiting"):
        while not await redis.publish(f"titrate:topic:{key}", "queue"):
            await page.wait_for_timeout(50)


async def test_a_page_whose_session_ended_covers_itself_asks_no_more_and_comes_back(
    running: Running, context: BrowserContext, redis: Redis
) -> None:
    drew = await running.as_("drew")
    await enter(context, running, drew)
    page = await context.new_page()
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if "/live" in request.url else None)
    await page.clock.install()
    await page.goto(f"{running.base}/day?date=2026-11-24")
    field = page.get_by_role("searchbox").first
    await field.fill(TYPED)
    key = person_key(running.clinic["drew"])
    await listens(page, redis, key)

    await redis.delete(f"titrate:session:{key_of(drew.session_id)}")
    async with page.expect_response(lambda answer: "/live" in answer.url and answer.status == 204):
        await announced(redis, key, "queue")  # the stream ends, and the browser asks for another
    cover = page.locator("#session-cover")
    await expect(cover).to_contain_text("You are signed out")
    await expect(cover.get_by_role("link", name="Sign in")).to_have_attribute(
        "href", "/sign-in?next=%2Fday%3Fdate%3D2026-11-24"
    )
    asked = len(streams)
    await page.clock.fast_forward("10:00")
    assert len(streams) == asked, "the stream has ended for good"
    assert not await redis.keys("titrate:limit:refusal:*"), "and nobody is kept from the sign-in by it"

    await enter(context, running, await running.as_("drew"))
    async with page.expect_request("**/live?*"):
        await cover.get_by_role("button", name="I have signed in").click()
    await expect(cover).to_have_count(0)
    await expect(field).to_have_value(TYPED)
    await listens(page, redis, key)
