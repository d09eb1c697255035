"""Every page of a running clinic under axe, with a visit in progress, at the sizes of a desk and of a phone."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect
from redis import Redis

from emr.shared.context import UseCaseContext
from emr.shared.ids import VisitId
from emr.visits import use_cases as visiting
from tests.browser.axe import heavy, scrolls_sideways
from tests.conftest import Database, Engines
from tests.journeys.clinic import RunningClinic, browsers, running_clinic, sign_in
from tests.server.web_process import PLACE, transaction

pytestmark = pytest.mark.browser

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def clinic(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningClinic]:
    redis_url = engines.redis(12)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    with running_clinic(database, redis_url, tmp_path_factory.mktemp("axe")) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with browsers(1) as (one,):
        yield one


async def begun(clinic: RunningClinic, patient: str, prescriber: str, guest: str | None = None) -> str:
    """A visit in progress; gives its address."""
    address = await clinic.another_visit(patient, prescriber, guest=guest)
    visit, now = VisitId(UUID(address.rsplit("/", 1)[1])), datetime.now(UTC)
    async with transaction(clinic.database_url) as conn:
        await visiting.arrive(UseCaseContext(conn, clinic.clinic[patient], now), visit, clinic.clinic[patient], PLACE)
        await visiting.admit(UseCaseContext(conn, clinic.clinic[prescriber], now), visit, clinic.clinic[patient])
    return address


async def person(browser: Browser, clinic: RunningClinic, name: str) -> Page:
    """Somebody's window, signed in, without motion: axe measures what stands still."""
    context: BrowserContext = await browser.new_context(viewport=DESK, reduced_motion="reduce")
    return await sign_in(context, clinic, name)


async def look(page: Page, where: str) -> list[str]:
    """What is heavy on the page as it stands, at both sizes; and whether the phone has to scroll sideways."""
    found = []
    for size in (DESK, PHONE):
        await page.set_viewport_size(size)
        found += await heavy(page, f"{where} at {size['width']}", by_ear=size == DESK)
    if await scrolls_sideways(page):
        found.append(f"{where} scrolls sideways on a phone")
    await page.set_viewport_size(DESK)
    return found


async def walk(page: Page, clinic: RunningClinic, *paths: str) -> list[str]:
    found = []
    for path in paths:
        await page.goto(path if path.startswith("http") else clinic.base + path)
        found += await look(page, path.removeprefix(clinic.base))
    return found


async def test_nothing_a_patient_or_a_guest_meets_is_hard_to_use(clinic: RunningClinic, browser: Browser) -> None:
    coming = clinic.visit("ada")
    going_on = await begun(clinic, "ada", "drew", guest="ilse")
    ada = await person(browser, clinic, "ada")
    found = await walk(ada, clinic, "/home", f"{coming}/prepare", f"{coming}/arrive", f"{coming}/scales/phq9")
    found += await walk(ada, clinic, "/crisis", going_on, f"{going_on}?left=1", "/visits/none")
    ilse = await person(browser, clinic, "ilse")
    found += await walk(ilse, clinic, "/home", going_on)
    stranger = await person(browser, clinic, "sam")
    found += await look(stranger, "no access")
    found += await walk(await browser.new_page(), clinic, "/sign-in", "/signed-out", "/nothing-here")
    assert not found, "\n".join(found)


async def test_nothing_the_clinic_meets_is_hard_to_use(clinic: RunningClinic, browser: Browser) -> None:
    # Given a block is on record, made in a visit that goes on.
    going_on = await begun(clinic, "marcus", "drew")
    drew = await person(browser, clinic, "drew")
    await drew.goto(f"{going_on}?tab=medicines")
    await drew.get_by_role("button", name="Start a medicine").click()
    await expect(drew.locator("[data-page=start]")).to_be_visible()
    found = await look(drew, "start")
    await drew.locator("#name").fill("Xanax 0.5 mg tablet")
    await drew.locator("#name").press("Enter")
    await expect(drew.locator(".block-notice")).to_be_visible()
    found += await look(drew, "block")
    await drew.locator("#name").fill("sertraline")
    await drew.locator("#name").press("Enter")
    await expect(drew.locator("#dose-form")).to_be_visible()
    found += await look(drew, "dose form")

    # When its pages are looked at, by each who has any.
    found += await walk(drew, clinic, "/day", "/visits/new", "/patients", f"/patients/{clinic.clinic['marcus']}")
    found += await walk(drew, clinic, *(f"{going_on}?tab={tab}" for tab in ("overview", "symptoms", "notes")))
    for drawer in ("devices", "invite", "end"):
        await drew.locator(f"[data-act={drawer}]").click()
        found += await look(drew, f"drawer {drawer}")
    found += await walk(await person(browser, clinic, "carla"), clinic, "/people")
    olu = await person(browser, clinic, "olu")
    found += await walk(olu, clinic, "/log", "/log?outcome=allow")
    await olu.goto(f"{clinic.base}/log")
    await olu.locator("main tbody th a").first.click()
    await expect(olu.locator("main.detail, main .detail")).to_be_visible()
    found += await look(olu, "decision")
    assert not found, "\n".join(found)


async def test_the_call_is_led_by_keyboard_and_nothing_takes_the_focus(clinic: RunningClinic, browser: Browser) -> None:
    going_on = await begun(clinic, "noor", "ruth")
    ruth = await person(browser, clinic, "ruth")
    await ruth.goto(going_on)
    await expect(ruth.locator("[data-connection-words]")).to_have_text("Good connection")

    # The call does not wait for the camera; V, pressed before it is open, would open it.
    await ruth.wait_for_function("() => document.querySelector('[data-self]').srcObject?.getVideoTracks().length > 0")

    # M and V answer; 1 to 4 lead to the tabs; 5 hides the chart; ? lists them; Escape closes.
    await ruth.keyboard.press("m")
    await expect(ruth.locator("[data-act=mute]")).to_have_attribute("aria-pressed", "true")
    await ruth.keyboard.press("v")
    await expect(ruth.locator("[data-act=camera]")).to_have_attribute("aria-pressed", "true")
    for key, tab in enumerate(("overview", "symptoms", "medicines", "notes"), start=1):
        await ruth.keyboard.press(str(key))
        await expect(ruth.locator(f"[data-page={tab}]")).to_be_visible()
        await expect(ruth.locator(f"#tab-{tab}")).to_be_focused()
    await ruth.keyboard.press("5")
    await expect(ruth.locator("#panel")).to_be_hidden()
    await ruth.keyboard.press("5")
    await ruth.keyboard.press("?")
    await expect(ruth.locator("#keys-drawer")).to_be_visible()
    await ruth.keyboard.press("Escape")
    await expect(ruth.locator("#keys-drawer")).to_be_hidden()

    # While a word is typed, a re-read of the page's parts takes neither the focus nor the word.
    field = ruth.locator(".note-form textarea").first
    await field.fill("Sleeps")
    for topic in ("presence", "medications", "symptoms", "alerts", "visit"):
        await ruth.evaluate("topic => document.body.dispatchEvent(new CustomEvent(`titrate:${topic}`))", topic)
    await ruth.wait_for_load_state("networkidle")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("Sleeps")
