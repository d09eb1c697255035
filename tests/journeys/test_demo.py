"""``titrate demo`` as a newcomer meets it: it opens, holds a visit in two windows of one browser, and closes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.journeys.clinic import browsers, meet, new_window
from tests.journeys.in_person import checks_in, lowers, tries_to_start
from tests.journeys.test_visit import answer_findings
from tests.ports import free_port

pytestmark = pytest.mark.browser

OPENS_WITHIN_S = 120.0
CLOSES_WITHIN_S = 30.0


@contextmanager
def demo(data: Path, port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The program as a person runs it; ended by Ctrl-C if the test has not done so."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    command = [sys.executable, "-m", "server", "demo", "--port", str(port), "--data", str(data), *arguments]
    child = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(CLOSES_WITHIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        if child.stdout:
            child.stdout.close()


def opened(child: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + OPENS_WITHIN_S
    while time.monotonic() < deadline:
        assert child.poll() is None, child.stdout.read() if child.stdout else "it ended"
        try:
            if httpx2.get(f"http://localhost:{port}/", trust_env=False).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.2)
    raise AssertionError("the demo did not open")


def closed(child: subprocess.Popen[str]) -> None:
    """Ctrl-C in the terminal; the end is clean and leaves no process behind."""
    family = psutil.Process(child.pid).children(recursive=True)
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait(CLOSES_WITHIN_S) == 0, child.stdout.read() if child.stdout else ""
    assert not [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


async def enters(page: Page, port: int, who: str) -> Page:
    """Choose a card on the front page, as a visitor does."""
    await page.goto(f"http://localhost:{port}/")
    await page.get_by_role("link", name=who).click()
    return page


async def no_side_door(drew: Page, port: int, address: str) -> None:
    """What was tried around the block in Ada's video visit, each refused in words that help."""
    await tries_to_start(drew, "Xanax 1 mg")
    await expect(drew.get_by_role("heading", name="Alprazolam cannot be prescribed in a video visit")).to_be_visible()
    await tries_to_start(drew, "hydroxyzine hydrochloride 25 mg")
    await drew.locator("#indication").fill("instead of alprazolam")
    await drew.locator("#reason").fill("Sleep")
    await drew.locator("#reason").press("Tab")
    await answer_findings(drew)
    await drew.get_by_role("button", name="Sign start").click()
    await expect(drew.get_by_text("The indication names alprazolam", exact=False)).to_be_visible()
    other = await new_window(drew.context)
    await other.goto(f"http://drew.localhost:{port}/visits/new")
    ada = await other.locator("#patient option").filter(has_text="Ada Lindqvist").get_attribute("value")
    await other.locator("#patient").select_option(ada)
    await other.get_by_label("In person").check()
    await other.get_by_role("button", name="Book the visit").click()
    await other.wait_for_url("**/day?*")
    await (
        other.get_by_role("row")
        .filter(has_text="in person")
        .filter(has_text="Ada")
        .get_by_role("link", name="Open")
        .click()
    )
    await expect(other.get_by_role("button", name="Start visit")).to_have_attribute("aria-disabled", "true")
    there = other.locator("#begin-why").get_by_role("link")
    await expect(there).to_have_attribute("href", urlsplit(address).path)
    await other.close()


async def caleb_is_seen(profile: BrowserContext, port: int) -> None:
    """Noa checks Caleb in in a window of her own; Tomás lowers his dose and opens the sheet; Olu sees all of it."""
    noa = await enters(await new_window(profile), port, "Noa Reyes")
    await noa.wait_for_url(f"http://noa.localhost:{port}/desk")
    tomas = await enters(await new_window(profile), port, "Dr. Tomás Beaulieu")
    await tomas.wait_for_url(f"http://tomas.localhost:{port}/day")
    caleb = tomas.get_by_role("row").filter(has_text="Caleb Stone").filter(has_text="in person").first
    await expect(caleb).to_contain_text("Not checked in")
    await caleb.get_by_role("link", name="Open").click()
    await checks_in(noa, "Caleb Stone", ("12", "12", "1988"))
    await expect(tomas.get_by_text("Checked in at", exact=False)).to_be_visible()
    await tomas.get_by_role("button", name="Start visit").click()
    await expect(tomas.get_by_text("You are attending this visit")).to_be_visible()
    await lowers(tomas, "Lisdexamfetamine", "30 mg")
    async with tomas.context.expect_page() as opened_sheet:
        await tomas.get_by_role("link", name="Hand off", exact=False).first.click()
    sheet = await opened_sheet.value
    await expect(sheet.get_by_text("This is not a prescription.")).to_be_visible()
    await expect(sheet.get_by_text("Caleb Stone")).to_be_visible()
    await expect(sheet.get_by_text("21 CFR 1311.100(c)")).to_be_visible()
    olu = await enters(await new_window(profile), port, "Olu Bankole")
    await olu.goto(f"http://olu.localhost:{port}/log/presence")
    await expect(olu.get_by_role("row").filter(has_text="Noa Reyes").first).to_contain_text("Ybor clinic")
    await expect(olu.locator("body")).not_to_contain_text("Caleb")


# Two starts of a whole clinic, a visit by video and a check-in: longer than one test's limit on a busy machine.
@pytest.mark.timeout(2 * OPENS_WITHIN_S + 240)
async def test_it_holds_a_visit_in_two_windows_of_one_browser_and_keeps_it(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "a demo"
    with demo(data, port) as child:
        opened(child, port)
        async with browsers(1) as (one,):
            profile = await one.new_context()
            ada = await enters(await new_window(profile), port, "Ada Lindqvist")
            await ada.wait_for_url(f"http://ada.localhost:{port}/home")
            drew = await enters(await new_window(profile), port, "Dr. Drew Marsh")
            await drew.wait_for_url(f"http://drew.localhost:{port}/day")
            await ada.get_by_role("link", name="Check devices and join").click()
            await ada.locator("[data-go=video]").click()
            await ada.get_by_role("button", name="Yes, I am here").click()
            await ada.wait_for_url("**/waiting")
            await drew.get_by_role("button", name="Admit Ada Lindqvist").click()
            await meet(drew)
            await meet(ada)
            address = drew.url
            await no_side_door(drew, port, address)
            await drew.get_by_role("button", name="End visit").click()
            await drew.get_by_role("button", name="End for everyone").click()
            await expect(drew.get_by_role("heading", name="The visit has ended")).to_be_visible()
        closed(child)
    with demo(data, port) as child:
        opened(child, port)
        async with browsers(1) as (one,):
            drew = await enters(await new_window(await one.new_context()), port, "Dr. Drew Marsh")
            await drew.wait_for_url("**/day")
            await drew.goto(address)
            await expect(drew.get_by_role("heading", name="The visit has ended")).to_be_visible()
            await caleb_is_seen(await one.new_context(), port)
            front = await new_window(await one.new_context())
            await front.goto(f"http://localhost:{port}/")
            await expect(front.get_by_text("Visit can be joined now").first).to_be_visible()
        closed(child)
