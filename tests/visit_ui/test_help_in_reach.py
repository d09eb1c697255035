"""Help stays in reach: on every page that a patient may see, in every state, in the window and off the controls."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.visit_ui.markup import Markup
from tests.visit_ui.serving import Answer, Site, serving
from visit_ui.environment import render
from visit_ui.pages.shell.frame import Frame
from visit_ui.samples import all_samples
from visit_ui.samples.visit import cast, pages, patient

BASE = f"/visits/{cast.VISIT}"
STAFF = ("Psychiatrist", "Compliance officer", "Front desk", "Administrator", "Prescriber", "Care team")


def a_patient_may_see(page: object) -> bool:
    """Whoever looks is nobody of the clinic: a patient, a guest, or somebody who is not signed in."""
    frame = getattr(page, "frame", None)
    return isinstance(frame, Frame) and (frame.viewer is None or frame.viewer.role not in STAFF)


SEEN = {name: page for name, page in all_samples().items() if a_patient_may_see(page)}


def test_help_stands_on_every_page_that_a_patient_may_see() -> None:
    assert {"visit.patient", "visit.guest", "visit.ended", "visit.waiting", "home", "crisis"} <= set(SEEN)
    for name, page in SEEN.items():
        addresses = Markup(render(page)).values("href")
        for address in ("tel:988", "sms:988", "tel:911"):
            assert address in addresses, (name, address)
        assert render(page).count('class="help-now"') == 1, name


def test_a_page_of_a_patient_cannot_be_rendered_without_help() -> None:
    from dataclasses import replace

    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        render(replace(patient.waiting, frame=replace(patient.waiting.frame, help_now=None)))


# In a real browser

SIZES = ((1440, 900), (390, 844), (320, 640))
IN_WINDOW = """() => {
  const inside = (box) => box.top >= 0 && box.bottom <= innerHeight + 0.5 && box.height > 0;
  return [...document.querySelectorAll('.help-now a')].filter((link) => !inside(link.getBoundingClientRect()))
    .map((link) => link.textContent);
}"""
OVER_CONTROLS = """() => {
  const help = document.querySelector('.help-now').getBoundingClientRect();
  return [...document.querySelectorAll('.control, .self-view, .tile')].filter((one) => one.offsetParent)
    .filter((one) => {
      const box = one.getBoundingClientRect();
      return box.bottom > help.top && box.top < help.bottom;
    }).map((one) => one.outerHTML.slice(0, 80));
}"""
LOOKED_AT = ("visit.patient", "visit.patient-told", "visit.guest", "visit.scale", "visit.ended", "home", "error.404")


@pytest.fixture
def site() -> Iterator[Site]:
    left = Answer('{"viewer": "ada", "idle_s": 900, "csrf_token": "t"}', "application/json")
    answers = {f"/{name}": Answer(render(SEEN[name])) for name in LOOKED_AT if name in SEEN}
    answers[f"{BASE}/waiting"] = Answer(render(patient.waiting))
    answers[f"{BASE}/scales/gad7"] = Answer(render(pages.FRAGMENTS["visit.scale-in-call"]))
    with serving({**answers, "/session/remaining": left}) as running:
        yield running


@pytest.mark.browser
async def test_help_is_in_the_window_wherever_one_has_scrolled_and_off_the_calls_controls(
    site: Site, browser: Browser
) -> None:
    page = await browser.new_page(reduced_motion="reduce")
    for name in LOOKED_AT:
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            await page.goto(f"{site.address}/{name}")
            for place in ("0", "document.documentElement.scrollHeight"):
                await page.evaluate(f"scrollTo(0, {place})")
                assert await page.evaluate(IN_WINDOW) == [], (name, width, place)
            assert await page.evaluate(OVER_CONTROLS) == [], (name, width)
    await page.close()


@pytest.mark.browser
async def test_after_sending_view_and_focus_go_to_the_confirmation_and_help_stays(site: Site, browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    await page.goto(f"{site.address}{BASE}/waiting")
    await page.wait_for_function("() => window.htmx !== undefined")
    await page.get_by_role("link", name="Answer now").click()
    question = page.get_by_role("group", name="Thoughts that you would be better off dead")
    await expect(question).to_be_visible()  # the page has come; what answers there from now on is the answer to a press
    await page.wait_for_function("() => window.htmx !== undefined")
    site.answers[f"{BASE}/scales/gad7"] = Answer(render(pages.FRAGMENTS["visit.safety-told"]))
    await question.get_by_label("More than half the days").check()
    await expect(page.locator("[data-safety-help]")).to_be_visible()
    site.answers[f"{BASE}/scales/phq9"] = Answer(render(pages.FRAGMENTS["visit.scale-sent"]))
    site.answers[f"{BASE}/my-safety"] = Answer(render(patient.safety_told))
    await announce(page, "alerts")
    await page.get_by_role("button", name="Send to Dr. Marsh").click()
    sent = page.locator("[data-scale-sent]")
    await expect(sent).to_be_focused()
    await expect(sent).to_be_in_viewport()
    await expect(page.locator("#my-safety")).to_contain_text("We have told Dr. Marsh about your answer")
    await expect(page.locator("#my-safety").get_by_role("link", name="Call 988")).to_be_visible()
    site.answers[f"{BASE}/my-safety"] = Answer(render(patient.safety_seen))
    await announce(page, "alerts")
    await expect(page.locator("#my-safety")).to_contain_text("Dr. Marsh has seen your answer")
    await page.close()


async def announce(page: Page, topic: str) -> None:
    """What the live stream does when the server says that a topic has changed."""
    await page.evaluate("topic => document.body.dispatchEvent(new CustomEvent(`titrate:${topic}`))", topic)
