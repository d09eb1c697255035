"""Whoever types is not disturbed: 80 ms a key through every check and live update, on every panel that has a field."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from playwright.async_api import Page, Route, expect

from tests.visit_ui.serving import Answer, Site, serving
from visit_ui.environment import render
from visit_ui.pages.shell.frame import Page as Shown
from visit_ui.pages.visit.dosing import DoseForm
from visit_ui.pages.visit.parts import Checks, Missing
from visit_ui.samples.visit import cast, dosing, medicines, notes, panels
from visit_ui.samples.visit import pages as visit_pages

pytestmark = pytest.mark.browser
BASE = f"/visits/{cast.VISIT}"
KEY_MS = 80  # a quick typist
FIRST, REST = "No liver", " disease 42"


def checked(form: DoseForm, posted: dict[str, list[str]]) -> DoseForm:
    """The form as the server makes it of what was posted: an answer that stands there is collapsed into one line."""
    assert form.checks is not None

    def of(name: str) -> str:
        return posted.get(name, [""])[0]

    findings = tuple(replace(one, answer=of(f"answer-{one.key}") or None) for one in form.checks.findings)
    missing = [
        Missing(f"a response: {one.title}", f"answer-{one.key}")
        for one in findings
        if one.must_answer and not one.answer
    ]
    missing += [] if of("reason") else [Missing("the reason", "reason")]
    return replace(form, reason=of("reason"), checks=Checks(findings, "3 medicines"), missing=tuple(missing))


OPEN = checked(dosing.form, {})
ADJUST = replace(dosing.adjust, form=OPEN)
START = replace(dosing.start_form, form=OPEN, indication="")


@pytest.fixture
def site() -> Iterator[Site]:
    answers = {
        "/session/remaining": Answer('{"viewer": "drew", "idle_s": 900, "csrf_token": "t"}', "application/json"),
        f"{BASE}/medicines": Answer(render(medicines.medicines)),
        f"{BASE}/medicines/a1/adjust": Answer(render(ADJUST)),
        f"{BASE}/overview": Answer(render(panels.overview)),
        f"{BASE}/alerts": Answer(render(panels.alerts)),
        f"{BASE}/people": Answer(render(panels.people)),
        f"{BASE}/notes": Answer(render(notes.notes)),
    }
    with serving(answers) as running:
        yield running


async def _check(route: Route) -> None:
    posted = parse_qs(route.request.post_data or "", keep_blank_values=True)
    form = checked(OPEN, posted)
    starts = replace(START, form=form, indication=posted.get("indication", [""])[0])
    panel = render(starts if "/start/" in route.request.url else replace(ADJUST, form=form))
    await route.fulfill(body=panel, content_type="text/html")


async def _at(page: Page, site: Site, panel: Shown) -> None:
    site.answers[BASE] = Answer(render(replace(visit_pages.in_person_stage, panel=panel, alerts=panels.alerts)))
    await page.route("**/check", _check)
    await page.goto(f"{site.address}{BASE}")
    await page.wait_for_function("() => window.htmx !== undefined")


EVERYTHING_CHANGES = """() => {
  const form = document.activeElement.form;
  const other = form.querySelector('input[type=radio]:checked, input[type=hidden]');
  other?.dispatchEvent(new Event('change', {bubbles: true}));
  for (const topic of ['medications', 'symptoms', 'alerts', 'visit', 'presence', 'queue'])
    document.body.dispatchEvent(new CustomEvent(`titrate:${topic}`, {bubbles: true}));
}"""
PANELS: dict[str, tuple[Shown, str]] = {
    "adjust-answer": (ADJUST, "#answer-qt"),
    "adjust-why": (ADJUST, "#reason"),
    "start-for": (START, "#indication"),
    "start-why": (START, "#reason"),
    "start-answer": (START, "#answer-weight"),
    "start-name": (dosing.start, "#name"),
    "stop": (medicines.stop, "#reason"),
    "hold": (medicines.hold, "#reason"),
    "report": (replace(medicines.medicines_report, report=None), "#sentence"),
    "alert": (medicines.medicines, "#done-s1"),
    "addendum": (notes.notes_sealed, "#addendum"),
}


@pytest.mark.parametrize("name", PANELS)
async def test_a_field_that_is_typed_in_keeps_its_text_its_focus_and_itself(site: Site, page: Page, name: str) -> None:
    panel, selector = PANELS[name]
    await _at(page, site, panel)
    field = page.locator(selector)
    await page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
    await field.click()
    await field.evaluate("field => { field.value = ''; field.itself = true; }")
    shown = await page.locator("[data-page]").get_attribute("data-page")
    await page.keyboard.type(FIRST, delay=KEY_MS)
    await page.evaluate(EVERYTHING_CHANGES)
    await page.keyboard.type(REST, delay=KEY_MS)
    await expect(field).to_have_value(FIRST + REST)
    await expect(field).to_be_focused()
    assert await field.evaluate("field => field.itself"), "it was never replaced"
    await expect(page.locator(f"[data-page={shown}]")).to_have_count(1)


async def test_an_answer_is_collapsed_once_it_is_left_and_says_all_that_was_typed(site: Site, page: Page) -> None:
    await _at(page, site, ADJUST)
    await page.locator("#answer-qt").click()
    await page.keyboard.type(FIRST, delay=KEY_MS)
    async with page.expect_response("**/check"):
        await page.evaluate(EVERYTHING_CHANGES)
    await page.keyboard.type(REST, delay=KEY_MS)
    await page.keyboard.press("Tab")
    await expect(page.locator("#finding-qt")).to_contain_text(f"Answered: {FIRST}{REST}")
    await page.wait_for_function("document.activeElement.closest('#finding-qt, #finding-weight')")  # not sent away


async def test_keys_do_nothing_while_a_field_was_just_lost(site: Site, page: Page) -> None:
    await _at(page, site, ADJUST)
    await page.route("**/check", lambda route: route.fulfill(status=204))  # nothing brings the field back
    await page.locator("#reason").click()
    await page.keyboard.type("a")
    await page.evaluate("document.activeElement.remove()")
    await page.keyboard.type("345")
    await expect(page.locator("[data-page=adjust-a1]")).to_have_count(1)
    assert not await page.locator(".chart-hidden").count()
    await page.keyboard.press("Escape")
    await page.keyboard.type("4")
    await expect(page.locator("[data-page=notes]")).to_be_visible()


async def test_a_grey_sign_leads_to_what_is_missing_and_sends_nothing(site: Site, page: Page) -> None:
    await _at(page, site, ADJUST)
    sign = page.locator("#sign")
    await sign.click(force=True)  # gray, which it is for those who wait until it is not
    await expect(page.locator("#answer-qt")).to_be_focused()
    await page.keyboard.type(FIRST)
    await expect(page.locator("#signing-read")).to_contain_text(f"QT: {FIRST}")  # as it is typed, before any check
    await page.keyboard.press("Enter")
    await expect(page.locator("#answer-weight")).to_be_focused()
    await page.keyboard.type("42")
    await page.locator("#reason").focus()
    await expect(sign).to_have_attribute("aria-disabled", "true")
    await page.get_by_role("button", name="Partial response").click()
    await expect(page.locator("#reason")).to_have_value("Partial response")
    await expect(sign).not_to_have_attribute("aria-disabled", "true")
    read = page.locator("#signing-read")
    for words in ("100 to 150 mg a day", "1 refill", "Reason: Partial response", f"QT: {FIRST}", "unknown: 42"):
        await expect(read).to_contain_text(words)
    assert not any("/revise" in one for one in site.asked)
    assert page.url == f"{site.address}{BASE}"


async def test_why_has_the_focus_once_the_dose_is_chosen(site: Site, page: Page) -> None:
    await _at(page, site, medicines.medicines)
    await page.get_by_role("button", name="Raise Sertraline to 150 mg").click()
    reason = page.locator("#reason")
    await expect(reason).to_be_focused()
    await page.get_by_label("175").check(force=True)
    await expect(reason).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.locator("[name=total]:checked").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("[name=total]:checked")).to_be_focused()


async def test_what_was_opened_stays_open_through_a_check_and_a_live_update(site: Site, page: Page) -> None:
    await _at(page, site, ADJUST)
    source = page.locator("#finding-qt .finding-source")
    await source.locator("summary").click()
    await page.locator("#reason").focus()
    await page.evaluate(
        """() => { window.swapped = new Promise(
          done => document.addEventListener('htmx:after:swap',
            event => event.detail.ctx.target?.id === 'panel-body' && done(true))); }"""
    )
    await page.evaluate(EVERYTHING_CHANGES)
    await page.evaluate("() => window.swapped")
    await expect(page.locator("#finding-qt .finding-answer")).to_be_visible()
    await expect(source).to_have_attribute("open", "")


async def test_a_whole_answer_waits_until_the_field_is_left_and_is_then_asked_for_anew(site: Site, page: Page) -> None:
    await _at(page, site, ADJUST)
    await page.locator("#reason").focus()
    held = """() => {
      const panel = document.getElementById('panel');
      window.heard = 0;
      panel.addEventListener('titrate:medications', () => (window.heard += 1));
      const sourceEvent = new CustomEvent('titrate:medications');
      panel.dispatchEvent(sourceEvent);
      const tasks = [{ target: panel, fragment: new DocumentFragment(), swapSpec: { style: 'innerHTML' } }];
      const swap = new CustomEvent('htmx:before:swap', { cancelable: true, detail: { ctx: { sourceEvent }, tasks } });
      return !document.dispatchEvent(swap);
    }"""
    assert await page.evaluate(held)
    assert await page.evaluate("window.heard") == 1
    await page.locator("#reason").blur()
    assert await page.evaluate("window.heard") == 2


async def test_the_answer_to_an_older_check_does_not_put_back_what_was_changed_since(site: Site, page: Page) -> None:
    """A check is asked a moment after a change: within that moment the answer to the one before may come."""
    asked, answered = (
        asyncio.Queue[Route](),
        "() => (window.over = new Promise(done => "
        + ("document.addEventListener('htmx:finally:request', done, {once: true})), null)"),
    )
    await page.clock.install()
    await _at(page, site, ADJUST)
    await page.route("**/check", asked.put)
    await page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    buttons, reason = page.locator("[data-pick]"), page.locator("#reason")
    second = await buttons.nth(1).get_attribute("data-pick") or ""
    await buttons.nth(0).click()
    await page.clock.run_for(1_000)
    before = await asked.get()
    await buttons.nth(1).click()
    await page.evaluate(answered)
    await _check(before)
    await page.evaluate("window.over.then(() => null)")
    await expect(reason).to_have_value(second)
    await page.clock.run_for(1_000)
    await page.evaluate(answered)
    await _check(await asked.get())
    await page.evaluate("window.over.then(() => null)")
    await expect(reason).to_have_value(second)


async def test_a_short_reason_stands_after_what_was_typed_and_instead_of_another_short_one(
    site: Site, page: Page
) -> None:
    await _at(page, site, ADJUST)
    buttons = page.locator("[data-pick]")
    first, second = [await buttons.nth(at).get_attribute("data-pick") or "" for at in (0, 1)]
    await buttons.nth(0).click()
    await expect(page.locator("#reason")).to_have_value(first)
    await buttons.nth(1).click()
    await expect(page.locator("#reason")).to_have_value(second)
    await page.locator("#reason").fill("Sleeps badly")
    await buttons.nth(0).click()
    await expect(page.locator("#reason")).to_have_value(f"Sleeps badly; {first.lower()}")


ASK_FOR_A_CHECK = """() => {
  const sourceElement = document.querySelector('form.dose-form [data-check]');
  const ask = new CustomEvent('htmx:config:request', { cancelable: true, detail: { ctx: { sourceElement } } });
  return document.dispatchEvent(ask);
}"""


async def test_no_check_takes_the_place_of_a_signing_that_is_under_way(site: Site, page: Page) -> None:
    await _at(page, site, ADJUST)
    assert await page.evaluate(ASK_FOR_A_CHECK)
    await page.evaluate("document.querySelector('form.dose-form').dataset.signing = ''")
    assert not await page.evaluate(ASK_FOR_A_CHECK)
    done = """() => document.dispatchEvent(new CustomEvent('htmx:finally:request',
      { detail: { ctx: { sourceElement: document.querySelector('form.dose-form') } } }))"""
    await page.evaluate(done)
    assert await page.evaluate(ASK_FOR_A_CHECK)


async def test_a_tab_pressed_from_a_field_opens_though_leaving_the_field_asks_for_a_check(
    site: Site, page: Page
) -> None:
    """A tap presses at once, and the check follows 60 ms later: while the tab is still asked for."""
    await _at(page, site, ADJUST)
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        asked.set()
        await answer.wait()
        await route.continue_()

    await page.route("**/notes", slowly)
    await page.locator("#reason").fill("Sleeps badly")
    await page.get_by_role("tab", name="Notes").click()
    await asked.wait()
    assert not await page.evaluate(ASK_FOR_A_CHECK)
    answer.set()
    await expect(page.locator("[data-page=notes]")).to_be_visible()
