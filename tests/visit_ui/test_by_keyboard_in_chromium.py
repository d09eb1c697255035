"""By keyboard alone: what has the focus is seen, in every size, and nothing that stays in place covers it."""

from collections.abc import Iterator

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.visit_ui.serving import Answer, Site, serving
from visit_ui.environment import render
from visit_ui.samples import all_samples
from visit_ui.samples.visit import cast

pytestmark = pytest.mark.browser
ADJUST, NOTE = "visit.page-adjust-ready", "visit.page-notes-begun"
SCALE = f"/visits/{cast.VISIT}/scales/gad7"
# The third is a window of 1440 x 900 at 200 %.
WALKS = ((ADJUST, 1280, 800), (ADJUST, 390, 844), (ADJUST, 720, 450), (NOTE, 1280, 800))
AT = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const [x, y] = [box.left + Math.min(box.width, 40) / 2, box.top + Math.min(box.height, 28) / 2];
  const seen = document.elementFromPoint(x, y);
  return {
    inside: Boolean(at.closest('#panel, #scale-here')),
    alone: at.id !== 'panel-body',
    what: at.outerHTML.slice(0, 90),
    covered: !seen || !(at.contains(seen) || seen.contains(at) || seen.closest('label')?.contains(at)),
    ring: [at, at.nextElementSibling, at.closest('label')]
      .some((one) => one && getComputedStyle(one).outlineStyle !== 'none'),
  };
}"""


@pytest.fixture
def site() -> Iterator[Site]:
    left = Answer('{"viewer": "drew", "idle_s": 900, "csrf_token": "t"}', "application/json")
    every = all_samples()
    answers = {f"/{name}": Answer(render(every[name])) for name in (ADJUST, NOTE, "visit.patient")}
    answers[SCALE] = Answer(render(every["visit.scale-in-call"]))
    with serving({**answers, "/session/remaining": left}) as running:
        yield running


async def walk(page: Page) -> list[str]:
    """Tab on to the end of the part; gives what was hidden or had no ring on the way."""
    wrong: list[str] = []
    steps = 0
    while True:
        await page.keyboard.press("Tab")
        at = await page.evaluate(AT)
        if not at["inside"]:
            assert steps > 2
            return wrong
        steps += 1
        if at["alone"] and (at["covered"] or not at["ring"]):
            wrong.append(at["what"])


async def test_what_has_the_focus_in_the_chart_is_seen(site: Site, context: BrowserContext) -> None:
    page = await context.new_page()
    for name, width, height in WALKS:
        await page.set_viewport_size({"width": width, "height": height})
        await page.goto(f"{site.address}/{name}")
        await page.locator("[role=tab][aria-selected=true]").focus()
        wrong = await walk(page)
        assert not wrong, (name, width, height, wrong)


async def test_at_200_percent_no_question_is_answered_under_the_picture(site: Site, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.set_viewport_size({"width": 720, "height": 450})
    await page.goto(f"{site.address}/visit.patient")
    await page.wait_for_function("() => window.htmx !== undefined")
    await page.get_by_role("link", name="Answer now").press("Enter")
    await expect(page.locator("#scale-here")).to_be_focused()
    wrong = await walk(page)
    assert not wrong, wrong


async def test_closing_the_crisis_path_leaves_the_focus_in_the_chart(site: Site, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(f"{site.address}/{ADJUST}")
    await page.get_by_role("link", name="Crisis path").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#crisis-path")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#crisis-path")).to_be_hidden()
    await expect(page.locator("#panel")).to_be_focused()


async def test_enlarged_to_400_percent_the_facts_about_the_patient_take_less_than_half_of_the_window(
    site: Site, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.set_viewport_size({"width": 360, "height": 225})
    await page.goto(f"{site.address}/{ADJUST}")
    banner = page.locator("section.banner")
    box = await banner.bounding_box()
    assert box is not None
    assert box["height"] <= 112
    for fact in ("Penicillin (rash)", "Home, Tampa FL", "(813) 555-0142", "Crisis path"):
        await expect(banner.get_by_text(fact)).to_be_in_viewport(ratio=1)
