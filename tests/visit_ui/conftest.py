"""One Chromium for all tests of pages that a worker runs: starting one costs more than most of these tests.

Each test has a context of its own in it, so nothing is shared but the program. Its tests run on the loop of the
session, on which it was started.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from tests.browser import policy

CLOSES_WITHIN_S = 20.0  # it waits for requests that a test had held back
ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Tests that use the shared browser run on its loop."""
    for item in items:
        ours = item.path.is_relative_to(Path(__file__).parent)
        if ours and isinstance(item, pytest.Function) and "browser" in item.fixturenames:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(autouse=True)
def policy_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """No page of a test with a browser breaks the policy that it is served with."""
    if "browser" not in request.fixturenames:
        yield
        return
    with pytest.MonkeyPatch.context() as patched:
        broken = policy.listen(patched)
        yield
    assert not broken, "\n".join(broken)


class Chromium:
    """The running browser; another one once it has crashed."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._browser: Browser | None = None

    async def running(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = await self._playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        return self._browser

    def give_up(self) -> None:
        """It does not close what a test opened: the next test has another one."""
        self._browser = None

    async def close(self) -> None:
        if self._browser is not None and self._browser.is_connected():
            await self._browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    async with async_playwright() as playwright:
        held = Chromium(playwright)
        yield held
        await held.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Chromium) -> AsyncIterator[Browser]:
    """The shared browser. What a test opened in it is closed at the test's end."""
    found = await chromium.running()
    yield found
    try:
        async with asyncio.timeout(CLOSES_WITHIN_S):
            for context in found.contexts:
                await context.close()
    except TimeoutError:
        chromium.give_up()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> BrowserContext:
    """A context of the test's own, as wide as a desktop."""
    return await browser.new_context(viewport={"width": 1440, "height": 900})


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page on which no script fails."""
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert not errors
