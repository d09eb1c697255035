"""axe on every visit page at two sizes, reflow at the four of the design and one below, in a real Chromium."""

from collections.abc import Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.axe import heavy, scrolls_sideways
from tests.visit_ui.serving import Answer, Site, serving
from visit_ui.environment import render
from visit_ui.samples.visit.pages import PAGES

LOOKED_AT = ((1440, 900), (390, 844))
SIZES = ((1440, 900), (1280, 800), (768, 1024), (390, 844), (320, 640))
# The page modules would replace the sample by "no connection"; their states have tests of their own.
_LEFT_OUT = ("visit/visit_page.js", "visit/patient_visit_page.js", "devices/device_check_page.js")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    answers = {f"/sample/{name}": Answer(render(page)) for name, page in PAGES.items()}
    answers |= {f"/static/js/{name}": Answer("", "text/javascript") for name in _LEFT_OUT}
    with serving(answers) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> Page:
    return await browser.new_page(reduced_motion="reduce")


async def _show(page: Page, size: tuple[int, int]) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})


async def _heavy(page: Page, name: str, *, by_ear: bool = False) -> list[str]:
    found: list[str] = []
    for size in LOOKED_AT:
        await _show(page, size)
        found += await heavy(page, f"{name} at {size[0]}", by_ear=by_ear and size == LOOKED_AT[0])
    return found


async def _sideways(page: Page, name: str) -> list[str]:
    found: list[str] = []
    for size in SIZES:
        await _show(page, size)
        if await scrolls_sideways(page):
            found.append(f"{name} scrolls sideways at {size[0]}")
    await _show(page, (1280, 800))
    await page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    if await scrolls_sideways(page):
        found.append(f"{name} scrolls sideways with text twice as large")
    return found


# So that no part comes near the limit of a test on a busy machine.
PARTS = 5


@pytest.mark.browser
@pytest.mark.parametrize("part", range(PARTS))
async def test_no_page_has_a_serious_finding_or_scrolls_sideways_at_any_size(site: Site, page: Page, part: int) -> None:
    """Each page is loaded once and looked at as it stands, at each size."""
    found: list[str] = []
    for name in sorted(PAGES)[part::PARTS]:
        await _show(page, LOOKED_AT[0])
        await page.goto(f"{site.address}/sample/{name}")
        found += await _heavy(page, name, by_ear=True)
        found += await _sideways(page, name)
    assert not found, "\n".join(found)


_OPEN_ALL = """() => {
  const parts = '[data-drawer], [data-stage-notice], [data-stage-stop], [data-note-conflict], [data-safety-help]';
  const buttons = '[data-notice-act], [data-stop-act], [data-stop-other]';
  for (const one of document.querySelectorAll(`${parts}, ${buttons}, [data-figures]`)) one.hidden = false;
  for (const one of document.querySelectorAll('details')) one.open = true;
  for (const one of document.querySelectorAll('[data-notice-words], [data-stop-title], [data-stop-words]'))
    one.textContent = 'Your browser is blocking the microphone';
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
async def test_what_opens_later_has_no_serious_finding_either(site: Site, page: Page) -> None:
    found: list[str] = []
    for name in _WITH_PARTS:
        await _show(page, LOOKED_AT[0])
        await page.goto(f"{site.address}/sample/{name}")
        await page.evaluate(_OPEN_ALL)
        found += await _heavy(page, name)
    assert not found, "\n".join(found)
