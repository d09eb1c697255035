"""A visit whose patient comes by Firefox; the prescriber has Chromium."""

from collections.abc import AsyncIterator, Iterator

import pytest
from redis import Redis

from tests.browser.firefox.page import Page, window
from tests.browser.firefox.process import running
from tests.browser.firefox.wire import session
from tests.conftest import Database, Engines
from tests.journeys.clinic import WATCH_PEERS, RunningClinic, browsers, meet, running_clinic, sign_in
from tests.journeys.test_call import admits

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def clinic(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningClinic]:
    redis_url = engines.redis(12)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    with running_clinic(database, redis_url, tmp_path_factory.mktemp("firefox")) as there:
        yield there


@pytest.fixture
async def firefox() -> AsyncIterator[Page]:
    with running() as address:
        async with session(address) as wire, window(wire, before=f"() => {{ {WATCH_PEERS} }}") as page:
            yield page
            assert page.errors == []


async def waits(page: Page, clinic: RunningClinic, visit: str) -> None:
    """Sign in as Marcus, say where one is, and sit in the waiting room."""
    await page.goto(f"{clinic.base}/sign-in")
    await page.press("Continue")
    await page.press("Marcus")
    await page.wait_for(f"location.origin === '{clinic.base}' && document.readyState === 'complete'")
    await page.goto(f"{visit}/arrive")
    for name, text in {"line": "Home", "city": "Tampa", "postal": "33606", "call_back": "(813) 555-0142"}.items():
        await page.fill(f"#{name}", text)
    await page.choose("#state", "FL")
    await page.press("Go to the waiting room")
    await page.at("/waiting")


async def test_a_patient_joins_a_visit_by_firefox_sees_and_hears_and_leaves(
    clinic: RunningClinic, firefox: Page
) -> None:
    visit = await clinic.another_visit("marcus", "drew")
    async with browsers(1) as (chromium,):
        drew = await sign_in(await chromium.new_context(), clinic, "drew")
        await waits(firefox, clinic, visit)
        await admits(drew, visit)
        await firefox.at(visit.removeprefix(clinic.base))
        await meet(drew)
        await meet(firefox)
        await firefox.wait_for("document.querySelector('[data-connection-words]').innerText.endsWith('connection')")
        await firefox.wait_for("document.querySelector('.tile video').videoWidth > 0")
        await firefox.click("[aria-controls=end-drawer]")
        await firefox.click("a[data-leave]")
        await firefox.wait_for("location.search === '?left=1' && document.readyState === 'complete'")
