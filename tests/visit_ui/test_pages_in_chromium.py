"""The pages outside the call in a real browser: axe, reflow, large text, and the policy, at desktop and phone size."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.axe import heavy, scrolls_sideways
from tests.visit_ui.serving import Answer, serving
from tests.visit_ui.test_markup import OUTSIDE, PAGES
from visit_ui.environment import render

WHOLE = [name for name in OUTSIDE if name != "waiting"]  # the fragment is tested inside the day
_LEFT = Answer('{"idle_s": 900, "absolute_s": 40000}', "application/json")


def _answers() -> dict[str, Answer]:
    return {f"/{name}": Answer(render(PAGES[name])) for name in WHOLE} | {"/session/remaining": _LEFT}


async def _sideways(page: Page, where: str) -> list[str]:
    return [where] if await scrolls_sideways(page) else []


async def _too_small(page: Page, where: str) -> list[str]:
    """24 px for clinicians, 46 px for a patient's buttons; links inside a sentence are exempt (WCAG 2.2, 2.5.8)."""
    least = 46 if await page.evaluate("document.body.classList.contains('patient')") else 24
    return [f"{where}: {one}" for one in await page.evaluate(_SMALL, least)]


_SMALL = """least => [...document.querySelectorAll('main .button, main .input, main .select, .frame-head a, .tab')]
    .filter(e => e.offsetParent && Math.min(e.offsetWidth, e.offsetHeight) < least)
    .map(e => e.outerHTML.slice(0, 120))"""


async def _look(page: Page, name: str) -> list[str]:
    """One loaded page at each size, so that the suite loads each page once."""
    found = await heavy(page, f"{name} on a desktop", by_ear=name != "styleguide")  # which shows parts by themselves
    await page.set_viewport_size({"width": 390, "height": 844})
    found += await heavy(page, f"{name} on a phone")
    found += await _too_small(page, f"{name} is too small to press")
    await page.set_viewport_size({"width": 320, "height": 640})
    found += await _sideways(page, f"{name} scrolls sideways at 320")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    found += await _sideways(page, f"{name} scrolls sideways with text twice as large")
    return found


# So that no part comes near the limit of a test on a busy machine.
PARTS = 5


@pytest.mark.browser
@pytest.mark.timeout(360)
@pytest.mark.parametrize("part", range(PARTS))
async def test_every_page_can_be_used_at_every_size_and_keeps_the_policy(browser: Browser, part: int) -> None:
    found: list[str] = []
    page = await browser.new_page(reduced_motion="reduce")
    page.on("console", lambda said: found.append(said.text) if "Security Policy" in said.text else None)
    page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
    with serving(_answers()) as site:
        for name in WHOLE[part::PARTS]:
            await page.set_viewport_size({"width": 1440, "height": 900})
            await page.goto(f"{site.address}/{name}")
            found += await _look(page, name)
        await page.close()
    assert not found, "\n".join(found)
