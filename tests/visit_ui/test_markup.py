"""Every page outside the call, in every state: it obeys the policy, its forms are guarded, its fields named."""

import re
from pathlib import Path

import pytest

import visit_ui
from tests.visit_ui.markup import Markup
from visit_ui import assets
from visit_ui.environment import render
from visit_ui.pages.shell.frame import Page
from visit_ui.samples import all_samples
from visit_ui.samples.shell.cast import prescriber
from visit_ui.samples.shell.styleguide import styleguide

STATIC = Path(visit_ui.__file__).parent / "static"
PAGES: dict[str, Page] = {
    **{name: page for name, page in all_samples().items() if not name.startswith("visit.")},
    "styleguide": styleguide(prescriber("Styleguide")),
}
ABOUT_A_PATIENT = ("/admit", "/participants", "/visits/new", "/check-in", "/confirm", "/desk/book")
NAMES = sorted(PAGES)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_inline_that_the_policy_forbids(name: str) -> None:
    for tag, attributes in Markup(render(PAGES[name])).tags:
        assert tag != "style"
        assert "style" not in attributes, (tag, attributes)
        assert not [key for key in attributes if re.match(r"on[a-z]|hx-on", key)], (tag, attributes)
        assert tag != "script" or (attributes.get("src") or "").startswith("/static/")


@pytest.mark.parametrize("name", NAMES)
def test_every_posting_form_carries_the_token_and_its_patient(name: str) -> None:
    for form in Markup(render(PAGES[name])).forms:
        if not form.posts:
            continue
        assert form.fields["csrf_token"].get("value"), form.attributes
        if (form.attributes.get("action") or "").endswith(ABOUT_A_PATIENT):
            assert "patient" in form.fields, form.attributes


@pytest.mark.parametrize("name", NAMES)
def test_every_field_has_a_label(name: str) -> None:
    page = Markup(render(PAGES[name]))
    named = {found["for"] for tag, found in page.tags if tag == "label" and "for" in found}
    for tag, found in page.tags:
        if tag not in ("input", "select", "textarea") or found.get("type") == "hidden":
            continue
        assert found.get("id") in named or found.get("aria-label") or found in page.labelled_by_wrapping, found


def test_every_line_of_text_tells_the_browser_how_much_fits() -> None:
    """But for names of medicines, which nothing may cut."""
    checked = 0
    for name, sample in all_samples().items():
        for tag, found in Markup(render(sample)).tags:
            if tag != "input" or found.get("type", "text") not in ("text", "search", "tel"):
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
    for name, sample in all_samples().items():
        for form in Markup(render(sample)).forms:
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


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_unique_and_every_reference_has_its_target(name: str) -> None:
    page = Markup(render(PAGES[name]))
    ids = page.values("id")
    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]
    for attribute in ("for", "aria-labelledby", "aria-describedby"):
        for value in page.values(attribute):
            assert set(value.split()) <= set(ids), (attribute, value)


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_and_static_file_exists(name: str) -> None:
    page = Markup(render(PAGES[name]))
    symbols = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    for tag, found in page.tags:
        address = found.get("href") or found.get("src") or ""
        if not address.startswith("/static/"):
            continue
        path, _, symbol = assets.split(address.removeprefix("/static/"))[1].partition("#")
        assert (STATIC / path).is_file(), address
        assert tag != "use" or symbol in symbols, address


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("waiting", "styleguide")])
def test_a_page_has_one_main_heading_and_one_main_part(name: str) -> None:
    tags = [tag for tag, _ in Markup(render(PAGES[name])).tags]
    assert tags.count("h1") == 1
    assert tags.count("main") == 1


def test_signing_out_is_a_form_and_not_a_link() -> None:
    forms = [form.attributes.get("action") for form in Markup(render(PAGES["day"])).forms if form.posts]
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
