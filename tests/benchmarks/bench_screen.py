"""From signing a dose on the prescriber's page to the new dose on the patient's screen, in a call of two browsers."""

import asyncio
from collections.abc import Sequence

from playwright.async_api import Page, expect

from tests.benchmarks import care, stopwatch
from tests.benchmarks.figures import Figure, spread
from tests.benchmarks.place import Open, Place, run
from tests.journeys.clinic import browsers, meet, sign_in

CHANGES = 10
GOAL = Figure("screen.goal", 1000.0, "ms")


def measure(place: Place) -> Sequence[Figure]:
    """Both see and hear each other meanwhile, as in a visit; against the goal of a second."""
    taken = run(_measure(place.clinic()))
    return [GOAL, *(one.over(GOAL) for one in spread("screen", taken, "ms"))]


async def _measure(here: Open) -> list[float]:
    drew_http = await here.http.as_("drew")
    visit_id = await care.waiting_visit(here)
    await care.admit(here, visit_id)
    visit = f"/visits/{visit_id}"
    await care.start_sertraline(drew_http, visit, here.house.clinic["ada"])
    await drew_http.client.aclose()
    async with browsers(2) as (hers, his):
        ada, drew = await sign_in(hers, here.house, "ada"), await sign_in(his, here.house, "drew")
        await stopwatch.start(drew)
        for page in (ada, drew):
            await page.goto(f"{here.house.base}{visit}")
        for page in (ada, drew):
            await meet(page)
        await drew.get_by_role("tab", name="Medicines").click()
        taken = [await _change(drew, ada, up=turn % 2 == 0) for turn in range(CHANGES)]
    await care.end(here, visit_id)
    return taken


async def _change(drew: Page, ada: Page, *, up: bool) -> float:
    """One change of dose by the panel; gives the milliseconds until the patient's list says it."""
    await drew.get_by_role("button", name="Raise Sertraline" if up else "Lower Sertraline").click()
    await expect(drew.get_by_role("heading", name="Adjust sertraline")).to_be_visible()
    await drew.locator("#reason").fill("Partial response" if up else "Too much")
    await drew.locator("#reason").press("Tab")
    await _answer(drew)
    changed = asyncio.create_task(stopwatch.change_of(ada, "#my-medicines"))
    await asyncio.sleep(0)
    await drew.locator("#sign:not([aria-disabled])").click()
    on_screen = await changed
    await expect(drew.locator(".panel-notice")).to_contain_text("Sertraline is")
    said = (await drew.locator(".panel-notice").inner_text()).strip()
    amount = said.removeprefix("Sertraline is ").removeprefix("now ").split(" mg")[0]
    assert amount in await ada.locator("#my-medicines").inner_text(), said
    return on_screen - await stopwatch.clicked(drew)


async def _answer(page: Page) -> None:
    """Answer the checks that ask, one after the other: each answer re-reads the form."""
    await expect(page.locator("#sign")).to_be_visible()
    while await page.locator("#sign[aria-disabled=true]").count():
        field = page.locator("input[name^='answer-']:not([type=hidden])").first
        if not await field.count():
            await expect(page.locator("#sign:not([aria-disabled])")).to_be_visible()
            return
        name = await field.get_attribute("name")
        await field.fill(care.ANSWER)
        await field.press("Tab")
        await expect(page.locator(f"input[name='{name}'][type=hidden]")).to_have_count(1)
