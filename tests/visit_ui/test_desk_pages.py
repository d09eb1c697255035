"""What the front desk and the patient at its screen may see, and what their forms say."""

import re
from dataclasses import replace

import pytest

from tests.visit_ui.markup import Markup
from visit_ui.environment import render
from visit_ui.pages.shell.parts import FieldError
from visit_ui.samples.admin.sites import SAMPLES as SITES
from visit_ui.samples.shell.cast import at
from visit_ui.samples.staff.day import BOOKING
from visit_ui.samples.staff.desk import DAY, SAMPLES

AT_THE_SCREEN = sorted(name for name in SAMPLES if name.startswith(("check-in-confirm", "check-in-done")))


def _links(name: str) -> list[str]:
    return [found["href"] or "" for tag, found in Markup(render(SAMPLES[name])).tags if tag == "a"]


@pytest.mark.parametrize("name", AT_THE_SCREEN)
def test_the_screen_that_a_patient_holds_names_nobody_and_has_no_menu(name: str) -> None:
    text = re.sub(r'value="[^"]*"', "", render(SAMPLES[name]))  # apart from what the patient typed
    assert "<nav" not in text
    assert "/sign-out" not in text
    for word in ("Caleb", "Stone", "Marsh", "Noa"):
        assert word not in text


def test_not_now_does_not_open_the_day_in_the_patients_hands() -> None:
    assert [one for one in _links("check-in-confirm") if one.startswith("/desk?") or one == "/desk"] == []
    assert [one for one in _links("check-in-confirm") if one.startswith("/desk/visits/")]


def test_what_was_typed_stays_when_it_does_not_match() -> None:
    text = render(SAMPLES["check-in-confirm.mismatch"])
    assert 'value="Kaleb Stone"' in text
    assert '<option value="2" selected>February' in text
    assert "This does not match what the clinic has on file" in text


def test_a_check_in_asks_for_both_people_and_says_whose_word_it_is() -> None:
    form = next(one for one in Markup(render(SAMPLES["check-in"])).forms if "site" in one.fields)
    assert {"patient_here", "prescriber_here", "site", "patient"} <= set(form.fields)
    assert "required" in form.fields["patient_here"]
    assert "under your name, Noa Reyes" in render(SAMPLES["check-in"])


@pytest.mark.parametrize("name", ["check-in.in-a-call", "check-in.no-site"])
def test_a_check_in_that_is_refused_has_no_form(name: str) -> None:
    assert "patient_here" not in render(SAMPLES[name])


def test_a_visit_that_is_checked_in_is_not_offered_again_and_a_void_one_is() -> None:
    assert "/check-in" in render(SAMPLES["desk"])
    assert "/check-in" not in render(SAMPLES["desk.checked-in"])
    assert "Check in again" in render(SAMPLES["desk.void"])


def test_only_what_is_over_is_dimmed_not_who_is_late_for_check_in() -> None:
    late = replace(DAY, now=at(14, 10))
    rows = re.findall(r'<tr class="(past)?">(.*?)</tr>', render(late), re.DOTALL)
    assert [past for past, row in rows if "Caleb Stone" in row] == [""]
    assert [past for past, row in rows if "Noor Haddad" in row] == ["past"]


def test_a_clinic_without_an_open_site_reads_what_that_stops() -> None:
    assert "No site is open. Until you add one" in render(SITES["sites.none-open"])
    assert "No site is open" not in render(SITES["sites"])


def test_a_site_or_room_that_is_wrong_is_shown_for_every_way_to_meet() -> None:
    wrong = replace(BOOKING, errors=(FieldError("place", "At most 200 characters."),))
    assert "in-person-only" in render(BOOKING)
    assert "in-person-only" not in render(wrong)
