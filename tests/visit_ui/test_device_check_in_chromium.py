"""The device check and what the waiting room says of it, with fake devices, denied devices and a line made up here."""

import json
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.visit_ui.serving import Answer, Site, serving
from visit_ui.environment import render
from visit_ui.samples.visit import cast, patient
from visit_ui.samples.visit import pages as visit_pages

pytestmark = pytest.mark.browser
BASE = f"/visits/{cast.VISIT}"
_SCRIPT = "text/javascript"
_CALL = "export class Call { connection = null; start() {} leave() {} async send() {} }"
# kbpsDown 0.3: what the upkeep of a connection takes when no sound and no picture goes over it
_QUALITY = """export class QualityMeter extends EventTarget { stop() {} }
export async function measureLine(meter) {
  meter.dispatchEvent(new CustomEvent("quality", { detail: { route: "udp", kbpsDown: %s } }));
  return { level: "good", rttMs: 41, lossUp: 0, lossDown: 0, uplinkKbps: 300 };
}"""
_NOTHING = "nobody can see or hear you"


@pytest.fixture
def site() -> Iterator[Site]:
    answers = {
        f"{BASE}/prepare": Answer(render(patient.device_check)),
        f"{BASE}/waiting": Answer(render(patient.waiting)),
        "/session/remaining": Answer('{"viewer": "ada", "idle_s": 900, "csrf_token": "t"}', "application/json"),
    }
    with serving(answers) as running:
        yield running


def _denied(*kinds: str) -> str:
    """Camera ("video") and microphone ("audio") as a browser has them that was told never to ask again."""
    return f"""{{
      const kinds = {json.dumps(kinds)};
      const media = navigator.mediaDevices;
      const [open, list] = [media.getUserMedia.bind(media), media.enumerateDevices.bind(media)];
      media.getUserMedia = async (wanted) => {{
        if (kinds.some((kind) => wanted[kind])) throw new DOMException("no", "NotAllowedError");
        return open(wanted);
      }};
      media.enumerateDevices = async () =>
        (await list()).filter((one) => !kinds.some((kind) => one.kind.startsWith(kind)));
    }}"""


async def _line(page: Page, kbps_down: float = 900) -> None:
    await page.route("**/js/call/call.js", lambda route: route.fulfill(body=_CALL, content_type=_SCRIPT))
    await page.route(
        "**/js/call/quality.js", lambda route: route.fulfill(body=_QUALITY % kbps_down, content_type=_SCRIPT)
    )


async def _without_line(page: Page) -> None:
    """The test of the line never ends."""
    body = _QUALITY.replace("return {", "await new Promise(() => {}); return {") % 0
    await page.route("**/js/call/call.js", lambda route: route.fulfill(body=_CALL, content_type=_SCRIPT))
    await page.route("**/js/call/quality.js", lambda route: route.fulfill(body=body, content_type=_SCRIPT))


def _badge(page: Page, check: str) -> str:
    return f'[data-check="{check}"] [data-badge]'


async def _go(page: Page, site: Site, words: str = "Go to the waiting room") -> None:
    await page.get_by_role("button", name=words).click()
    await page.goto(f"{site.address}{BASE}/waiting")


async def test_a_check_that_was_not_run_is_not_ticked_in_the_waiting_room(site: Site, page: Page) -> None:
    await _without_line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "microphone"))).to_have_text("Works")
    await expect(page.locator(_badge(page, "camera"))).to_have_text("Works")
    await expect(page.locator("[data-outcome]")).to_have_value("partly")  # what the clinic's day is told
    await _go(page, site)
    await expect(page.locator("[data-device-state]")).to_have_text("Speaker: not tested. Connection: not tested.")
    await expect(page.locator("[data-device-mark]")).not_to_have_class("task-mark done")


async def test_who_goes_on_before_the_camera_is_open_joins_with_it_all_the_same(site: Site, page: Page) -> None:
    await page.add_init_script("navigator.mediaDevices.getUserMedia = () => new Promise(() => {});")
    await _line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "network"))).not_to_have_text("Not tested")  # the script runs
    await _go(page, site)
    chosen = json.loads(await page.evaluate("sessionStorage.getItem('titrate-join')"))
    assert chosen["camera"]
    await expect(page.locator("[data-device-state]")).to_contain_text("Camera: not tested.")


async def test_whatever_hangs_each_check_has_a_verdict_after_ten_seconds(site: Site, page: Page) -> None:
    """The browser's question stays open, and nothing answers at the clinic's address. A late answer still counts."""
    await page.clock.install()
    await page.add_init_script("""
        const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        const asked = new Promise((resolve) => { window.allow = resolve; });
        navigator.mediaDevices.getUserMedia = async (what) => { await asked; return get(what); };
    """)
    await page.route_web_socket("**/call", lambda _: None)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "speaker"))).to_have_text("Not tested")  # the script runs
    await page.clock.run_for(10_000)
    for check, badge in (("microphone", "Not answered"), ("camera", "Not answered"), ("network", "No answer yet")):
        await expect(page.locator(_badge(page, check))).to_have_text(badge)
    await expect(page.locator("[data-check-summary]")).to_have_text("3 things need your attention.")
    await page.evaluate("allow()")
    await expect(page.locator(_badge(page, "camera"))).to_have_text("Works")
    await page.clock.run_for(16_000)
    await expect(page.locator(_badge(page, "network"))).to_have_text("Not connected")


async def test_a_browser_without_calls_is_told_so_and_not_that_the_clinic_is_out_of_reach(
    site: Site, page: Page
) -> None:
    await page.add_init_script("delete window.RTCPeerConnection; delete AbortSignal.any; delete AbortSignal.timeout;")
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "network"))).to_have_text("Not in this browser")
    await expect(page.locator('[data-check="network"]')).to_contain_text("This browser can't make video calls")
    await expect(page.locator(_badge(page, "camera"))).to_have_text("Works")


async def test_a_browser_that_cannot_join_signals_tests_the_line_all_the_same(site: Site, page: Page) -> None:
    await page.add_init_script("delete AbortSignal.any; delete AbortSignal.timeout;")
    await _line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "network"))).to_have_text("Good")


async def test_before_a_phone_visit_nobody_is_asked_for_a_camera(site: Site, page: Page) -> None:
    await page.add_init_script("""
        const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        window.asked = [];
        navigator.mediaDevices.getUserMedia = (what) => { asked.push(...Object.keys(what)); return get(what); };
    """)
    await _line(page)
    site.answers[f"{BASE}/prepare"] = Answer(render(visit_pages.PAGES["visit.device-check-sound"]))
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "microphone"))).to_have_text("Works")
    await expect(page.locator(_badge(page, "network"))).to_have_text("Good")
    assert await page.evaluate("asked") == ["audio"]
    await _go(page, site)
    await expect(page.locator("[data-device-state]")).to_have_text(
        "You will join with sound only. Speaker: not tested."
    )


async def test_what_passed_is_ticked_in_the_waiting_room(site: Site, page: Page) -> None:
    await _line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    for check in ("microphone", "camera"):
        await expect(page.locator(_badge(page, check))).to_have_text("Works")
    await expect(page.locator(_badge(page, "network"))).to_have_text("Good")
    await expect(page.get_by_text("900 kbit/s")).to_be_visible()
    await expect(page.locator("[data-outcome]")).to_have_value("partly")
    await page.get_by_role("button", name="Play a sound").click()
    await page.get_by_role("button", name="Yes, I hear it").click()
    await expect(page.locator("[data-outcome]")).to_have_value("all_work")
    await _go(page, site, "Join with sound only")
    words = "Checked on this device. You will join with sound only."
    await expect(page.locator("[data-device-state]")).to_have_text(words)
    await expect(page.locator("[data-device-mark]")).to_have_class("task-mark done")


async def test_who_chose_sound_only_and_looks_at_the_check_again_joins_with_sound_only(site: Site, page: Page) -> None:
    """The camera that the check opens is seen by nobody else: only a button chooses it for the call."""
    await _line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "camera"))).to_have_text("Works")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Join with sound only").click()
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "camera"))).to_have_text("Works")
    await page.goto(f"{site.address}{BASE}/waiting")
    await expect(page.locator("[data-device-state]")).to_contain_text("You will join with sound only.")


async def test_opening_the_check_and_going_back_is_no_check(site: Site, page: Page) -> None:
    await _without_line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "camera"))).to_have_text("Works")
    await page.goto(f"{site.address}{BASE}/waiting")
    await expect(page.locator("[data-device-state]")).to_have_text("Not checked on this device.")
    await expect(page.locator("[data-device-mark]")).not_to_have_class("task-mark done")


async def test_a_denied_camera_is_said_and_not_ticked(site: Site, page: Page) -> None:
    await page.add_init_script(_denied("video"))
    await _line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator("[data-preview-words]")).to_have_text("No picture yet. You will join with sound only.")
    await expect(page.locator('[data-device="videoinput"]')).to_be_hidden()
    await expect(page.locator('[data-device="audioinput"]')).to_be_visible()
    await expect(page.locator(_badge(page, "microphone"))).to_have_text("Works")
    await page.get_by_role("button", name="Play a sound").click()
    await page.get_by_role("button", name="No", exact=True).click()
    await _go(page, site)
    await expect(page.locator("[data-device-state]")).to_have_text("You will join with sound only. Speaker: not heard.")
    await expect(page.locator("[data-device-mark]")).not_to_have_class("task-mark done")


async def test_a_check_left_open_hears_that_the_visit_was_cancelled(site: Site, page: Page) -> None:
    await _line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator("#check-visit")).to_contain_text("Visit with")
    site.answers[f"{BASE}/prepare"] = Answer("<!doctype html><h1>Your visit was cancelled</h1>")
    await page.evaluate("document.body.dispatchEvent(new CustomEvent('titrate:visit', {bubbles: true}))")
    await expect(page.get_by_role("heading", name="Your visit was cancelled")).to_be_visible()


async def test_with_both_denied_nothing_is_offered_that_needs_them(site: Site, page: Page) -> None:
    await page.add_init_script(_denied("video", "audio"))
    await _line(page, 0.3)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "microphone"))).to_have_text("Not allowed")
    await expect(page.locator("[data-preview-words]")).to_contain_text(_NOTHING)
    await expect(page.locator("[data-go-words]")).to_contain_text(_NOTHING)
    await expect(page.get_by_text("sound only")).to_have_count(1)
    await expect(page.get_by_role("button", name="Join with sound only")).to_be_hidden()
    await expect(page.locator(".level, .level-goal").filter(visible=True)).to_have_count(0)
    await expect(page.locator("[data-device]").filter(visible=True)).to_have_count(0)
    await expect(page.locator(_badge(page, "network"))).to_have_text("Connected")
    await expect(page.locator("[data-figures] dt").filter(visible=True)).to_have_text(["Delay", "Route"])
    await _go(page, site)
    await expect(page.locator("[data-device-state]")).to_contain_text(_NOTHING)
    await expect(page.locator("[data-device-mark]")).not_to_have_class("task-mark done")


async def test_a_direction_that_was_not_measured_is_not_given_as_nothing(site: Site, page: Page) -> None:
    await _line(page, 0.3)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator("[data-figures] dt").filter(visible=True)).to_have_text(["Delay", "Lost", "Up", "Route"])


async def test_the_preview_stands_right_below_the_title(site: Site, page: Page) -> None:
    await page.add_init_script(_denied("video", "audio"))
    await _line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "camera"))).to_have_text("Not allowed")
    gap = """() => document.querySelector(".preview").getBoundingClientRect().top
        - document.querySelector(".check-title").getBoundingClientRect().bottom"""
    assert await page.evaluate(gap) <= 24


async def test_on_a_phone_what_to_do_comes_first_when_something_is_denied(site: Site, page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.add_init_script(_denied("video", "audio"))
    await _line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "camera"))).to_have_text("Not allowed")
    await expect(page.locator(".preview")).to_be_hidden()
    steps = await page.locator('[data-check="microphone"] [data-steps]').bounding_box()
    assert steps
    assert steps["y"] + steps["height"] < 844


async def test_a_device_that_is_allowed_later_takes_its_place(site: Site, page: Page) -> None:
    await page.add_init_script(
        f"window.before = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); {_denied('audio')}"
    )
    await _line(page)
    await page.goto(f"{site.address}{BASE}/prepare")
    await expect(page.locator(_badge(page, "microphone"))).to_have_text("Not allowed")
    await page.evaluate(
        "() => { delete navigator.mediaDevices.enumerateDevices; navigator.mediaDevices.getUserMedia = window.before; }"
    )
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(_badge(page, "microphone"))).to_have_text("Works")
    await expect(page.locator('[data-device="audioinput"]')).to_be_visible()
    await expect(page.get_by_role("button", name="Join with sound only")).to_be_visible()
    await expect(page.locator("[data-go-words]")).to_have_text("You can go on now and change these during the visit.")
