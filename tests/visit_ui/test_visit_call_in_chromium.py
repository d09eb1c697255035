"""What a call page says and does, with the server's side of the channel played by the test and real fake devices."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Page, WebSocketRoute, expect

from tests.visit_ui.serving import Answer, Site, serving
from visit_ui.environment import render
from visit_ui.samples.visit import cast, panels, patient
from visit_ui.samples.visit import pages as visit_pages

pytestmark = pytest.mark.browser
BASE = f"/visits/{cast.VISIT}"
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
        "/patient": Answer(render(patient.patient_call)),
        "/guest": Answer(render(patient.guest_call)),
        "/phone": Answer(render(visit_pages.PAGES["visit.patient-sound"])),
        f"{BASE}/people": Answer(render(panels.people)),
        "/day": Answer("<!doctype html><title>day</title>"),
        "/session/remaining": Answer('{"viewer": "drew", "idle_s": 900, "csrf_token": "t"}', "application/json"),
    }
    with serving(answers) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(channel: Channel, page: Page) -> Page:
    await page.route_web_socket("**/call", channel.open)
    return page


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


async def test_somebody_the_page_forgot_first_is_still_named(site: Site, page: Page, channel: Channel) -> None:
    channel.first = [WELCOME, _roster(_person("p-ada"), _person("p-ilse", slot=1))]
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(2)
    site.answers[f"{BASE}/people"] = Answer(render(replace(panels.people, people=panels.people.people[:2])))
    await page.evaluate("document.body.dispatchEvent(new CustomEvent('titrate:presence', {bubbles: true}))")
    await expect(page.locator("[data-person='p-ilse']")).to_have_count(0)
    channel.say(_roster(_person("p-ada")))
    await expect(page.locator("[data-stage-news]")).to_have_text("Ilse left.")


async def test_the_patient_is_first_whoever_came_first(site: Site, page: Page, channel: Channel) -> None:
    ilse, ada = _person("p-ilse", slot=0, part="guest_guardian"), _person("p-ada", slot=1, part="patient")
    drew = _person("p-drew", slot=2, part="prescriber")
    channel.first = [WELCOME, {"type": "roster", "people": [ilse]}]
    await page.goto(f"{site.address}{BASE}")
    tiles = page.locator(".tile[data-participant]")
    await expect(tiles).to_have_count(1)
    channel.say({"type": "roster", "people": [ilse, drew]})
    await expect(tiles).to_have_count(2)
    channel.say({"type": "roster", "people": [ilse, drew, ada]})
    await expect(tiles).to_have_count(3)
    shown = await tiles.evaluate_all("all => all.map(one => one.dataset.participant)")
    assert shown == ["p-ada", "p-drew", "p-ilse"]


@pytest.mark.parametrize(
    ("path", "others"),
    [(BASE, ("p-ada", "p-ilse")), ("/patient", ("p-drew", "p-ilse")), ("/guest", ("p-ada", "p-drew"))],
)
async def test_on_a_phone_two_people_are_side_by_side_and_nothing_lies_on_them(
    site: Site, page: Page, channel: Channel, path: str, others: tuple[str, str]
) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    people = [_person(one, slot=slot) for slot, one in enumerate(others)]
    channel.first = [WELCOME, {"type": "roster", "people": people}]
    await page.goto(f"{site.address}{path}")
    tiles = page.locator(".tile[data-participant]")
    await expect(tiles).to_have_count(2)
    boxes = await page.evaluate(
        "['.tile[data-participant]', '.self-view'].flatMap(one => [...document.querySelectorAll(one)])"
        ".map(one => one.getBoundingClientRect().toJSON())"
    )
    left, right, own = boxes
    assert left["top"] == right["top"]
    assert left["width"] > 180
    assert left["height"] > 180
    assert own["width"] > 50
    assert own["top"] >= left["bottom"]


@pytest.mark.parametrize(("path", "others"), [("/patient", ("p-drew", "p-ilse")), ("/guest", ("p-ada", "p-drew"))])
async def test_on_a_wide_screen_ones_own_picture_lies_on_nobody(
    site: Site, page: Page, channel: Channel, path: str, others: tuple[str, str]
) -> None:
    channel.first = [WELCOME, {"type": "roster", "people": [_person(one, slot=i) for i, one in enumerate(others)]}]
    await page.goto(f"{site.address}{path}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(2)
    left, right, own = await page.evaluate(
        "['.tile[data-participant]', '.self-view'].flatMap(one => [...document.querySelectorAll(one)])"
        ".map(one => one.getBoundingClientRect().toJSON())"
    )
    assert left["height"] > 500
    assert own["width"] > 100
    assert own["top"] >= max(left["bottom"], right["bottom"])
    bar = await page.locator(".call-bar").bounding_box()
    assert bar is not None
    assert own["bottom"] <= bar["y"]


async def _with_tile(page: Page) -> None:
    """A tile whose picture is drawn here: `drawing` says whether it moves."""
    await page.evaluate("""async () => {
        const script = document.querySelector('script[src*="visit_page.js"]').src;
        const { Tiles } = await import(script.replace('visit/visit_page.js', 'call/tiles.js'));
        const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
        const paper = canvas.getContext('2d');
        window.drawing = false;
        setInterval(() => {
            if (!drawing) return;
            paper.fillStyle = `rgb(90, 140, ${performance.now() % 255})`;
            paper.fillRect(0, 0, 320, 180);
        }, 50);
        const tiles = new Tiles(document.querySelector('[data-call]'), () => {});
        window.doubt = () => tiles.doubt(true);
        const stream = canvas.captureStream();
        const ada = { participant: 'p-ada', part: 'patient', audio: true, video: true, away: false, stream };
        window.shows = (changes) => tiles.show([{ ...ada, ...changes }]);
        shows({});
    }""")


async def test_a_picture_that_does_not_move_is_said_to_have_stopped(site: Site, page: Page, channel: Channel) -> None:
    channel.first = []
    await page.goto(f"{site.address}{BASE}")
    await _with_tile(page)
    words = page.locator(".tile[data-participant] .tile-words")
    await expect(words).to_have_text("Waiting for Ada's picture")
    await expect(words).to_be_visible()
    await page.evaluate("drawing = true")
    await expect(words).to_be_hidden()
    await page.wait_for_timeout(4_500)  # longer than a picture that stands is waited for: this one moves
    await expect(words).to_have_text("")
    await page.evaluate("drawing = false")
    await expect(words).to_have_text("Picture stopped", timeout=6_000)
    await expect(words).to_be_visible()
    opacity = "document.querySelector('.tile[data-participant] video').computedStyleMap().get('opacity').value"
    assert await page.evaluate(opacity) < 0.5
    await page.evaluate("drawing = true")
    await expect(words).to_be_hidden()
    assert await page.evaluate(opacity) == 1


async def test_while_the_line_is_made_anew_a_stopped_picture_is_said_sooner(
    site: Site, page: Page, channel: Channel
) -> None:
    channel.first = []
    await page.goto(f"{site.address}{BASE}")
    await _with_tile(page)
    words = page.locator(".tile[data-participant] .tile-words")
    await page.evaluate("drawing = true; doubt()")
    await page.wait_for_timeout(2_500)  # longer than one is waited for now: this one moves
    await expect(words).to_have_text("")
    await page.evaluate("drawing = false")
    await expect(words).to_have_text("Picture stopped", timeout=2_600)


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
    await page.get_by_label("Keyboard shortcuts on (outside text fields)").uncheck()
    await page.get_by_role("button", name="Close").click()
    await page.locator("body").press("m")
    await expect(page.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "false")


async def test_turning_the_camera_off_is_told_and_shown(site: Site, page: Page, channel: Channel) -> None:
    await page.goto(f"{site.address}{BASE}")
    await page.wait_for_function("() => document.querySelector('[data-self]').srcObject !== null")
    await page.get_by_role("button", name="Camera").click()
    await expect(page.get_by_role("button", name="Camera off")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("[data-self-off]")).to_be_visible()
    said = {key: channel.said("sending")[-1][key] for key in ("video", "unseen")}
    assert said == {"video": False, "unseen": "off"}


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("NotAllowedError", "Your browser is blocking the"),
        ("NotFoundError", "We can't find a"),
        ("NotReadableError", "Another program is using the"),
    ],
)
async def test_a_device_that_fails_is_said_with_what_to_do(site: Site, page: Page, trouble: str, words: str) -> None:
    await page.add_init_script(_without_devices(trouble))
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator("[data-notice-words]")).to_contain_text(words)
    await page.get_by_role("button", name="What to do").click()
    await expect(page.locator("[data-stop-title]")).to_contain_text(words)
    await page.get_by_role("button", name="Continue without").click()
    await expect(page.locator("[data-stage-stop]")).to_be_hidden()
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)


async def test_without_a_microphone_there_is_nothing_to_mute(site: Site, page: Page, channel: Channel) -> None:
    await page.add_init_script(_without_devices("NotAllowedError"))
    await page.goto(f"{site.address}{BASE}")
    mute = page.get_by_role("button", name="No microphone")
    await expect(mute).to_have_attribute("data-lacking", "")
    await expect(mute.locator(".struck")).to_be_visible()
    await page.keyboard.press("m")
    await expect(mute).to_have_text("No microphone")
    said = {key: channel.said("sending")[-1][key] for key in ("unheard", "unseen")}
    assert said == {"unheard": "none", "unseen": "none"}


# Keeps the tracks that the page was given, so that a test can end them as an unplugged device does.
_TRACKS = """
    const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.given = [];
    navigator.mediaDevices.getUserMedia = async (what) => {
        const stream = await get(what);
        given.push(...stream.getTracks());
        return stream;
    };
    window.happens = (kind, name) => given.filter((one) => one.kind === kind).at(-1).dispatchEvent(new Event(name));
"""


@pytest.mark.parametrize(
    ("kind", "why", "event", "words", "act"),
    [
        ("audio", "unheard", "ended", "Nobody can hear you. Your microphone stopped.", "Turn it on again"),
        (
            "audio",
            "unheard",
            "mute",
            "Nobody can hear you. Your microphone is turned off outside this page.",
            "Try again",
        ),
        ("video", "unseen", "ended", "Nobody can see you. Your camera stopped.", "Turn it on again"),
        ("video", "unseen", "mute", "Nobody can see you. Your camera is turned off outside this page.", "Try again"),
    ],
)
async def test_a_device_that_stops_is_said_to_both_sides_and_comes_back_by_one_press(
    site: Site, page: Page, channel: Channel, kind: str, why: str, event: str, words: str, act: str
) -> None:
    await page.add_init_script(_TRACKS)
    await page.goto(f"{site.address}/patient")
    await page.wait_for_function("() => given.length === 2")
    await page.evaluate("([kind, name]) => happens(kind, name)", [kind, event])
    notice = page.locator("[data-notice-words]")
    await expect(notice).to_have_text(words)
    works = {"audio": True, "video": True, "unheard": None, "unseen": None}
    assert channel.said("sending")[-1] == {**channel.said("sending")[-1], **works, kind: False, why: "lost"}
    await page.get_by_role("button", name=act, exact=True).click()
    await expect(notice).to_be_hidden()
    await expect(page.get_by_role("button", name="Mute")).to_be_visible()
    assert channel.said("sending")[-1] == {**channel.said("sending")[-1], **works}


async def test_the_others_tell_a_microphone_that_failed_from_one_that_was_muted(
    site: Site, page: Page, channel: Channel
) -> None:
    await page.goto(f"{site.address}{BASE}")
    silence, news = page.locator("[data-silence]"), page.locator("[data-stage-news]")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    for why, beside in (
        ("muted", "muted"),
        (None, "no sound yet"),
        ("none", "no microphone, nobody can hear Ada"),
        ("lost", "microphone stopped, nobody can hear Ada"),
    ):
        channel.say(_roster(_person("p-ada", audio=False, unheard=why)))
        await expect(silence).to_have_text(beside)
    await expect(silence).to_be_visible()
    await expect(news).to_have_text("Ada's microphone stopped. Nobody can hear Ada.")
    channel.say(_roster(_person("p-ada")))
    await expect(news).to_have_text("You can hear Ada again.")
    await expect(silence).to_be_hidden()
    channel.say(_roster(_person("p-ada", video=False, unseen="off")))
    channel.say(_roster(_person("p-ada", video=False, unseen="lost")))
    await expect(news).to_have_text("Ada's camera stopped. Nobody can see Ada.")
    channel.say(_roster(_person("p-ada")))
    await expect(news).to_have_text("You can see Ada again.")


async def test_the_others_tell_a_camera_that_failed_from_one_that_was_turned_off(
    site: Site, page: Page, channel: Channel
) -> None:
    channel.first = []
    await page.goto(f"{site.address}{BASE}")
    await _with_tile(page)
    words = page.locator(".tile[data-participant] .tile-words")
    for why, instead in (
        (None, "Ada is here without video"),
        ("off", "Ada turned the camera off"),
        ("none", "No camera, nobody can see Ada"),
        ("lost", "Camera stopped, nobody can see Ada"),
    ):
        await page.evaluate("why => shows({ video: false, unseen: why })", why)
        await expect(words).to_have_text(instead)
        await expect(words).to_be_visible()


@pytest.mark.parametrize(
    ("lack", "words"),
    [
        ("delete window.RTCPeerConnection", "This browser can't make video calls"),
        ("Object.defineProperty(window, 'isSecureContext', {value: false})", "This page did not open securely"),
    ],
)
async def test_what_a_browser_lacks_is_named_and_nothing_is_tried(
    site: Site, page: Page, channel: Channel, lack: str, words: str
) -> None:
    await page.add_init_script(lack)
    await page.goto(f"{site.address}/patient")
    await expect(page.locator("[data-stop-title]")).to_have_text(words)
    await expect(page.locator("[data-connection-words]")).to_have_text("No call in this browser")
    await expect(page.locator("[data-stage-notice]")).to_be_hidden()
    assert not channel.heard


async def test_a_phone_visit_asks_for_no_camera(site: Site, page: Page, channel: Channel) -> None:
    await page.add_init_script(_TRACKS)
    await page.goto(f"{site.address}/phone")
    await page.wait_for_function("() => given.length === 1")
    assert await page.evaluate("given[0].kind") == "audio"
    await expect(page.get_by_role("button", name="Mute")).to_be_visible()
    assert channel.said("sending")[-1]["unseen"] is None
    await expect(page.locator("[data-act=camera], [data-self], [data-device=videoinput]")).to_have_count(0)


async def test_a_microphone_is_told_at_once_and_not_when_the_connection_has_answered(
    site: Site, page: Page, channel: Channel
) -> None:
    await page.add_init_script("RTCRtpSender.prototype.replaceTrack = () => new Promise(() => {});")
    await page.add_init_script("""
        const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        const asked = new Promise((resolve) => { window.allow = resolve; });
        navigator.mediaDevices.getUserMedia = async (what) => { await asked; return get(what); };
    """)
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    assert channel.said("sending")[-1]["audio"] is False
    await page.evaluate("allow()")
    await page.wait_for_function("() => document.querySelector('[data-self]').srcObject !== null")
    async with asyncio.timeout(20):
        while channel.said("sending")[-1]["audio"] is not True:
            await page.evaluate("new Promise((done) => setTimeout(done))")


async def test_a_device_that_may_not_be_used_is_not_said_to_be_missing(
    site: Site, page: Page, channel: Channel
) -> None:
    """A browser tells of it without a name; of a device that is not there it tells nothing."""
    await page.add_init_script(_without_devices("NotAllowedError"))
    await page.add_init_script("""
        navigator.mediaDevices.enumerateDevices = async () => [
            { kind: 'videoinput', deviceId: '', label: '' }, { kind: 'audiooutput', deviceId: 's', label: 'Speaker' },
        ];
    """)
    await page.goto(f"{site.address}{BASE}")
    await page.locator('[aria-controls="devices-drawer"]').click()
    await expect(page.locator("[data-device=videoinput]")).to_have_text("Not allowed in this browser")
    await expect(page.locator("[data-device=audioinput]")).to_have_text("None found")
    await expect(page.locator("[data-device=audiooutput]")).to_have_text("Speaker")


_KEEP_TRACKS = """
    window.opened = [];
    const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (what) => {
        const stream = await get(what);
        opened.push(...stream.getTracks());
        return stream;
    };
"""


async def test_a_person_taken_out_is_told_so_once_and_the_lights_go_out(
    site: Site, page: Page, channel: Channel
) -> None:
    await page.add_init_script(_KEEP_TRACKS)
    await page.goto(f"{site.address}/guest")
    await page.wait_for_function("() => opened.length === 2 && document.querySelector('[data-self]').srcObject")
    await channel.end(4403)
    await expect(page.get_by_role("heading", name="You are no longer part of this visit")).to_be_visible()
    await expect(page.locator("[data-stop-words]")).to_have_text("If this is a mistake, ask the clinic.")
    await expect(page.get_by_role("link", name="Go to your page")).to_have_attribute("href", "/home")
    assert await page.evaluate("opened.map(one => one.readyState)") == ["ended", "ended"]
    await expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    for control in ("Mute", "Camera", "Devices", "Leave"):
        await expect(page.get_by_role("button", name=control)).to_have_count(0)
    await expect(page.get_by_text("You can see and hear the visit")).to_be_hidden()
    await page.evaluate("document.body.dispatchEvent(new CustomEvent('titrate:presence', {bubbles: true}))")
    assert not [one for one in site.asked if "/people" in one]


async def test_a_person_signed_out_elsewhere_is_not_told_to_be_out_of_the_visit(
    site: Site, page: Page, channel: Channel
) -> None:
    await page.add_init_script(_KEEP_TRACKS)
    await page.goto(f"{site.address}{BASE}")
    await page.wait_for_function("() => opened.length === 2")
    site.answers["/session/remaining"] = Answer("{}", "application/json", 401)
    await channel.end(4403)
    await expect(page.get_by_role("heading", name="You can't be in this call now")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    await page.wait_for_function("() => opened.every(one => one.readyState === 'ended')")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()


async def test_who_is_signed_out_in_the_call_is_led_back_and_joins_by_itself(
    site: Site, page: Page, channel: Channel
) -> None:
    """By signing in here, with the way back; or in a new tab, and then what was typed here is kept."""
    signed_in = site.answers["/session/remaining"]
    await page.add_init_script(_KEEP_TRACKS)
    await page.goto(f"{site.address}{BASE}")
    await page.wait_for_function("() => opened.length === 2")
    site.answers["/session/remaining"] = Answer("{}", "application/json", 401)
    await channel.end(4402)
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    await page.wait_for_function("() => opened.every(one => one.readyState === 'ended')")
    here = page.get_by_role("link", name="Sign in", exact=True)
    await expect(here).to_have_attribute("href", f"/sign-in?next={quote(BASE, safe='')}")
    assert await here.get_attribute("target") is None
    await expect(page.get_by_role("link", name="In a new tab")).to_have_attribute("target", "_blank")
    sockets = len(channel.sockets)
    site.answers["/session/remaining"] = signed_in
    await page.get_by_role("button", name="I have signed in").click()
    await expect(page.locator("[data-stage-stop]")).to_be_hidden()
    await page.wait_for_function("() => opened.filter(one => one.readyState === 'live').length === 2")
    assert len(channel.sockets) == sockets + 1
    assert len(channel.said("hello")) == 2


async def test_a_joining_that_cannot_be_recorded_says_so_and_comes_back(
    site: Site, page: Page, channel: Channel
) -> None:
    channel.first = []
    await page.goto(f"{site.address}{BASE}")
    for sockets in (1, 2):
        await page.wait_for_function("() => document.querySelector('[data-call]')")
        async with asyncio.timeout(20):
            while len(channel.said("hello")) < sockets:  # noqa: ASYNC110 - the page comes back when it likes
                await asyncio.sleep(0.05)
        await channel.end(4507)
        await expect(page.get_by_text("as the server says it")).to_be_visible()
        channel.first = [WELCOME, _roster(_person("p-ada"))]
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)


async def test_a_camera_the_browser_gives_too_late_is_given_back(site: Site, page: Page, channel: Channel) -> None:
    await page.add_init_script(_KEEP_TRACKS)
    await page.add_init_script("""
        const late = navigator.mediaDevices.getUserMedia;
        const asked = new Promise((resolve) => { window.allow = resolve; });
        navigator.mediaDevices.getUserMedia = async (what) => { await asked; return late(what); };
    """)
    await page.goto(f"{site.address}/guest")
    await expect(page.locator(".tile[data-participant]")).not_to_have_count(0)
    await channel.end(4403)
    await expect(page.get_by_role("link", name="Go to your page")).to_be_visible()
    await page.evaluate("allow()")
    await page.wait_for_function("() => opened.length === 2 && opened.every(one => one.readyState === 'ended')")


async def test_a_second_window_is_told_and_can_take_the_call(site: Site, page: Page, channel: Channel) -> None:
    await page.goto(f"{site.address}{BASE}")
    await expect(page.locator(".tile[data-participant]")).to_have_count(1)
    await channel.end(4409)
    await expect(page.get_by_role("heading", name="The call is open in another window")).to_be_visible()
    await expect(page.locator("[data-connection-words]")).to_have_text("In another window")
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
        await page.get_by_role("link", name="Leave without ending").click()
    assert channel.said("leave")


async def test_by_sound_only_the_camera_is_never_opened(site: Site, page: Page, channel: Channel) -> None:
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
    assert channel.said("sending")[-1]["unseen"] == "off"


@pytest.mark.parametrize(("width", "height"), [(720, 450), (360, 225)], ids=["200 %", "400 %"])
async def test_enlarged_the_picture_is_no_sliver_and_the_bar_covers_nothing_that_is_pressed(
    site: Site, page: Page, channel: Channel, width: int, height: int
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    cases = ((BASE, "p-ada", ".tab"), ("/patient", "p-drew", "#my-scales .button, .call-bar .control"))
    for path, other, pressed in cases:
        channel.first = [WELCOME, {"type": "roster", "people": [_person(other)]}]
        await page.goto(f"{site.address}{path}")
        await expect(page.locator(".tile[data-participant]")).to_have_count(1)
        seen = await page.evaluate(
            """(pressed) => ({
                picture: document.querySelector(".tile[data-participant]").getBoundingClientRect().height,
                sideways: document.documentElement.scrollWidth > innerWidth,
                covered: [...document.querySelectorAll(pressed)].filter((one) => {
                    one.scrollIntoView({ block: "nearest" });
                    const box = one.getBoundingClientRect();
                    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                    return !one.contains(top);
                }).map((one) => one.textContent.trim()),
            })""",
            pressed,
        )
        assert seen["picture"] >= 120, path
        assert not seen["sideways"], path
        assert seen["covered"] == [], path
