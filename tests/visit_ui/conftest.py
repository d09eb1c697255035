"""One Chromium for all tests of pages that a worker runs, and one context: new ones cost more than most of these tests.

A context starts processes and reads forty files anew; a window of one that has read them takes a third of that time.
Every test has windows of its own, in which nothing is left of an earlier one. What stays with a context (a clock that
is moved) ends it. The tests run on the loop of the session, on which the browser was started.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from tests.browser import policy
from tests.browser.program import chromium_path

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
def policy_kept(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """No page of a test with a browser breaks the policy that it is served with. Gives what was said of it."""
    if "browser" not in request.fixturenames:
        yield []
        return
    with pytest.MonkeyPatch.context() as patched:
        broken = policy.listen(patched)
        yield broken
    assert not broken, "\n".join(broken)


class Chromium:
    """The running browser, another one once it has crashed; and a context that tests use one after another."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._browser: Browser | None = None
        self._desktop: BrowserContext | None = None

    async def running(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = await self._playwright.chromium.launch(executable_path=chromium_path(), args=ARGS)
            self._desktop = None
        return self._browser

    async def desktop(self) -> BrowserContext:
        """The shared context, as wide as a desktop."""
        if self._desktop is None:
            self._desktop = await (await self.running()).new_context(viewport={"width": 1440, "height": 900})
        return self._desktop

    def end_desktop(self) -> None:
        """The next test has another context."""
        self._desktop = None

    async def tidy(self) -> None:
        """Close what a test opened."""
        for context in [] if self._browser is None else self._browser.contexts:
            if context is not self._desktop:
                await context.close()
                continue
            for page in context.pages:
                await page.close()
            await context.unroute_all(behavior="ignoreErrors")
            await context.clear_cookies()

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
    yield await chromium.running()
    try:
        async with asyncio.timeout(CLOSES_WITHIN_S):
            await chromium.tidy()
    except TimeoutError:
        chromium.give_up()


@pytest_asyncio.fixture(loop_scope="session")
async def context(
    browser: Browser, chromium: Chromium, policy_kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[BrowserContext]:
    """The shared context. One whose clock a test has moved is not used again: it holds for all windows to come."""
    shared = await chromium.desktop()
    install = type(shared.clock).install

    async def moved(*given: Any, **named: Any) -> None:
        chromium.end_desktop()
        await install(*given, **named)

    monkeypatch.setattr(type(shared.clock), "install", moved)
    hear = policy.noted_in(policy_kept)
    shared.on("console", hear)
    yield shared
    shared.remove_listener("console", hear)


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page on which no script fails."""
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await page.close()
    assert not errors
