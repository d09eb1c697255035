"""What a call page says and does, with the server's side of the channel played by the test and real fake devices."""

import json
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, WebSocketRoute, async_playwright, expect

from tests.visit_ui.serving import Answer, Site, serving
from tests.visit_ui.test_pages_in_chromium import ARGS
from visit_ui.environment import render
from visit_ui.samples import visit_cast as cast
from visit_ui.samples import visit_pages
from visit_ui.samples import visit_panels as panels

pytestmark = pytest.mark.browser
BASE = f"/visits/{cast.VISIT}"
_DEVICES = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
WELCOME = {
    "type": "welcome",
    "version": 1,
    "participant": "p-drew",
    "part": "prescriber",
    "rights": ["publish_audio", "publish_video", "subscribe"],
    "slots": 3,
    "ping_every_s": 5,
    "silence_s": 12,
    "resumed": False,
}


def _person(participant: str, *, slot: int | None = 0, **changes: object) -> dict[str, object]:
    person = {"participant": participant, "part": "x", "audio": True, "video": True, "away": False}
    return {**person, "connected": False, "slot": slot, **changes}


def _roster(*people: dict[str, object]) -> dict[str, object]:
    return {"type": "roster", "people": [_person("p-drew", slot=None), *people]}


class Channel:
    """The server's side: keeps what the page said, and says what the test wants."""

    def __init__(self) -> None:
        self.heard: list[dict[str, object]] = []
        self.sockets: list[WebSocketRoute] = []
        self.first: list[dict[str, object]] = [WELCOME, _roster(_person("p-ada"))]
        self.close: int | None = None

    def open(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(self._answer(socket))

    def say(self, message: dict[str, object]) -> None:
        self.sockets[-1].send(json.dumps(message))

    async def end(self, code: int) -> None:
        self.say({"type": "goodbye", "code": code, "message": "as the server says it", "retry_s": None})
        await self.sockets[-1].close(code=code)

    def _answer(self, socket: WebSocketRoute) -> Callable[[str | bytes], None]:
        def answer(text: str | bytes) -> None:
            message = json.loads(text)
            self.heard.append(message)
            if message["type"] == "hello":
                for one in self.first:
                    socket.send(json.dumps(one))

        return answer

    def said(self, kind: str) -> list[dict[str, object]]:
        return [message for message in self.heard if message["type"] == kind]


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def site() -> Iterator[Site]:
    answers = {
        BASE: Answer(render(visit_pages.prescriber)),
        "/patient": Answer(render(visit_pages.patient_call)),
        f"{BASE}/people": Answer(render(panels.people)),
        "/day": Answer("<!doctype html><title>day</title>"),
        "/session/remaining": Answer('{"viewer": "drew", "idle_s": 900, "csrf_token": "t"}', "application/json"),
    }
    with serving(answers) as running:
        yield running


@pytest_asyncio.fixture
async def page(channel: Channel) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*ARGS, *_DEVICES])
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.route_web_socket("**/call", channel.open)
        yield page
        await browser.close()
        assert not errors


def _without_devices(name: str) -> str:
    return f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('no', '{name}'); }}"


async def test_a_person_without_media_yet_is_named_by_the_page_and_not_by_the_channel(
    site: Site, page: Page, channel: Channel
) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile-words", has_text="Ada is joining")).to_be_visible()
    channel.say(_roster(_person("p-ada", away=True)))
    await expect(page.locator(".tile-words", has_text="Ada is rejoining")).to_be_visible()
    hello = channel.said("hello")[0]
    assert hello["room"] == "sample-room"
    assert hello["ticket"] == "sample-ticket"


async def test_a_third_person_gets_a_tile_with_a_name_below_the_picture(
    site: Site, page: Page, channel: Channel
) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    channel.say(_roster(_person("p-ada"), _person("p-ilse", slot=1)))
    await expect(page.locator(".tile[data-participant]")).to_have_count(2)
    await expect(page.locator(".tile-name", has_text="Ilse Lindqvist")).to_be_visible()
    await expect(page.locator("[data-stage-news]")).to_have_text("Ilse joined.")


async def test_somebody_who_leaves_is_said_and_the_place_stays(site: Site, page: Page, channel: Channel) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    channel.say(_roster())
    await expect(page.locator("[data-nobody-words]")).to_have_text("Ada left the call")
    await expect(page.locator("[data-stage-news]")).to_have_text("Ada left.")


async def test_mute_is_inverted_struck_and_worded_by_button_and_by_key(
    site: Site, page: Page, channel: Channel
) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    await page.get_by_role("button", name="Mute").click()
    await expect(page.get_by_role("button", name="Unmute")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("m")
    await expect(page.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "false")


async def test_keys_can_be_turned_off(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    await page.keyboard.press("?")
    await page.get_by_label("Keys are on, outside text fields").uncheck()
    await page.get_by_role("button", name="Close").click()
    await page.locator("body").press("m")
    await expect(page.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "false")


async def test_turning_the_camera_off_is_told_and_shown(site: Site, page: Page, channel: Channel) -> None:
    await page.goto(f"{site.address}{BASE}")
    await page.wait_for_function("() => document.querySelector('[data-self]').srcObject !== null")
    await page.get_by_role("button", name="Camera").click()
    await expect(page.get_by_role("button", name="Camera off")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("[data-self-off]")).to_be_visible()
    assert channel.said("sending")[-1]["video"] is False


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("NotAllowedError", "Your browser keeps the"),
        ("NotFoundError", "We find no"),
        ("NotReadableError", "Another program uses the"),
    ],
)
async def test_a_device_that_fails_is_said_with_what_to_do(site: Site, page: Page, trouble: str, words: str) -> None:
    await page.add_init_script(_without_devices(trouble))
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator("[data-notice-words]")).to_contain_text(words)
    await page.get_by_role("button", name="What to do").click()
    await expect(page.locator("[data-stop-title]")).to_contain_text(words)
    await page.get_by_role("button", name="Go on without").click()
    await expect(page.locator("[data-stage-stop]")).to_be_hidden()
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)


async def test_a_second_window_is_told_and_can_take_the_call(site: Site, page: Page, channel: Channel) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    await channel.end(4409)
    await expect(page.get_by_role("heading", name="The call is open in another window")).to_be_visible()
    async with page.expect_navigation():
        await page.get_by_role("button", name="Use this window").click()


async def test_when_the_visit_ends_the_page_goes_on_by_itself(site: Site, page: Page, channel: Channel) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    site.answers[BASE] = Answer(render(visit_pages.ended_stage))
    await channel.end(4410)
    await expect(page.get_by_role("heading", name="The visit has ended")).to_be_visible()


async def test_a_refused_ticket_is_fetched_anew_once_and_not_for_ever(site: Site, page: Page, channel: Channel) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    async with page.expect_navigation():
        await channel.end(4401)
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    await channel.end(4401)
    await expect(page.get_by_role("heading", name="The call stopped on this page")).to_be_visible()


async def test_a_server_that_can_not_be_reached_is_said_and_tried_again(site: Site, page: Page) -> None:
    await page.clock.install()
    await page.route_web_socket("**/call", lambda socket: socket.close(code=1011))
    await page.goto(f"{site.address}{BASE}")
    await page.clock.run_for(16_000)
    await expect(page.locator("[data-notice-words]")).to_contain_text("We can't reach the clinic")
    await expect(page.get_by_role("button", name="Try now")).to_be_visible()


async def test_hiding_the_chart_leaves_the_call_alone(site: Site, page: Page, channel: Channel) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    await page.get_by_role("button", name="Hide chart").click()
    await expect(page.locator("#panel")).to_be_hidden()
    await page.get_by_role("button", name="Show chart").click()
    await expect(page.locator("#panel")).to_be_visible()
    assert len(channel.sockets) == 1


async def test_leaving_is_asked_first_and_said_to_the_others(site: Site, page: Page, channel: Channel) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    await page.get_by_role("button", name="End visit").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="End visit")).to_be_focused()
    await page.get_by_role("button", name="End visit").click()
    async with page.expect_navigation(url="**/day"):
        await page.get_by_role("link", name="Leave, keep it open").click()
    assert channel.said("leave")


async def test_by_sound_only_the_camera_is_never_opened(site: Site, page: Page) -> None:
    await page.add_init_script("""
        sessionStorage.setItem('titrate-join', '{"camera": false}');
        const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        window.asked = [];
        navigator.mediaDevices.getUserMedia = (what) => {
            asked.push(...Object.keys(what));
            return get(what);
        };
    """)
    await page.goto(f"{site.address}/patient")
    await expect(page.get_by_role("button", name="Camera off")).to_be_visible()
    await page.wait_for_function("() => asked.length > 0")
    assert await page.evaluate("asked") == ["audio"]
