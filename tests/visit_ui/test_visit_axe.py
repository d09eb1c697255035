"""axe on every visit page at two sizes, reflow at the four of the design and one below, in a real Chromium."""

import mimetypes

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route

from tests.browser.axe import heavy, scrolls_sideways
from visit_ui import assets
from visit_ui.environment import render
from visit_ui.samples.visit_pages import PAGES

LOOKED_AT = ((1440, 900), (390, 844))
SIZES = ((1440, 900), (1280, 800), (768, 1024), (390, 844), (320, 640))
ORIGIN = "http://localhost:9"  # nothing listens there: every request is answered below
_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; connect-src 'self' ws:"
# The page modules would replace the sample by "no connection"; their states have tests of their own.
_SCRIPTS_LEFT_OUT = ("visit_page.js", "patient_visit_page.js", "device_check_page.js")


async def _answer(route: Route) -> None:
    path = route.request.url.removeprefix(ORIGIN).split("?")[0]
    kind = "text/javascript" if path.endswith(".js") else mimetypes.guess_type(path)[0]
    file = assets.FOLDER / assets.split(path.removeprefix("/static/"))[1]
    if path.startswith("/static/") and file.is_file() and not path.endswith(_SCRIPTS_LEFT_OUT):
        await route.fulfill(body=file.read_bytes(), content_type=kind or "application/octet-stream")
    elif path.startswith("/sample/"):
        headers = {"Content-Security-Policy": _POLICY}
        body = render(PAGES[path.removeprefix("/sample/")])
        await route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)
    else:
        await route.fulfill(status=404, body="")


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> Page:
    context = await browser.new_context(reduced_motion="reduce")
    await context.route("**/*", _answer)
    return await context.new_page()


async def _show(page: Page, size: tuple[int, int]) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})


@pytest.mark.browser
@pytest.mark.parametrize("size", LOOKED_AT, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_no_page_has_a_serious_finding(page: Page, size: tuple[int, int]) -> None:
    await _show(page, size)
    found: list[str] = []
    for name in sorted(PAGES):
        await page.goto(f"{ORIGIN}/sample/{name}")
        found += await heavy(page, name)
    assert not found, "\n".join(found)


_OPEN_ALL = """() => {
  const parts = '[data-drawer], [data-stage-notice], [data-stage-stop], [data-note-conflict], [data-safety-help]';
  const buttons = '[data-notice-act], [data-stop-act], [data-stop-other]';
  for (const one of document.querySelectorAll(`${parts}, ${buttons}, [data-figures]`)) one.hidden = false;
  for (const one of document.querySelectorAll('details')) one.open = true;
  for (const one of document.querySelectorAll('[data-notice-words], [data-stop-title], [data-stop-words]'))
    one.textContent = 'Your browser keeps the microphone from us';
  for (const one of document.querySelectorAll(buttons)) one.textContent = 'Try again';
  for (const one of document.querySelectorAll('[data-device]')) one.replaceChildren(new Option('Camera', '1'));
  location.hash = '#crisis-path';
}"""
_WITH_PARTS = (
    "visit.prescriber",
    "visit.page-notes",
    "visit.page-medicines",
    "visit.alerted",
    "visit.patient",
    "visit.scale",
)


@pytest.mark.browser
@pytest.mark.parametrize("size", LOOKED_AT, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_what_opens_later_has_no_serious_finding_either(page: Page, size: tuple[int, int]) -> None:
    await _show(page, size)
    found: list[str] = []
    for name in _WITH_PARTS:
        await page.goto(f"{ORIGIN}/sample/{name}")
        await page.evaluate(_OPEN_ALL)
        found += await heavy(page, name)
    assert not found, "\n".join(found)


@pytest.mark.browser
async def test_no_visit_page_scrolls_sideways_at_any_size_or_with_text_twice_as_large(page: Page) -> None:
    found: list[str] = []
    for name in sorted(PAGES):
        await page.goto(f"{ORIGIN}/sample/{name}")
        for size in SIZES:
            await _show(page, size)
            if await scrolls_sideways(page):
                found.append(f"{name} at {size[0]}")
        await _show(page, (1280, 800))
        await page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        if await scrolls_sideways(page):
            found.append(f"{name} with large text")
    assert not found, "\n".join(found)
