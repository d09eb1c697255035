"""Every page and fragment, in every state: it obeys the policy, its forms are guarded, its fields named.

Each test goes over all of them once and lists whatever it finds.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import visit_ui
from tests.visit_ui.markup import Form, Markup
from visit_ui import assets
from visit_ui.environment import render
from visit_ui.pages.shell.frame import Page
from visit_ui.samples import all_samples
from visit_ui.samples.shell.cast import prescriber
from visit_ui.samples.shell.styleguide import styleguide

STATIC = Path(visit_ui.__file__).parent / "static"
PAGES: dict[str, Page] = {**all_samples(), "styleguide": styleguide(prescriber("Styleguide"))}
ABOUT_A_PATIENT = ("/admit", "/participants", "/visits/new", "/check-in", "/confirm", "/desk/book")
OUTSIDE = sorted(name for name in PAGES if not name.startswith("visit."))
"""Pages outside a visit."""


@cache
def _markup(name: str) -> Markup:
    return Markup(render(PAGES[name]))


def _pages() -> Iterator[tuple[str, Markup]]:
    for name in sorted(PAGES):
        yield name, _markup(name)


def test_nothing_inline_that_the_policy_forbids() -> None:
    found = []
    for name, page in _pages():
        for tag, attributes in page.tags:
            handlers = [key for key in attributes if re.match(r"on[a-z]|hx-on", key)]
            foreign = tag == "script" and not (attributes.get("src") or "").startswith("/static/")
            if tag == "style" or "style" in attributes or handlers or foreign:
                found.append(f"{name}: {tag} {attributes}")
    assert not found, "\n".join(found)


def _sends(name: str, form: Form) -> bool:
    """Whether it changes something. In a visit that is every form which does not say that it only asks."""
    if not name.startswith("visit."):
        return form.posts
    asks = "hx-get" in form.attributes or form.attributes.get("method") == "get"
    return not asks


def _patient_lacks(name: str, form: Form) -> bool:
    action = form.attributes.get("action") or ""
    if name.startswith("visit."):
        return action != "/sign-out" and not form.fields.get("patient", {}).get("value")
    return action.endswith(ABOUT_A_PATIENT) and "patient" not in form.fields


def test_every_posting_form_carries_the_token_and_its_patient() -> None:
    found = [
        f"{name}: {form.attributes}"
        for name, page in _pages()
        for form in page.forms
        if _sends(name, form) and (not form.fields.get("csrf_token", {}).get("value") or _patient_lacks(name, form))
    ]
    assert not found, "\n".join(found)


def test_every_field_has_a_label() -> None:
    found = []
    for name, page in _pages():
        named = {label["for"] for tag, label in page.tags if tag == "label" and "for" in label}
        for tag, field in page.tags:
            if tag not in ("input", "select", "textarea") or field.get("type") == "hidden":
                continue
            if not (field.get("id") in named or field.get("aria-label") or field in page.labelled_by_wrapping):
                found.append(f"{name}: {field}")
    assert not found, "\n".join(found)


def test_every_line_of_text_tells_the_browser_how_much_fits() -> None:
    """But for names of medicines, which nothing may cut."""
    checked = 0
    for name, page in _pages():
        for tag, found in page.tags:
            if name == "styleguide" or tag != "input" or found.get("type", "text") not in ("text", "search", "tel"):
                continue
            whole = found.get("name") == "name" and not name.startswith("sites")
            assert whole or int(found.get("maxlength") or 0), (name, found)
            checked += 1
    assert checked > 50


# What a browser may fill in: of a patient at home, where help is to come and how to call back.
THEIR_OWN = {
    "line": "street-address",
    "city": "address-level2",
    "state": "address-level1",
    "postal": "postal-code",
    "call_back": "tel",
}
OF_TEXT = ("text", "search", "tel", "number")


def test_a_browser_offers_a_patient_their_own_address_and_fills_in_nothing_else() -> None:
    """One computer is used by many: what was typed about one patient is not offered for the next, nor restored."""
    checked = 0
    for name, page in _pages():
        for form in [] if name == "styleguide" else page.forms:
            own = THEIR_OWN if (form.attributes.get("action") or "").endswith("/arrive") else {}
            for field, found in form.fields.items():
                if found.get("type") == "hidden":
                    continue
                typed = found.get("type") in OF_TEXT or "maxlength" in found or "rows" in found
                if not typed and field not in own:
                    continue
                said = found.get("autocomplete") or form.attributes.get("autocomplete")
                assert said == own.get(field, "off"), (name, field, said)
                checked += 1
    assert checked > 100


def test_ids_are_unique_and_every_reference_has_its_target() -> None:
    found = []
    for name, page in _pages():
        ids = page.values("id")
        found += [f"{name}: {one} twice" for one in sorted(set(ids)) if ids.count(one) > 1]
        for attribute in ("for", "aria-labelledby", "aria-describedby"):
            for value in page.values(attribute):
                found += [f"{name}: {attribute} {one}" for one in value.split() if one not in ids]
    assert not found, "\n".join(found)


def test_every_icon_and_static_file_exists() -> None:
    symbols = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    found = []
    for name, page in _pages():
        for tag, attributes in page.tags:
            address = attributes.get("href") or attributes.get("src") or ""
            if not address.startswith("/static/"):
                continue
            path, _, symbol = assets.split(address.removeprefix("/static/"))[1].partition("#")
            if not (STATIC / path).is_file() or (tag == "use" and symbol not in symbols):
                found.append(f"{name}: {address}")
    assert not found, "\n".join(found)


def test_a_page_has_one_main_heading_and_one_main_part() -> None:
    found = []
    for name in OUTSIDE:
        tags = [tag for tag, _ in _markup(name).tags]
        if name not in ("waiting", "styleguide") and (tags.count("h1"), tags.count("main")) != (1, 1):
            found.append(f"{name}: {tags.count('h1')} h1, {tags.count('main')} main")
    assert not found, "\n".join(found)


def test_signing_out_is_a_form_and_not_a_link() -> None:
    forms = [form.attributes.get("action") for form in _markup("day").forms if form.posts]
    assert "/sign-out" in forms


def test_a_guest_sees_no_medicines() -> None:
    assert "Sertraline" in render(PAGES["home"])
    assert "medicines" not in render(PAGES["home.guest"]).lower()


def test_the_officers_log_names_no_patient() -> None:
    text = render(PAGES["log"])
    assert "P-7F2C" in text
    assert "Lindqvist" not in text


def test_not_asked_is_never_read_as_none_known() -> None:
    empty = render(PAGES["chart.empty"])
    assert "Not asked yet" in empty
    assert "None known" not in empty


def test_a_check_that_could_not_run_is_no_pass() -> None:
    text = render(PAGES["verification.could-not"])
    assert "This does not mean the log is intact." in text
    assert "whole" not in text


def test_the_waiting_room_in_the_day_is_the_fragment_itself() -> None:
    part, whole = (
        re.sub(r'(name="idempotency_key" value=")[^"]+', r"\1", render(PAGES[one])) for one in ("waiting", "day")
    )
    assert part.strip() in whole


def test_the_list_of_check_ins_masks_patients_and_leads_to_each_decision() -> None:
    text = render(PAGES["presence-log"])
    assert "P-3B1D" in text
    assert 'href="/log/48231"' in text
    assert "Schedule IV" in text
    for name in ("Stone", "Lindqvist"):
        assert name not in text
    assert 'href="/log/presence"' in render(PAGES["log"])


@pytest.mark.parametrize("name", sorted(one for one in PAGES if one.split(".")[0] in {"log", "presence-log"}))
def test_no_two_landmarks_of_the_officers_pages_have_one_name(name: str) -> None:
    landmarks = re.findall(r'<(?:section|nav|form|div[^>]* role="region")([^>]*)>', render(PAGES[name]))
    names = re.findall(r'aria-label(?:ledby)?="([^"]+)"', " ".join(landmarks))
    assert "Filters" in names
    assert len(names) == len(set(names))
