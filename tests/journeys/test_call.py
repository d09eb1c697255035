"""The call itself: three people, a reload, a second tab, a vanished browser, Chromium without its loopback flag."""

from collections.abc import Iterator

import pytest
from playwright.async_api import BrowserContext, Page, expect
from redis import Redis

from tests.conftest import Database, Engines
from tests.journeys.clinic import RunningClinic, browsers, meet, new_window, running_clinic, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def clinic(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningClinic]:
    redis_url = engines.redis(12)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    with running_clinic(database, redis_url, tmp_path_factory.mktemp("call")) as running:
        yield running


async def waits(page: Page, visit: str) -> None:
    """Say where one is, and sit in the waiting room."""
    await page.goto(f"{visit}/arrive")
    same = page.get_by_role("button", name="Yes, I am here")
    if await same.count():
        await same.click()
    else:
        fields = {"line": "Home", "city": "Tampa", "postal": "33606", "call_back": "(813) 555-0142"}
        for name, text in fields.items():
            await page.locator(f"#{name}").fill(text)
        await page.locator("#state").select_option("FL")
        await page.get_by_role("button", name="Go to the waiting room").click()
    await page.wait_for_url("**/waiting")


async def admits(page: Page, visit: str) -> None:
    await page.goto(visit)
    await page.get_by_role("button", name="Admit").click()
    await expect(page.locator("[data-tiles]")).to_be_visible()


async def together(hers: BrowserContext, his: BrowserContext, clinic: RunningClinic, visit: str) -> tuple[Page, Page]:
    """Marcus and Dr. Drew in the call of that visit, seeing one another."""
    marcus, drew = await sign_in(hers, clinic, "marcus"), await sign_in(his, clinic, "drew")
    await waits(marcus, visit)
    await admits(drew, visit)
    await marcus.wait_for_url(visit)
    await meet(drew)
    await meet(marcus)
    return marcus, drew


async def test_three_people_see_and_hear_one_another(clinic: RunningClinic) -> None:
    visit = await clinic.another_visit("ada", "drew", guest="ilse")
    async with browsers(1) as (one,):
        contexts = [await one.new_context() for _ in range(3)]
        ada, drew, ilse = [
            await sign_in(context, clinic, name)
            for context, name in zip(contexts, ("ada", "drew", "ilse"), strict=True)
        ]
        await waits(ada, visit)
        await ilse.goto(f"{visit}/waiting")
        await admits(drew, visit)
        await ada.wait_for_url(visit)
        await ilse.wait_for_url(visit)
        for page in (ada, drew, ilse):
            await meet(page, others=2)
        await expect(ilse.locator("#my-medicines")).to_have_count(0)


async def test_a_reload_in_mid_call_rejoins_by_itself(clinic: RunningClinic) -> None:
    visit = await clinic.another_visit("marcus", "drew")
    async with browsers(1) as (one,):
        marcus, drew = await together(await one.new_context(), await one.new_context(), clinic, visit)
        await marcus.reload()
        await meet(marcus)
        await drew.reload()
        await meet(drew)
        await meet(marcus)


async def test_a_second_tab_takes_over_and_the_first_is_told(clinic: RunningClinic) -> None:
    visit = await clinic.another_visit("marcus", "drew")
    async with browsers(1) as (one,):
        hers = await one.new_context()
        marcus, drew = await together(hers, await one.new_context(), clinic, visit)
        second = await new_window(hers)
        await second.goto(visit)
        await expect(marcus.locator("[data-stage-stop]")).to_be_visible()
        await expect(drew.locator("[data-tiles] video")).to_have_count(1)


async def test_who_vanishes_is_gone_from_the_screen_within_seconds_and_can_come_back(clinic: RunningClinic) -> None:
    visit = await clinic.another_visit("marcus", "drew")
    async with browsers(1) as (one,):
        hers = await one.new_context()
        marcus, drew = await together(hers, await one.new_context(), clinic, visit)
        await marcus.close()
        await expect(drew.locator("main")).to_contain_text("left", ignore_case=True)
        again = await new_window(hers)
        await again.goto(visit)
        await meet(again)


async def test_two_browsers_meet_without_the_loopback_flag(clinic: RunningClinic) -> None:
    visit = await clinic.another_visit("marcus", "drew")
    async with browsers(2, loopback=False) as (hers, his):
        await together(await hers.new_context(), await his.new_context(), clinic, visit)


async def test_signing_in_again_leads_back_into_the_call(clinic: RunningClinic, engines: Engines) -> None:
    """Redis is emptied, and with it every session: she signs in where she is, he in another tab."""
    visit = await clinic.another_visit("marcus", "drew")
    async with browsers(1) as (one,):
        hers, his = await one.new_context(), await one.new_context()
        marcus, drew = await together(hers, his, clinic, visit)
        with Redis.from_url(engines.redis(12)) as client:
            client.flushdb()
        for page in (marcus, drew):
            await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        await marcus.get_by_role("link", name="Sign in", exact=True).click()
        await marcus.get_by_role("link", name="Continue").click()
        await marcus.get_by_role("link", name="Marcus", exact=False).click()
        await marcus.wait_for_url(visit)
        await sign_in(his, clinic, "drew")
        await drew.get_by_role("button", name="I have signed in").click()
        await meet(drew)
        await meet(marcus)
