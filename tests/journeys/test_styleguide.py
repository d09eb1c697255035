"""The styleguide as the demo serves it: photographed at both sizes, and every sample page behind it renders."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from redis import Redis

from server.platform import database as databases
from tests.conftest import Database, Engines
from tests.journeys.clinic import browsers
from tests.ports import free_port
from tests.server.web_process import serving, settings_for, transaction
from visit_ui import samples

pytestmark = pytest.mark.browser

SIZES = ((1440, 900), (390, 844))


@pytest.fixture(scope="module")
def base(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web process that serves the demo's pages."""
    redis_url = engines.redis(13)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    port = free_port()
    settings = settings_for(database.app_url, redis_url, port, tmp_path_factory.mktemp("styleguide"))
    asyncio.run(mark(database.owner_url))
    with serving(settings, demo=True):
        yield f"http://localhost:{port}"


async def mark(owner_url: str) -> None:
    """Make the empty database a demo's: no other serves the styleguide."""
    async with transaction(owner_url) as conn:
        await databases.mark_demo(conn, datetime.now(UTC))


def listen(page: Page) -> list[str]:
    """What the page complains of, from now on."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


async def test_the_styleguide_is_photographed_at_both_sizes_without_a_complaint(base: str, tmp_path: Path) -> None:
    async with browsers(1) as (one,):
        for width, height in SIZES:
            page = await one.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
            said = listen(page)
            await page.goto(f"{base}/styleguide")
            await expect(page.get_by_role("heading", name="Styleguide")).to_be_visible()
            picture = await page.screenshot(path=tmp_path / f"styleguide-{width}.png", full_page=True)
            tall = await page.evaluate("document.documentElement.scrollHeight")
            assert picture.startswith(b"\x89PNG")
            assert tall > height, "every component in every state needs more than one screen"
            assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert said == []


async def test_every_sample_page_of_it_renders(base: str) -> None:
    async with browsers(1) as (one,):
        context = await one.new_context(java_script_enabled=False)
        for name in samples.all_samples():
            answer = await context.request.get(f"{base}/styleguide?sample={name}")
            assert answer.status == 200, name
        assert (await context.request.get(f"{base}/styleguide?sample=nobody")).status == 404
