"""Signing in with a real Chromium: its cookies, its redirects, its resolver and its content security policy."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from tests.browser.program import chromium_path
from tests.server.auth.street import Street, person_of

pytestmark = pytest.mark.browser
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


@pytest.fixture
async def profile(tmp_path: Path) -> AsyncIterator[BrowserContext]:
    """One profile with a cookie store of its own, as a person's everyday browser has."""
    async with async_playwright() as play:
        context = await play.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=chromium_path(), args=ARGUMENTS
        )
        yield context
        await context.close()


async def choose(page: Page, who: str) -> None:
    await page.get_by_role("link", name=who, exact=True).click()


async def who_is_here(page: Page, address: str) -> str:
    answer = await page.goto(f"{address}/home")
    assert answer is not None
    return str((await answer.json())["person"]) if answer.status == 200 else "nobody"


async def test_two_windows_of_one_profile_hold_two_people(street: Street, profile: BrowserContext) -> None:
    first, second = await profile.new_page(), await profile.new_page()
    await first.goto(f"{street.issuer}/cards")
    await choose(first, "ada")
    await first.wait_for_url(f"{street.host('ada')}/home")
    await second.goto(f"{street.issuer}/cards")
    await choose(second, "drew")
    await second.wait_for_url(f"{street.host('drew')}/home")
    assert await who_is_here(first, street.host("ada")) == str(person_of("ada"))
    assert await who_is_here(second, street.host("drew")) == str(person_of("drew"))
    assert await who_is_here(first, street.clinic) == "nobody"
    for cookie in await profile.cookies():
        assert cookie["secure"]
        assert cookie["httpOnly"]
        assert cookie["name"].startswith("__Host-")


async def test_a_private_window_holds_somebody_else_on_the_plain_host(street: Street, profile: BrowserContext) -> None:
    window = await profile.new_page()
    await window.goto(f"{street.clinic}/sign-in/start")
    await choose(window, "ada")
    await window.wait_for_url(f"{street.clinic}/home")
    assert profile.browser is not None
    private = await profile.browser.new_context()
    other = await private.new_page()
    assert await who_is_here(other, street.clinic) == "nobody"
    await other.goto(f"{street.clinic}/sign-in/start")
    await choose(other, "drew")
    await other.wait_for_url(f"{street.clinic}/home")
    assert await who_is_here(other, street.clinic) == str(person_of("drew"))
    assert await who_is_here(window, street.clinic) == str(person_of("ada"))
    await private.close()


async def test_signing_out_by_the_provider_is_not_stopped_by_our_own_policy(
    street: Street, profile: BrowserContext
) -> None:
    """``form-action`` also covers where a form's answer redirects to: the provider, and from there back to us."""
    page = await profile.new_page()
    await page.goto(f"{street.host('sam')}/sign-in/start?login_hint=sam")
    await expect(page.get_by_role("heading", name="No access yet")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url(re.compile(r"/signed-out$"))
    assert page.url == f"{street.host('sam')}/signed-out"


async def test_a_page_elsewhere_can_change_nothing_with_adas_cookies(street: Street, profile: BrowserContext) -> None:
    page = await profile.new_page()
    answer = await page.goto(f"{street.host('ada')}/sign-in/start?login_hint=ada")
    assert answer is not None
    token = (await answer.json())["csrf"]
    ours = await page.evaluate(
        "async body => (await fetch('/change', {method: 'POST', body: new URLSearchParams(body)})).status",
        {"csrf_token": token, "what": "dose"},
    )
    assert ours == 200
    elsewhere = await profile.new_page()
    await elsewhere.goto(f"{street.issuer}/cards")
    form = f"""<form method="post" action="{street.host("ada")}/change">
        <input name="csrf_token" value="{token}"><button>Win</button></form>"""
    await elsewhere.set_content(form)
    async with elsewhere.expect_navigation() as landed:
        await elsewhere.get_by_role("button").click()
    response = await landed.value
    assert response is not None
    assert response.status == 403
