"""Every page and fragment of a visit, in every state: what it says and what it leaves out."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from emr.shared.clinic_time import words as said
from tests.visit_ui.markup import Markup
from visit_ui.environment import render
from visit_ui.samples.visit import cast, dosing, medicines, panels
from visit_ui.samples.visit.pages import FRAGMENTS, PAGES, SAMPLES

_CALLS = ["visit.prescriber", "visit.patient", "visit.guest"]


def test_every_htmx_request_names_where_its_answer_goes() -> None:
    found = [
        f"{name}: {tag} {attributes}"
        for name, sample in SAMPLES.items()
        for tag, attributes in Markup(render(sample)).tags
        if ("hx-post" in attributes or (tag == "button" and "hx-get" in attributes)) and not attributes.get("hx-target")
    ]
    assert not found, "\n".join(found)


def test_a_page_has_one_main_heading() -> None:
    assert [name for name, page in PAGES.items() if render(page).count("<h1") != 1] == []


@pytest.mark.parametrize("name", _CALLS)
def test_a_call_page_gives_its_module_what_it_needs_to_join(name: str) -> None:
    text = render(PAGES[name])
    for attribute in ("data-socket-url", "data-room", "data-ticket", "data-participant", "data-started-at"):
        assert f'{attribute}="' in text


def test_a_guest_sees_nothing_of_the_record() -> None:
    text = render(PAGES["visit.guest"])
    for word in ("Sertraline", "medicines", "my-scales", "PHQ", "Penicillin", "Palm Ave"):
        assert word not in text
    assert "Sertraline" in render(PAGES["visit.patient"])


def test_the_call_channel_is_given_no_patient_data() -> None:
    call_tag = re.search(r"<section class=\"stage\"[^>]*>", render(PAGES["visit.prescriber"]))
    assert call_tag
    assert "Ada" not in call_tag.group()


def test_allergies_not_asked_never_look_like_none_known() -> None:
    assert "Not asked yet" in render(PAGES["visit.stage-expected"])
    assert "None known" not in render(PAGES["visit.stage-expected"])


def test_an_empty_list_says_whether_anybody_has_asked() -> None:
    assert "does not mean no medicines" in render(FRAGMENTS["visit.medicines-unknown"])
    assert "Asked and confirmed" in render(FRAGMENTS["visit.overview-quiet"])


def test_a_change_can_be_signed_only_when_nothing_is_missing() -> None:
    waiting, ready = render(FRAGMENTS["visit.adjust"]), render(FRAGMENTS["visit.adjust-ready"])
    assert 'aria-disabled="true"' in waiting
    assert 'href="#answer-qt"' in waiting
    assert "/medicines/a1/revise" in ready
    assert 'aria-disabled="true"' not in ready


@pytest.mark.parametrize("name", ["visit.adjust", "visit.start-form", "visit.stop", "visit.hold"])
def test_the_agreement_is_recorded_as_not_asked(name: str) -> None:
    text = render(FRAGMENTS[name])
    assert 'name="agreement" value="not_asked"' in text
    assert "Patient agreement not requested here" in text


def test_a_blocked_medicine_shows_no_form_to_sign() -> None:
    text = render(FRAGMENTS["visit.start-blocked"])
    assert 'role="status"' in text
    assert "dose-form" not in text
    assert "Who can lift it" in text


def test_medicines_from_elsewhere_have_no_dose_buttons() -> None:
    text = render(FRAGMENTS["visit.medicines"])
    row = text[text.index('id="order-a4"') : text.index('id="order-a3"')]
    assert "/adjust" not in row
    assert "Prescribed elsewhere" in row
    assert "schedule IV" in row


def test_a_sealed_note_has_no_editor() -> None:
    text = render(FRAGMENTS["visit.notes-sealed"])
    assert "data-note " not in text
    assert "It can no longer be changed" in text


def test_a_safety_answer_is_posted_when_it_is_given() -> None:
    reader = Markup(render(PAGES["visit.scale"]))
    posted = {attributes["name"] for tag, attributes in reader.tags if tag == "input" and "hx-post" in attributes}
    assert posted == {"item-q9"}


def test_the_alert_region_is_assertive_and_stays_without_alerts() -> None:
    for name in ("visit.prescriber", "visit.alerted"):
        assert 'id="alerts" role="alert" aria-live="assertive"' in render(PAGES[name])
    assert "safety-alert" not in render(PAGES["visit.prescriber"])


def test_starting_a_medicine_asks_what_it_is_for_and_adjusting_does_not() -> None:
    assert 'name="indication"' in render(FRAGMENTS["visit.start-form"])
    assert 'name="indication"' not in render(FRAGMENTS["visit.adjust"])


def test_taking_over_is_offered_to_who_may_and_says_what_it_ends() -> None:
    for name in ("visit.attendance-mine", "visit.attendance-other-only", "visit.attendance-nobody-yet"):
        assert "/take-over" not in render(FRAGMENTS[name])
    assert "/take-over" in render(FRAGMENTS["visit.attendance-other"])
    assert "Taking over ends the check-in" not in render(FRAGMENTS["visit.attendance-other"])
    assert "Taking over ends the check-in" in render(FRAGMENTS["visit.attendance-other-checked-in"])


def test_a_check_in_that_does_not_hold_says_that_controlled_substances_are_blocked() -> None:
    for name in ("not-checked-in", "nobody-yet", "void", "over", "waits"):
        text = render(FRAGMENTS[f"visit.attendance-{name}"])
        assert "Controlled substances" in text
        assert "blocked" in text
    assert "blocked" not in render(FRAGMENTS["visit.attendance-checked-in"])


def test_a_check_in_that_ran_out_leads_to_a_new_visit_as_this_one_takes_no_other() -> None:
    over, void = (render(FRAGMENTS[f"visit.attendance-{name}"]) for name in ("over", "void"))
    assert "end this visit and book another" in over
    assert "in again" not in over
    assert "checks Ada in again" in void


def test_a_check_in_that_waits_for_the_patient_is_not_called_void() -> None:
    text = render(FRAGMENTS["visit.attendance-waits"])
    assert "Ada has not confirmed it" in text
    assert "void" not in text
    assert "again" not in text


def test_a_visit_by_video_says_nothing_of_a_check_in() -> None:
    for name in ("mine", "other"):
        assert "check" not in re.sub(r"<svg.*?</svg>", "", render(FRAGMENTS[f"visit.attendance-{name}"]))


def test_who_attends_re_reads_itself_in_the_call_and_in_person() -> None:
    for name in ("visit.prescriber", "visit.stage-in-person"):
        assert 'id="attendance" aria-live="polite"' in render(PAGES[name])
    assert 'id="attendance"' not in render(PAGES["visit.stage-ended"])


def test_the_other_visit_is_named_and_ended_by_who_may() -> None:
    assert "Ada’s video visit with Dr. Marsh has been in progress since" in render(PAGES["visit.another-open"])
    assert "/end" in render(PAGES["visit.another-open"])
    assert "/end" not in render(PAGES["visit.another-open-not-yours"])


def test_what_is_signed_is_not_read_back_as_none_before_a_dose_is_chosen() -> None:
    form = replace(dosing.form, new_total=None)
    page = " ".join(re.sub(r"<[^>]+>", " ", render(replace(dosing.adjust, form=form))).split())
    assert "You sign: Sertraline, no dose chosen yet." in page
    assert "None" not in page


def test_of_oneself_the_list_never_says_that_one_is_not_here() -> None:
    """Two windows of one person are one person to the server: the line of the call speaks, which knows."""
    gone = replace(panels.people, people=tuple(replace(one, is_here=False) for one in panels.people.people))
    page = render(gone)
    assert page.count("not here") == len(gone.people) - 1
    assert re.search(r'class="here">You</li>', page)


@pytest.mark.parametrize("name", sorted(name for name in PAGES if "in-person" in name))
def test_a_visit_in_person_has_a_rail_and_nothing_of_a_call(name: str) -> None:
    page = Markup(render(PAGES[name]))
    (layout,) = (found for _, found in page.tags if "data-visit-layout" in found)
    assert "railed" in (layout["class"] or "").split()
    of_a_call = {"data-call", "data-ticket", "data-act", "data-tiles", "data-self", "data-connection", "data-leave"}
    assert not [found for _, found in page.tags if of_a_call & found.keys()]


def test_a_dose_that_begins_later_is_told_from_and_not_since() -> None:
    for day, word in ((cast.TODAY + timedelta(days=2), "from"), (cast.TODAY, "since")):
        row = replace(cast.sertraline_row, since=day)
        page = " ".join(re.sub(r"<[^>]+>", " ", render(replace(medicines.medicines, medicines=(row,)))).split())
        assert f"{word} {said.short(day)}, Dr. Marsh" in page


def test_no_line_ends_between_the_number_and_the_unit_of_a_tablet() -> None:
    page = render(dosing.adjust)
    choices = [one.words for one in dosing.form.combinations]
    assert len(choices) > 1
    for words in choices:
        unbroken = re.sub(r"(\d) (mg)", "\\1\u00a0\\2", words)
        assert unbroken != words
        assert f"<span>{unbroken}</span>" in page
