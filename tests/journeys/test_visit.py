"""A visit from the patient's first click to the officer's log, held by real browsers over the real relay."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, expect
from redis import Redis

from tests.conftest import Database, Engines
from tests.journeys.clinic import RunningClinic, browsers, meet, running_clinic, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def clinic(engines: Engines, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningClinic]:
    redis_url = engines.redis(11)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    with running_clinic(database, redis_url, tmp_path_factory.mktemp("journey")) as running:
        yield running


async def goes_to_the_waiting_room(page: Page) -> None:
    """From the first page: check devices, say where one is, wait."""
    await (
        page.get_by_role("link", name="Check your camera and microphone")
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


async def open_tab(page: Page, name: str) -> None:
    await page.get_by_role("tab", name=name).click()
    await expect(page.locator(f"[data-page={name.lower()}]")).to_be_visible()


async def answer_findings(page: Page) -> None:
    """Answer every check that asks, one after the other: each answer re-reads the form."""
    while await page.locator("#sign[aria-disabled=true]").count():
        field = page.locator("input[name^='answer-'][type=text], input[name^='answer-']:not([type=hidden])").first
        name = await field.get_attribute("name")
        await field.fill("Looked at together")
        await field.press("Tab")
        await expect(page.locator(f"input[name='{name}'][type=hidden]")).to_have_count(1)


async def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press the key until that has the focus, as somebody without a mouse does; it is nowhere hidden on the way."""
    for _ in range(60):
        if await wanted.evaluate_all("every => every.includes(document.activeElement)"):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"no {key} leads to {wanted}")


async def starts_sertraline(page: Page) -> None:
    """By keyboard alone, from the page as it was loaded."""
    await tab_to(page, page.get_by_role("tab", selected=True))
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-page=medicines]")).to_be_visible()
    await tab_to(page, page.get_by_role("button", name="Start a medicine"))
    await page.keyboard.press("Enter")
    await expect(page.locator("#name")).to_be_visible()
    await tab_to(page, page.locator("#name"))
    await page.keyboard.type("sertraline")
    await page.keyboard.press("Enter")
    await expect(page.locator("#indication")).to_be_visible()
    await tab_to(page, page.locator("#indication"))
    await page.keyboard.type("depression")
    await tab_to(page, page.locator("#reason"))
    await page.keyboard.type("Depression, first step")
    await page.keyboard.press("Tab")
    await answer_findings(page)
    await tab_to(page, page.get_by_role("button", name="Sign start"))
    await page.keyboard.press("Enter")
    await expect(page.locator(".panel-notice")).to_contain_text("Sertraline started: 50 mg")
    await expect(page.locator("#panel-body")).to_be_focused()


async def ends_it(page: Page) -> None:
    """By keyboard alone."""
    await tab_to(page, page.locator("#end-control"), "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="End for everyone")).to_be_focused()
    await page.keyboard.press("Enter")


# Presses, keys beside those that write a free text, and those; from one page of the tab to the next.
COUNT = """() => {
  const acts = JSON.parse(sessionStorage.acts ?? '{"clicks": 0, "keys": 0, "letters": 0}');
  const over = new AbortController();
  const count = (kind) => {
    acts[kind] += 1;
    sessionStorage.acts = JSON.stringify(acts);
  };
  const free = 'input[type=text], input:not([type]), textarea';
  const key = (event) => count(event.key.length === 1 && event.target.matches(free) ? 'letters' : 'keys');
  addEventListener('pointerdown', () => count('clicks'), {capture: true, signal: over.signal});
  addEventListener('keydown', key, {capture: true, signal: over.signal});
  window.counted = () => {
    over.abort();
    return acts;
  };
}"""


AT_AN_ANSWER = "document.activeElement.name?.startsWith('answer-') && !document.activeElement.value"


async def raises_it(page: Page) -> dict[str, int]:
    """By pressing and typing as a person does, from another tab on; gives the presses and keys of the tab so far."""
    await open_tab(page, "Overview")
    await page.evaluate(COUNT)
    await page.get_by_role("tab", name="Medicines").click()
    await page.get_by_role("button", name="Raise Sertraline", exact=False).click()
    await expect(page.get_by_role("heading", name="Adjust sertraline")).to_be_visible()
    await expect(page.locator("#reason")).to_be_focused()
    await page.get_by_role("button", name="Partial response").click()
    await expect(page.locator("#reason")).to_have_value("Partial response")
    asked = await page.locator("input[name^='answer-']").count()
    for at in range(asked):
        for _ in range(3 if at else 0):  # past the source of the finding before, to the next one
            await page.keyboard.press("Tab")
            if await page.evaluate(AT_AN_ANSWER):
                break
        assert await page.evaluate(AT_AN_ANSWER), "the next answer is a few keys away"
        await page.keyboard.type("Reviewed")
    await expect(page.locator("#signing-read")).to_contain_text("Reason: Partial response")
    await page.get_by_role("button", name="Sign change").click()
    await expect(page.locator(".panel-notice")).to_contain_text("Sertraline is 100 mg")
    await expect(page.locator(".panel-signed")).to_contain_text("Reason: Partial response")
    acts: dict[str, int] = await page.evaluate("counted()")
    return acts


ASSESSMENT = "Partial response, no side effects; she agrees."


async def signs_the_note(page: Page) -> dict[str, int]:
    """It begins with what was done; gives the presses and keys of the tab so far."""
    await page.evaluate(COUNT)
    await page.get_by_role("tab", name="Notes").click()
    await expect(page.get_by_label("Plan")).to_have_value(re.compile("raised from 50 mg to 100 mg"))
    await page.get_by_label("Assessment").click()
    await page.keyboard.type(ASSESSMENT)
    await page.get_by_role("button", name="Sign and lock", exact=False).click()
    await expect(page.locator("#panel-body")).to_contain_text("Signed by")
    acts: dict[str, int] = await page.evaluate("counted()")
    return acts


@pytest.mark.timeout(300)  # two browsers, a call and typed keys: longer than one test's limit on a busy machine
async def test_a_visit_is_held_a_dose_raised_a_block_shown_a_note_signed_and_all_of_it_logged(
    clinic: RunningClinic,
) -> None:
    async with browsers(2) as (hers, his):
        # Given Ada waits, and Dr. Drew sees her.
        ada = await sign_in(hers, clinic, "ada")
        await goes_to_the_waiting_room(ada)
        drew = await sign_in(his, clinic, "drew")
        await expect(drew.get_by_role("heading", name="Ada Cast")).to_be_visible()

        # When she is admitted, both see and hear one another.
        await drew.evaluate(COUNT)
        await drew.get_by_role("button", name="Admit Ada Cast").click()
        await ada.wait_for_url(clinic.visit("ada"))
        for page in (drew, ada):
            await meet(page)

        # When a medicine is started and raised, it stands on her screen at once.
        await starts_sertraline(drew)
        await expect(ada.locator("#my-medicines")).to_contain_text("50 mg once a day")
        acts = await raises_it(drew)
        assert acts["clicks"] <= 1 + 4, acts
        assert acts["keys"] <= 12, acts
        await expect(ada.locator("#my-medicines")).to_contain_text("100 mg once a day")

        # When alprazolam is tried, it is stopped, and her screen shows nothing of it.
        await drew.get_by_role("button", name="Start a medicine").click()
        await drew.locator("#name").fill("Xanax 0.5 mg tablet")
        await drew.locator("#name").press("Enter")
        notice = drew.get_by_role("status").filter(has_text="Alprazolam cannot be prescribed in a video visit")
        await expect(notice).to_be_visible()
        await expect(drew.locator("#dose-form")).to_have_count(0)
        assert "lprazolam" not in await ada.content()

        # When the note is written and signed, it is sealed; from Admit it took few presses and keys.
        acts = await signs_the_note(drew)
        assert acts["clicks"] <= 10, acts
        assert acts["keys"] + acts["letters"] <= 80, acts

        # Then the officer sees the change and the block, and the log is whole.
        olu = await sign_in(await hers.new_context(), clinic, "olu")
        rows = olu.locator("main table").last
        await expect(rows).to_contain_text("Raise sertraline")
        await expect(rows).to_contain_text("Start alprazolam")
        await expect(rows).to_contain_text("Blocked")
        await olu.get_by_role("button", name="Verify", exact=False).click()
        await expect(olu.locator("main")).to_contain_text("whole", ignore_case=True)

        # And ending it ends it for her too.
        await ends_it(drew)
        await expect(ada.locator("main")).to_contain_text("ended", ignore_case=True)
