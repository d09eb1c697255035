"""Every form of every page, sent by click and by Enter, with script and without: nothing typed gets into an address."""

from functools import cache
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, Route

from tests.visit_ui.markup import Form, Markup
from tests.visit_ui.serving import STATIC
from visit_ui import assets
from visit_ui.environment import render
from visit_ui.pages.shell.frame import Page as Shown
from visit_ui.pages.shell.problem import PartPage
from visit_ui.samples import all_samples
from visit_ui.samples.shell.cast import nobody
from visit_ui.samples.visit import dosing, medicines, notes, panels

pytestmark = pytest.mark.browser
ORIGIN = "http://localhost:9"  # nothing listens there: every request is answered below
# The call would replace these pages by "no connection"; the forms in them need none of it.
LEFT_OUT = ("visit/patient_visit_page.js", "devices/device_check_page.js", "visit/waiting_page.js")
FILTERS = {"/log", "/log/presence"}


def whole(shown: Shown) -> str:
    """A page as it is, a part as a page of its own."""
    return render(shown if hasattr(shown, "frame") else PartPage(nobody("Part"), shown, "/"))


def _looks(form: Form) -> tuple[str, ...]:
    sent = form.attributes.get("action") or ""
    return sent, *sorted(name for name, field in form.fields.items() if field.get("type") != "hidden")


@cache
def _with_a_form_of_their_own() -> dict[str, str]:
    """One page for each form that looks different, so that the walk is short."""
    found: dict[str, str] = {}
    seen: set[tuple[str, ...]] = set()
    for name, sample in all_samples().items():
        text = whole(sample)
        looks = {_looks(form) for form in Markup(text).forms}
        if not looks <= seen:
            seen |= looks
            found[name] = text
    return found


WITHOUT_SCRIPT: dict[str, tuple[str, Shown]] = {
    "adjust": ("#reason", dosing.adjust_open),
    "start": ("#indication", dosing.start_form),
    "find": ("#name", dosing.start),
    "stop": ("#reason", medicines.stop),
    "hold": ("#reason", medicines.hold),
    "report": ("#sentence", medicines.medicines_report),
    "addendum": ("#addendum", notes.notes_sealed),
    "note": ("#section-plan", notes.notes),
    "alert": ("[name=what_was_done]", panels.alerts),
    "invite": ("#invite-name", panels.invite_empty),
}


def _sample(name: str) -> str:
    return (
        whole(WITHOUT_SCRIPT[name.removesuffix(".bare")][1])
        if name.endswith(".bare")
        else _with_a_form_of_their_own()[name]
    )


OPEN_ALL = """() => {
  for (const one of document.querySelectorAll('[data-drawer], [data-note-conflict]')) one.hidden = false;
  for (const one of document.querySelectorAll('details')) one.open = true;
  window.native = [];
  window.addEventListener('submit', event => {
    const method = event.submitter?.getAttribute('formmethod') ?? event.target.getAttribute('method') ?? 'get';
    const to = event.submitter?.getAttribute('formaction') ?? event.target.getAttribute('action') ?? '';
    window.native.push([method, new URL(to, location.href).pathname]);
    event.preventDefault();
  });
}"""
CLICK_ALL = """() => {
  for (const form of document.forms) {
    const buttons = [...form.querySelectorAll('button:not([type=button]), input[type=submit]')];
    buttons.forEach(button => button.click());
    if (!buttons.length) form.requestSubmit();
  }
}"""
TEXT = "form input:not([type=hidden], [type=radio], [type=checkbox]):visible"


async def _answer(route: Route) -> None:
    path = urlsplit(route.request.url).path
    file = STATIC / assets.split(path.removeprefix("/static/"))[1]
    if path.startswith("/sample/"):
        await route.fulfill(body=_sample(path.removeprefix("/sample/")), content_type="text/html; charset=utf-8")
    elif path.startswith("/static/") and file.is_file() and not path.endswith(LEFT_OUT):
        await route.fulfill(
            body=file.read_bytes(), content_type="text/javascript" if file.suffix == ".js" else "text/css"
        )
    else:
        await route.fulfill(status=204)


async def _walk(context: BrowserContext, sent: list[Request]) -> Page:
    await context.route("**/*", _answer)
    page = await context.new_page()
    page.on("request", lambda one: sent.append(one) if "/static/" not in one.url else None)
    return page


def _in_an_address(sent: list[Request], typed: set[str]) -> list[str]:
    """Addresses that carry a field of a form, but for the lists' filters, which hold choices and days."""
    found = [urlsplit(one.url) for one in sent]
    return [
        at.path for at in found if at.path not in FILTERS and parse_qs(at.query, keep_blank_values=True).keys() & typed
    ]


async def test_no_form_of_any_page_puts_a_field_into_an_address(browser: Browser) -> None:
    sent: list[Request] = []
    page = await _walk(await browser.new_context(viewport={"width": 1440, "height": 900}), sent)
    pages = _with_a_form_of_their_own()
    for name in pages:
        await page.goto(f"{ORIGIN}/sample/{name}")
        await page.evaluate(OPEN_ALL)
        for at in range(await page.locator(TEXT).count()):
            await page.locator(TEXT).nth(at).focus()
            await page.keyboard.press("Enter")
        await page.evaluate(CLICK_ALL)
        native = [tuple(one) for one in await page.evaluate("window.native")]
        assert native, f"{name}: the premise, something was sent"
        assert {path for method, path in native if method != "post"} <= FILTERS, (name, native)
        assert urlsplit(page.url).path in {f"/sample/{name}", *FILTERS}
    fields = {name for text in pages.values() for form in Markup(text).forms for name in form.fields if name}
    assert not _in_an_address(sent, fields)


async def test_without_script_what_was_typed_is_posted_by_click_and_by_enter(browser: Browser) -> None:
    sent: list[Request] = []
    page = await _walk(await browser.new_context(java_script_enabled=False), sent)
    for name, (field, _) in WITHOUT_SCRIPT.items():
        await page.goto(f"{ORIGIN}/sample/{name}.bare")
        form = page.locator("form", has=page.locator(field))
        await form.locator(field).fill("Typed here")
        async with page.expect_request(lambda one: one.method == "POST") as clicked:
            await form.locator("button[type=submit]").last.click(force=True)
        posted = [await clicked.value]
        if name not in ("addendum", "note"):  # in several lines Enter is a line
            async with page.expect_request(lambda one: one.method == "POST") as entered:
                await form.locator(field).press("Enter")
            posted.append(await entered.value)
        for one in posted:
            assert "Typed+here" in (one.post_data or ""), name
            assert not urlsplit(one.url).query
