"""Every form of a change carries a key of its own, on every page in every state; every other says why it needs none."""

import re

import pytest
from starlette.routing import compile_path

from server.auth.sign_in import sign_in_routes
from server.http.endpoint import RouteSpec
from server.http.idempotency.key import FIELD
from tests.server.row_cases import CHANGES
from tests.visit_ui.markup import Form, Markup
from visit_ui.environment import render
from visit_ui.samples import all_samples

PAGES = all_samples()
# They change no record, and each says again what is so by then: signed out, still here.
DOORS = {"/sign-out", "/session/stay", "/back-channel-logout"}
# Of the demo's provider and of the samples of single parts: no rows of ours.
ELSEWHERE = re.compile(r"#|/demo/")


def rows_at(address: str) -> list[RouteSpec]:
    """The row that answers a POST there; fixed words come before ids, as in the table."""
    path = address.partition("?")[0]
    return [row for row in CHANGES if compile_path(row.path)[0].match(path)][:1]


def test_each_change_needs_a_key_or_says_why_not() -> None:
    keyless = {row.path for row in CHANGES if row.keyless}
    assert keyless == {
        "/patients",
        "/log/export",
        "/log/export-list",
        "/visits/{visit}/medicines/find",
        "/visits/{visit}/medicines/start/check",
        "/visits/{visit}/medicines/{order}/adjust",
        "/visits/{visit}/medicines/{order}/check",
    }
    assert {route.path for route in sign_in_routes() if "POST" in (route.methods or ())} == DOORS


def addresses(form: Form, page: Markup) -> list[str]:
    """Where a form posts to: itself, and the buttons in it that post for themselves."""
    own = form.attributes.get("hx-post") or form.attributes.get("action") or ""
    at = page.tags.index(("form", form.attributes))
    later = [index for index, (tag, _) in enumerate(page.tags) if tag == "form" and index > at]
    inside = page.tags[at + 1 : later[0] if later else None]
    posted = [found.get("hx-post") or "" for tag, found in inside if tag == "button" and found.get("type") == "submit"]
    return [one for one in (own, *posted) if one]


@pytest.mark.parametrize("name", PAGES)
def test_every_form_of_a_change_carries_a_key(name: str) -> None:
    page = Markup(render(PAGES[name]))
    seen: list[str] = []
    for form in page.forms:
        if not form.posts:
            continue
        to = addresses(form, page)
        found = [row for one in to for row in rows_at(one)]
        assert found or set(to) <= DOORS or ELSEWHERE.search(to[0]), to
        if any(row.once for row in found):
            key = form.fields[FIELD].get("value") or ""
            assert re.fullmatch(r"[A-Za-z0-9_-]{24}", key), to
            seen.append(key)
    assert len(seen) == len(set(seen)), "each form has its own"


# Filters of lists: days, numbers and choices, never a text of somebody's own.
FILTERS = {"/log", "/log/presence"}
CHOSEN = {"number", "checkbox", "radio", None}
DAYS, KEPT = {"from", "to"}, {"sort", "of-entry"}


@pytest.mark.parametrize("name", PAGES)
def test_every_form_is_posted_to_an_address_of_its_own_also_without_script(name: str) -> None:
    page = Markup(render(PAGES[name]))
    assert not page.values("formaction") + page.values("formmethod")
    for form in page.forms:
        to = form.attributes.get("action") or ""
        if form.attributes.get("method") == "post":
            assert to, form.attributes
            assert form.attributes.get("hx-post", to) == to, "with script and without, to the same address"
        else:
            assert to in FILTERS, form.attributes
            typed = {name for name, field in form.fields.items() if field.get("type") not in CHOSEN}
            assert typed <= DAYS | KEPT


def test_the_same_page_rendered_again_has_other_keys() -> None:
    first, second = (Markup(render(PAGES["people"])).forms[-1].fields[FIELD].get("value") for _ in range(2))
    assert first != second
