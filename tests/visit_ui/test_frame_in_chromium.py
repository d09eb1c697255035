"""What every page does in the browser: token, live topics, swaps, idle log-off. Time is the page's own and is moved."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.visit_ui.serving import Answer, Site, serving
from visit_ui.environment import render
from visit_ui.pages.shell.parts import FieldError
from visit_ui.pages.staff.day import Waiting
from visit_ui.samples.officer.log import LOG
from visit_ui.samples.officer.presence_log import PRESENCE
from visit_ui.samples.patient.home import HOME
from visit_ui.samples.patient.home import SAMPLES as HOMES
from visit_ui.samples.shell.entry import SAMPLES as ENTRY
from visit_ui.samples.staff.day import DAY, IN_PERSON, WAITING
from visit_ui.samples.staff.patients import SEARCH

pytestmark = pytest.mark.browser


def _left(idle_s: int, viewer: str = "drew", status: int = 200) -> Answer:
    said = {"idle_s": idle_s, "absolute_s": 40000, "viewer": viewer, "csrf_token": "renewed-token"}
    return Answer(json.dumps(said), "application/json", status)


@pytest.fixture
def site() -> Iterator[Site]:
    answers = {
        "/day": Answer(render(DAY)),
        "/day/waiting": Answer(render(WAITING)),
        "/visits/new": Answer(render(IN_PERSON)),
        "/patients": Answer(render(SEARCH)),
        "/log": Answer(render(LOG)),
        "/log/presence": Answer(render(PRESENCE)),
        "/home": Answer(render(HOME)),
        "/session/remaining": _left(900),
        "/session/stay": _left(900),
        "/live": Answer("retry: 60000\n\n", "text/event-stream"),
    }
    with serving(answers) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


async def _known(page: Page) -> None:
    """Until the page knows who is signed in."""
    await expect(page.locator('meta[name="csrf-token"]')).to_have_attribute("content", "renewed-token")


_SETTLED = "document.addEventListener('htmx:after:settle', () => done(), { once: true })"


def _announce(topic: str) -> str:
    return f"document.body.dispatchEvent(new CustomEvent('titrate:{topic}', {{bubbles: true}}))"


async def test_a_topic_makes_its_fragment_read_itself_again(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/day")
    await expect(page.locator(".waiting-person")).to_have_count(2)
    site.answers["/day/waiting"] = Answer(render(Waiting(WAITING.frame, WAITING.people[:1])))
    await page.evaluate(_announce("queue"))
    await expect(page.locator(".waiting-person")).to_have_count(1)
    await expect(page.locator("#day-said")).to_have_text("One person is waiting")


async def test_what_a_reader_drew_larger_stays_so_over_a_swap(site: Site, page: Page) -> None:
    """And no inline style breaks the policy, not even an empty one: `policy_kept` hears the console of every test."""
    await page.goto(f"{site.address}/day")
    for size in ("321px", ""):
        await expect(page.locator(".waiting-person")).to_have_count(2)
        await page.evaluate("size => { document.querySelector('#day-waiting').style.minHeight = size; }", size)
        await page.evaluate(f"new Promise(done => {{ {_SETTLED}; {_announce('queue')}; }})")
        drawn = await page.evaluate("document.querySelector('#day-waiting').style.minHeight")
        assert drawn == size


async def test_the_event_stream_becomes_topics(site: Site, page: Page) -> None:
    site.answers["/live"] = Answer("retry: 60000\nevent: changed\ndata: queue\n\n", "text/event-stream")
    async with page.expect_request("**/day/waiting"):
        await page.goto(f"{site.address}/day")


async def test_every_htmx_request_carries_the_token(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/day")
    await expect(page.locator('meta[name="csrf-token"]')).to_have_attribute("content", "renewed-token")
    async with page.expect_response("**/day/waiting"):
        await page.evaluate(_announce("queue"))
    assert "GET /day/waiting renewed-token" in site.asked


async def test_an_error_page_never_lands_inside_the_page(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/day")
    site.answers["/day/waiting"] = Answer(render(ENTRY["error.503"]), status=503)
    await page.evaluate(_announce("queue"))
    await expect(page.locator(".toast")).to_contain_text("starting or busy")
    await expect(page.locator(".waiting-person")).to_have_count(2)


async def test_a_lost_connection_is_said_and_nothing_is_lost(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/day")
    await page.route("**/day/waiting", lambda route: route.abort())
    await page.evaluate(_announce("queue"))
    await expect(page.locator(".toast")).to_contain_text("No connection")
    await page.locator(".toast button").click()
    await expect(page.locator(".toast")).to_have_count(0)
    await expect(page.locator(".waiting-person")).to_have_count(2)


async def test_a_swap_keeps_scroll_and_focus(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/day")
    await page.evaluate("""() => {
        const box = document.getElementById("day-waiting").parentElement;
        Object.assign(box.style, {height: "150px", overflow: "auto", overflowAnchor: "none"});
        box.scrollTop = 40;
    }""")
    admit = page.get_by_role("button", name="Admit Ada Lindqvist")
    await admit.evaluate("button => button.focus({preventScroll: true})")
    async with page.expect_response("**/day/waiting"):
        await page.evaluate(_announce("queue"))
    await expect(page.locator("#day-said")).to_have_text("2 people are waiting")
    await expect(admit).to_be_focused()
    assert await page.evaluate("document.getElementById('day-waiting').parentElement.scrollTop") == 40


async def test_when_the_focused_control_is_gone_focus_stays_in_its_part(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/day")
    await page.get_by_role("button", name="Admit Ada Lindqvist").focus()
    site.answers["/day/waiting"] = Answer(render(Waiting(WAITING.frame, ())))
    await page.evaluate(_announce("queue"))
    await expect(page.locator("#day-said")).to_have_text("Nobody is waiting")
    await expect(page.locator("#day-waiting")).to_be_focused()


async def test_the_filters_of_the_log_work_without_pressing_show(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/log")
    site.answers["/log"] = Answer(render(replace(LOG, rows=LOG.rows[:1])))
    await page.get_by_label("Outcome").select_option("block")
    await expect(page.locator(".log-table tbody tr")).to_have_count(1)
    assert any("outcome=block" in asked for asked in site.asked)
    assert "outcome=block" in page.url


async def test_the_filters_of_the_presence_log_renew_its_count_and_say_what_is_wrong(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/log/presence")
    wrong = FieldError("from", "The first day must not be after the last.")
    site.answers["/log/presence"] = Answer(render(replace(PRESENCE, check_ins=(), flagged=(), errors=(wrong,))))
    await page.get_by_label("To").fill("10/01/2026")
    await page.get_by_label("To").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text(wrong.message)
    await expect(page.locator("#presence-count")).to_have_text("0 check-ins, 0 flagged days")


@pytest.mark.parametrize("width", [1440, 390])
async def test_no_drugs_name_runs_into_its_count(site: Site, page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await page.goto(f"{site.address}/log")
    gaps = await page.evaluate("""() => [...document.querySelectorAll(".plot tbody tr")].map((row) => {
      const [name, count] = [row.cells[0], row.cells[1]].map((cell) => {
        const written = document.createRange();
        written.selectNodeContents(cell);
        return written.getBoundingClientRect();
      });
      return count.left - name.right;
    })""")
    assert len(gaps) == 5
    assert min(gaps) > 4


async def test_typing_finds_patients_and_keeps_the_focus(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/patients")
    site.answers["/patients"] = Answer(render(replace(SEARCH, q="ada", found=SEARCH.found[:1], total=1)))
    await page.locator("#q").press_sequentially("ada")
    await expect(page.locator(".patients-table tbody tr")).to_have_count(1)
    await expect(page.locator("#q")).to_be_focused()
    await expect(page.locator("#q")).to_have_value("ada")
    assert page.url.endswith("/patients"), "no name in an address"
    assert not any("ada" in asked for asked in site.asked)


async def test_a_patient_is_found_from_the_header_without_a_name_in_the_address(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/day")
    await page.get_by_label("Find a patient").fill("ada")
    await page.get_by_label("Find a patient").press("Enter")
    await expect(page.get_by_role("heading", name="Patients")).to_be_visible()
    assert page.url.endswith("/patients")
    assert not any("ada" in asked for asked in site.asked)


async def test_the_join_button_appears_when_the_door_opens(site: Site, page: Page) -> None:
    await page.clock.install(time=HOME.visit.opens_at.timestamp() - 60 if HOME.visit else 0)
    site.answers["/home"] = Answer(render(HOMES["home.not-yet"]))
    await page.goto(f"{site.address}/home")
    await expect(page.get_by_text("You can join starting at 9:45 AM")).to_be_visible()
    site.answers["/home"] = Answer(render(HOME))
    await page.clock.run_for(62_000)
    await expect(page.get_by_role("link", name="Check devices and join")).to_be_visible()


async def test_the_idle_warning_comes_two_minutes_before_and_staying_ends_it(site: Site, page: Page) -> None:
    await page.clock.install()
    await page.goto(f"{site.address}/visits/new")
    warning = page.get_by_role("alertdialog", name="Are you still there?")
    await _known(page)
    await expect(warning).to_be_hidden()
    site.answers["/session/remaining"] = _left(119)
    await page.clock.run_for(781_000)
    await expect(warning).to_be_visible()
    await page.get_by_role("button", name="Stay signed in").click()
    await expect(warning).to_be_hidden()
    assert "POST /session/stay renewed-token" in site.asked


async def test_somebody_who_types_is_not_asked(site: Site, page: Page) -> None:
    await page.clock.install()
    await page.goto(f"{site.address}/visits/new")
    await _known(page)
    await page.locator("#place").press_sequentially("Ybor clinic")
    site.answers["/session/remaining"] = _left(119)
    async with page.expect_request("**/session/stay"):
        await page.clock.run_for(781_000)
    await expect(page.get_by_role("alertdialog")).to_be_hidden()


async def test_after_log_off_the_page_is_covered_and_typed_text_is_kept(site: Site, page: Page) -> None:
    await page.clock.install()
    await page.goto(f"{site.address}/visits/new")
    await _known(page)
    await page.locator("#place").fill("Ybor clinic")
    site.answers["/session/remaining"] = _left(0, status=401)
    await page.clock.run_for(781_000)
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    await expect(page.locator("#place")).to_be_hidden()
    site.answers["/session/remaining"] = _left(900)
    await page.get_by_role("button", name="I have signed in").click()
    await expect(page.locator("#place")).to_have_value("Ybor clinic")


async def test_after_log_off_another_person_sees_nothing_that_was_typed(site: Site, page: Page) -> None:
    await page.clock.install()
    await page.goto(f"{site.address}/visits/new")
    await _known(page)
    await page.locator("#place").fill("Ybor clinic")
    site.answers["/session/remaining"] = _left(0, status=401)
    await page.clock.run_for(781_000)
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    site.answers["/session/remaining"] = _left(900, viewer="ruth")
    async with page.expect_navigation():
        await page.get_by_role("button", name="I have signed in").click()
    await expect(page.locator("#place")).to_have_value("")


async def test_when_the_server_does_not_say_who_came_back_nothing_typed_is_shown(site: Site, page: Page) -> None:
    nameless = Answer('{"idle_s": 900, "absolute_s": 40000, "csrf_token": "renewed-token"}', "application/json")
    site.answers["/session/remaining"] = nameless
    await page.clock.install()
    await page.goto(f"{site.address}/visits/new")
    await _known(page)
    await page.locator("#place").fill("Ybor clinic")
    site.answers["/session/remaining"] = _left(0, status=401)
    await page.clock.run_for(781_000)
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    site.answers["/session/remaining"] = nameless
    async with page.expect_navigation():
        await page.get_by_role("button", name="I have signed in").click()
    await expect(page.locator("#place")).to_have_value("")


async def test_a_stream_that_is_refused_covers_the_page_at_once_when_the_person_is_signed_out(
    site: Site, page: Page
) -> None:
    await page.clock.install()
    site.answers["/live"] = Answer("", status=401)
    await page.goto(f"{site.address}/day")
    await _known(page)
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_hidden()
    site.answers["/session/remaining"] = _left(0, status=401)
    await page.clock.run_for(11_000)  # and on by itself: the stream may be refused only after that
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible(timeout=15_000)
    await expect(page.locator("#day-waiting")).to_be_hidden()


async def test_a_part_that_is_refused_covers_the_page_at_once(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/day")
    await _known(page)
    site.answers["/session/remaining"] = _left(0, status=401)
    site.answers["/day/waiting"] = Answer("", status=401)
    await page.evaluate(_announce("queue"))
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    await expect(page.locator("#day-waiting")).to_be_hidden()


async def _booking(page: Page, site: Site) -> Locator:
    """The booking page with a typed place; the button that sends it, by the browser itself."""
    await page.goto(f"{site.address}/visits/new")
    await _known(page)
    for one in ("#patient", "#kind"):
        await page.locator(one).select_option(index=1)
    await page.locator("#date").fill("01/11/2027")
    await page.locator("#time").fill("9:30 AM")
    await page.locator("[name=modality]").last.check()
    await page.locator("#place").fill("Ybor clinic")
    return page.get_by_role("button", name="Book the visit")


def _sent(site: Site) -> int:
    return sum(asked.startswith("POST /visits/new") for asked in site.asked)


async def test_a_form_that_would_be_refused_is_not_sent_and_what_was_typed_stays(site: Site, page: Page) -> None:
    button = await _booking(page, site)
    site.answers["/session/remaining"] = _left(0, status=401)
    await button.click()
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert _sent(site) == 0
    site.answers["/session/remaining"] = _left(900)
    await page.get_by_role("button", name="I have signed in").click()
    await expect(page.locator("#place")).to_have_value("Ybor clinic")


async def test_after_signing_in_elsewhere_a_form_goes_with_the_new_token(site: Site, page: Page) -> None:
    button = await _booking(page, site)
    left = json.loads(_left(900).body)
    site.answers["/session/remaining"] = Answer(json.dumps({**left, "csrf_token": "newer-token"}), "application/json")
    async with page.expect_request(lambda request: request.method == "POST") as sending:
        await button.click()
    sent = (await sending.value).post_data or ""
    assert "csrf_token=newer-token" in sent
    assert "Ybor+clinic" in sent


async def test_a_form_is_not_lost_when_the_server_cannot_be_reached(site: Site, page: Page) -> None:
    button = await _booking(page, site)
    await page.route("**/session/remaining", lambda route: route.abort())
    await button.click()
    await expect(page.locator(".toast")).to_contain_text("what you typed is still here")
    await expect(page.locator("#place")).to_have_value("Ybor clinic")
    await page.unroute("**/session/remaining")
    async with page.expect_navigation():
        await button.click()
    assert _sent(site) == 1


async def test_pressing_twice_sends_a_form_once(site: Site, page: Page) -> None:
    button = await _booking(page, site)
    held: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/session/remaining", held.put_nowait)
    await button.click()
    await button.click()
    first = await held.get()
    await page.evaluate("() => fetch('/health')")  # what the second press asked would be held by now
    assert held.empty()
    async with page.expect_navigation():
        await first.continue_()
    assert _sent(site) == 1


async def test_times_of_scripts_stand_in_the_zone_of_the_page(site: Site, page: Page) -> None:
    zoned = re.sub(r' data-zone="[^"]*"', ' data-zone="Asia/Kolkata"', render(DAY))
    site.answers["/day"] = Answer(zoned)
    site.answers["/live"] = Answer("", status=503)
    site.answers["/session/remaining"] = _left(119)
    await page.clock.install(time=datetime(2026, 11, 24, 3, 33, tzinfo=UTC))
    await page.goto(f"{site.address}/day")
    await expect(page.locator("[data-sign-out-at]")).to_have_text(re.compile(r"9:0[45]\sAM"))
    await page.clock.run_for(6000)  # as above
    await expect(page.locator(".live-lost")).to_contain_text("since 9:03 AM.", timeout=15_000)


@pytest.mark.parametrize("off", ["disabled", 'aria-disabled="true"'])
async def test_a_button_that_can_not_be_pressed_looks_so_under_the_mouse_too(site: Site, page: Page, off: str) -> None:
    await page.emulate_media(reduced_motion="reduce")
    await page.goto(f"{site.address}/day")
    kinds = ("", "primary", "quiet", "danger")
    buttons = "".join(f'<button type="button" class="button {kind}" {off}>{kind}</button>' for kind in kinds)
    both = f'<div class="tried">{buttons}</div><div class="tried on-deep">{buttons}</div>'
    await page.evaluate("text => { document.getElementById('main').innerHTML = text; }", both)
    seen = set()
    for button in await page.locator(".tried .button").all():
        await button.hover(force=True)
        look = "one => (({backgroundColor, color}) => `${backgroundColor} ${color}`)(getComputedStyle(one))"
        seen.add(await button.evaluate(look))
    assert len(seen) == 1


async def test_a_notice_without_an_icon_of_its_own_has_the_whole_width(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/day")
    icon = '<svg class="icon i20"></svg>'
    text = f'<section class="notice warning"><h2>{icon} Someone changed this</h2><p>Look again.</p></section>'
    await page.evaluate("text => { document.getElementById('main').innerHTML = text; }", text)
    for width in (390, 1440):
        await page.set_viewport_size({"width": width, "height": 844})
        title = await page.locator(".notice h2").bounding_box()
        body = await page.locator(".notice p").bounding_box()
        assert title
        assert body
        assert title["width"] > 250
        assert body["y"] >= title["y"] + title["height"]


async def test_forms_work_without_javascript(site: Site, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{site.address}/log")
    await page.get_by_label("Outcome").select_option("block")
    await page.get_by_role("button", name="Show").click()
    assert "outcome=block" in page.url
    await page.locator("summary", has_text="Olu Bankole").click()
    await page.get_by_role("button", name="Sign out").click()
    assert "POST /sign-out -" in site.asked


async def test_the_site_is_asked_for_in_person_only(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/visits/new")
    await expect(page.get_by_label("Site")).to_be_visible()
    await page.get_by_label("Video").check()
    await expect(page.get_by_label("Site")).to_be_hidden()
    await expect(page.get_by_label("Room")).to_be_hidden()
    await page.get_by_label("In person").check()
    await expect(page.get_by_label("Room")).to_be_visible()
