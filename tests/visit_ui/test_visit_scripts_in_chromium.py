"""What the visit pages do in a real browser: tabs, note, keys, chart, scale, waiting room. Time is moved by hand."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, Route, expect

from tests.visit_ui.serving import Answer, Site, serving
from visit_ui.environment import render
from visit_ui.samples.visit import cast, danger, dosing, medicines, notes, panels, patient
from visit_ui.samples.visit import pages as visit_pages

pytestmark = pytest.mark.browser
BASE = f"/visits/{cast.VISIT}"
SAVED = Answer(json.dumps({"version": 5, "saved_at": "2026-11-24T15:20:00Z"}), "application/json")


@pytest.fixture
def site() -> Iterator[Site]:
    answers = {
        BASE: Answer(render(visit_pages.ended_stage)),
        "/in-person": Answer(render(visit_pages.in_person_stage)),
        f"{BASE}/waiting": Answer(render(patient.waiting)),
        f"{BASE}/scales/phq9": Answer(render(patient.scale)),
        f"{BASE}/overview": Answer(render(panels.overview)),
        f"{BASE}/symptoms": Answer(render(panels.symptoms)),
        f"{BASE}/medicines": Answer(render(medicines.medicines)),
        f"{BASE}/medicines/a1/adjust": Answer(render(dosing.adjust)),
        f"{BASE}/medicines/a1/check": Answer(render(dosing.adjust_ready)),
        f"{BASE}/medicines/a1/revise": Answer(render(medicines.medicines_changed)),
        f"{BASE}/notes": Answer(render(notes.notes)),
        f"{BASE}/note": SAVED,
        f"{BASE}/note/sign": Answer(render(notes.notes_sealed)),
        "/session/remaining": Answer('{"viewer": "drew", "idle_s": 900, "csrf_token": "t"}', "application/json"),
    }
    with serving(answers) as running:
        yield running


async def _at(page: Page, site: Site, path: str = BASE) -> None:
    await page.goto(f"{site.address}{path}")
    await page.wait_for_function("() => window.htmx !== undefined")


async def test_arrows_move_along_the_tabs_and_a_tab_opens_its_part(site: Site, page: Page) -> None:
    await _at(page, site, "/in-person")
    await page.get_by_role("tab", name="Overview").focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Medicines")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Medicines", exact=True)).to_be_visible()
    await expect(page.get_by_role("tab", name="Medicines")).to_have_attribute("aria-selected", "true")
    await expect(page.locator("[data-medicine-badge]")).to_have_text("6")


async def test_keys_lead_to_the_tabs_outside_fields_only(site: Site, page: Page) -> None:
    await _at(page, site, "/in-person")
    await page.keyboard.press("4")
    await expect(page.locator("[data-note]")).to_be_visible()
    field = page.get_by_label("Plan")
    await field.fill("")
    await field.press_sequentially("1 2 3")
    await expect(field).to_have_value("1 2 3")
    await expect(page.locator("[data-note]")).to_be_visible()


async def test_a_dose_is_checked_while_it_is_chosen_and_signed_when_nothing_is_missing(site: Site, page: Page) -> None:
    await _at(page, site, "/in-person")
    await page.get_by_role("button", name="Raise Sertraline to 150 mg").click()
    await expect(page.get_by_role("heading", name="Adjust sertraline")).to_be_visible()
    await expect(page.locator("#sign")).to_have_attribute("aria-disabled", "true")
    await page.get_by_role("link", name="reason for the QT warning").click()
    await expect(page.locator("#answer-qt")).to_be_focused()
    await page.keyboard.type("ECG ordered")
    await page.keyboard.press("Tab")
    await expect(page.locator("#sign")).not_to_have_attribute("aria-disabled", "true")
    answered = page.locator("#finding-qt")
    await answered.get_by_role("button", name="Change").click()
    await expect(answered.get_by_role("textbox")).to_have_value("No cardiac history today; ECG ordered.")
    await page.locator("#sign").click()
    await expect(page.get_by_text("Signed 10:24 AM")).to_be_visible()
    assert [one.split()[1] for one in site.asked if "/medicines/a1" in one][-1] == f"{BASE}/medicines/a1/revise"


async def test_a_reason_typed_into_an_order_survives_a_look_at_another_tab(site: Site, page: Page) -> None:
    assert dosing.adjust.form is not None
    empty = replace(dosing.adjust, form=replace(dosing.adjust.form, reason=""))
    site.answers[f"{BASE}/medicines/a1/adjust"] = Answer(render(empty))
    site.answers[f"{BASE}/medicines/a1/check"] = Answer(render(empty))
    await _at(page, site, "/in-person")
    raise_it = page.get_by_role("button", name="Raise Sertraline to 150 mg")
    await raise_it.click()
    reason = page.locator("#reason")
    async with page.expect_response("**/check"):
        await reason.press_sequentially("Flat for four weeks")
        await page.keyboard.press("Tab")
    await page.get_by_role("tab", name="Symptoms").click()
    await expect(reason).to_have_count(0)
    await page.get_by_role("tab", name="Medicines").click()
    async with page.expect_response("**/check"):
        await raise_it.click()
    asked = sum("/check" in one for one in site.asked)
    await page.locator("#answer-qt").press_sequentially("ECG ordered")
    await page.locator("#sign").evaluate("() => fetch('/session/remaining')")  # a round trip
    assert sum("/check" in one for one in site.asked) == asked, "it is given back once, not again after each check"
    site.answers[f"{BASE}/medicines/a1/check"] = Answer(render(dosing.adjust_ready))
    await page.keyboard.press("Tab")
    await page.locator("#sign").click()
    await expect(page.get_by_text("Signed 10:24 AM")).to_be_visible()
    await raise_it.first.click()
    await expect(page.get_by_role("heading", name="Adjust sertraline")).to_be_visible()
    await expect(page.locator("#reason")).to_have_value("")


async def test_a_change_elsewhere_shows_in_the_open_list(site: Site, page: Page) -> None:
    await _at(page, site, "/in-person")
    site.answers[f"{BASE}/overview"] = Answer(
        render(replace(panels.overview, medicines=medicines.medicines_changed.medicines))
    )
    await page.evaluate("document.body.dispatchEvent(new CustomEvent('titrate:medications', {bubbles: true}))")
    await expect(page.locator("#order-a1")).to_contain_text("150 mg each morning")


async def test_a_note_is_saved_a_few_seconds_after_typing(site: Site, page: Page) -> None:
    await page.clock.install()
    await _at(page, site)
    await page.get_by_label("Plan").fill("Raise to 150 mg.")
    await page.clock.run_for(2600)
    await expect(page.locator("#note-state")).to_contain_text("Note saved")
    assert await page.evaluate("Object.keys(sessionStorage).filter(k => k.startsWith('titrate-note')).length") == 0
    assert await page.locator('input[name="version"]').input_value() == "5"


async def test_a_note_that_cannot_be_saved_says_why_where_it_said_that_it_is_saved(site: Site, page: Page) -> None:
    await page.clock.install()
    await _at(page, site)
    why = "At most 20,000 characters fit into “Plan”; this has 30,000."
    site.answers[f"{BASE}/note"] = Answer(json.dumps({"errors": {"section-plan": why}}), "application/json", 422)
    await page.get_by_label("Plan").fill("Raise to 150 mg.")
    await page.clock.run_for(2600)
    await expect(page.locator(".signing-state")).to_have_text(f"Draft is not saved. {why}")
    site.answers[f"{BASE}/note"] = SAVED
    await page.clock.run_for(6000)
    await expect(page.locator(".signing-state")).to_have_text("Draft saved as you type")


async def test_text_typed_without_a_connection_survives_a_reload_and_is_saved_later(site: Site, page: Page) -> None:
    await page.clock.install()
    await _at(page, site)
    await page.route("**/note", lambda route: route.abort())
    await page.get_by_label("Plan").fill("Raise to 150 mg.")
    await page.clock.run_for(2600)
    await expect(page.locator("#note-state")).to_contain_text("Kept here only")
    await page.reload()
    await expect(page.get_by_label("Plan")).to_have_value("Raise to 150 mg.")
    await page.unroute("**/note")
    await page.clock.run_for(6000)
    await expect(page.locator("#note-state")).to_contain_text("Note saved")


async def test_the_banner_says_where_the_patient_is_as_soon_as_they_have_said_it(site: Site, page: Page) -> None:
    site.answers[BASE] = Answer(render(visit_pages.expected_stage))
    await _at(page, site)
    await expect(page.locator("#banner")).to_contain_text("Not confirmed")
    site.answers[BASE] = Answer(render(visit_pages.waiting_stage))
    await page.evaluate("document.body.dispatchEvent(new CustomEvent('titrate:visit', {bubbles: true}))")
    await expect(page.locator("#banner")).to_contain_text("Home, Tampa FL")


async def test_a_note_that_is_refused_after_signing_out_covers_the_page_and_says_so(site: Site, page: Page) -> None:
    await page.clock.install()
    await _at(page, site)
    site.answers[f"{BASE}/note"] = Answer("{}", "application/json", 401)
    site.answers["/session/remaining"] = Answer("{}", "application/json", 401)
    await page.get_by_label("Plan").fill("Raise to 150 mg.")
    await page.clock.run_for(2600)
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    await expect(page.locator("#note-state")).to_have_text("Kept here only, you are signed out")
    await expect(page.locator("#panel")).to_be_hidden()
    back = '{"viewer": "drew", "idle_s": 900, "csrf_token": "t"}'
    site.answers |= {f"{BASE}/note": SAVED, "/session/remaining": Answer(back, "application/json")}
    await page.get_by_role("button", name="I have signed in").click()
    await expect(page.get_by_label("Plan")).to_have_value("Raise to 150 mg.")
    await page.clock.run_for(6000)
    await expect(page.locator("#note-state")).to_contain_text("Note saved")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180), (1440, 900)])
async def test_what_was_just_changed_covers_no_medicine(site: Site, page: Page, width: int, height: int) -> None:
    many = replace(patient.my_medicines_changed, medicines=patient.my_medicines_changed.medicines * 5)
    site.answers["/patient"] = Answer(render(replace(patient.patient_call, medicines=many)))
    await page.set_viewport_size({"width": width, "height": height})
    await _at(page, site, "/patient")
    covered = """() => {
      const bar = document.querySelector(".my-announce").getBoundingClientRect();
      const rows = [...document.querySelectorAll(".my-medicines > li")].map((row) => row.getBoundingClientRect());
      return rows.filter((row) => row.top < bar.bottom && row.bottom > bar.top).length;
    }"""
    assert await page.evaluate(covered) == 0
    await page.locator(".my-medicines > li").last.scroll_into_view_if_needed()
    assert await page.evaluate(covered) == 0


async def test_what_was_just_signed_fades_and_where_nothing_may_move_it_goes_at_once(site: Site, page: Page) -> None:
    """In the rail of a visit in person, which is light: no dark half of a call."""
    changed = replace(visit_pages.in_person_stage, panel=medicines.medicines_changed)
    site.answers["/in-person"] = Answer(render(changed))
    seen = """() => {
      const row = document.querySelector(".just-changed");
      const ground = () => getComputedStyle(row).backgroundColor;
      const [fade] = row.getAnimations();
      const { duration, delay } = fade.effect.getTiming();
      const light = Math.min(...getComputedStyle(document.querySelector(".stage")).backgroundColor.match(/[0-9]+/g));
      const before = ground();
      fade.finish();
      const after = ground();
      return { moves: duration > 0, stays: delay > 0, tinted: before !== after, after, light: light > 200 };
    }"""
    for motion, moves in (("no-preference", True), ("reduce", False)):
        await page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]  # one of its two words
        await _at(page, site, "/in-person")
        at = {"moves": moves, "stays": True, "tinted": True, "after": "rgba(0, 0, 0, 0)", "light": True}
        assert await page.evaluate(seen) == at, motion


async def test_two_tabs_never_overwrite_one_another_silently(site: Site, page: Page) -> None:
    await page.clock.install()
    await _at(page, site)
    theirs = {"interval": "Other tab.", "mental_status": "", "assessment": "", "plan": "Other plan."}
    site.answers[f"{BASE}/note"] = Answer(
        json.dumps({"version": 9, "saved_at": "2026-11-24T15:21:00Z", "sections": theirs}), "application/json", 409
    )
    await page.get_by_label("Plan").fill("My plan.")
    await page.clock.run_for(2600)
    box = page.locator("[data-note-conflict]")
    await expect(box).to_be_visible()
    await expect(box).to_contain_text("My plan.")
    await expect(box).to_contain_text("Other plan.")
    await page.get_by_role("button", name="Sign and lock").click()
    await expect(box.locator("[data-conflict]").first).to_be_focused()
    assert not any("/note/sign" in asked for asked in site.asked), "nothing is signed before one text is chosen"
    site.answers[f"{BASE}/note"] = Answer(
        json.dumps({"version": 10, "saved_at": "2026-11-24T15:22:00Z"}), "application/json"
    )
    await box.get_by_role("button", name="Keep both").click()
    await expect(page.get_by_label("Plan")).to_have_value("My plan.\n\nOther plan.")
    await page.clock.run_for(100)
    await expect(page.locator("#note-state")).to_contain_text("Note saved")


async def test_a_note_follows_the_visit_part_by_part_until_somebody_types_there(site: Site, page: Page) -> None:
    site.answers[BASE] = Answer(render(replace(visit_pages.ended_stage, panel=notes.notes_begun)))
    told = {"sections": {"plan": "Sertraline: stopped.", "assessment": "PHQ-9: 11."}}
    site.answers[f"{BASE}/note/beginning"] = Answer(json.dumps(told), "application/json")
    site.answers[f"{BASE}/note/open-alerts"] = Answer(render(danger.note_asks))
    await page.clock.install()
    await _at(page, site)
    await page.get_by_label("Plan").press("End")
    await page.keyboard.type(" And sleep.")
    mine = await page.get_by_label("Plan").input_value()
    answer = page.locator("[name^=alert-]").first
    await answer.fill("Talked about it")
    await page.evaluate("document.body.dispatchEvent(new CustomEvent('titrate:medications'))")
    await expect(page.get_by_label("Assessment")).to_have_value("PHQ-9: 11.")
    await expect(page.get_by_label("Plan")).to_have_value(mine)
    async with page.expect_request("**/note") as saving:
        await page.clock.run_for(2600)
    body = (await saving.value).post_data or ""
    assert 'name="section-plan"' in body
    assert 'name="section-assessment"' not in body, "nobody typed there: it goes on following"
    async with page.expect_response("**/note/open-alerts"):
        await page.evaluate("document.body.dispatchEvent(new CustomEvent('titrate:alerts'))")
    await expect(answer).to_have_value("Talked about it")


# Every press and every key, those that write included.
COUNT = """() => {
  window.acts = {clicks: 0, keys: 0};
  addEventListener('pointerdown', () => { window.acts.clicks += 1; }, true);
  addEventListener('keydown', () => { window.acts.keys += 1; }, true);
}"""
ASSESSMENT = "Partial response, no side effects; she agrees."


async def test_from_another_tab_to_the_signed_note_it_is_three_presses_and_one_sentence(site: Site, page: Page) -> None:
    """With the press that admits, that leaves a dose 6 presses and 34 keys of the 10 and 80 that a visit may take."""
    site.answers[f"{BASE}/notes"] = Answer(render(notes.notes_begun))
    await _at(page, site, "/in-person")
    await page.evaluate(COUNT)
    await page.get_by_role("tab", name="Notes").click()
    assert "raised from 100 mg to 150 mg" in await page.get_by_label("Plan").input_value()
    await page.get_by_label("Assessment").click()
    await page.keyboard.type(ASSESSMENT)
    await page.get_by_role("button", name="Sign and lock").click()
    await expect(page.get_by_text("It can no longer be changed")).to_be_visible()
    assert await page.evaluate("window.acts") == {"clicks": 3, "keys": len(ASSESSMENT)}


async def test_leaving_the_notes_tab_saves_at_once(site: Site, page: Page) -> None:
    await _at(page, site)
    await page.get_by_label("Plan").fill("Raise to 150 mg.")
    async with page.expect_request("**/note"):
        await page.get_by_role("tab", name="Symptoms").click()
    await expect(page.get_by_role("heading", name="PHQ-9 depression")).to_be_visible()


async def test_a_signed_note_leaves_nothing_behind_in_the_browser(site: Site, page: Page) -> None:
    await _at(page, site)
    await page.route("**/note", lambda route: route.abort())
    await page.get_by_label("Plan").fill("Raise to 150 mg.")
    await page.get_by_role("button", name="Sign and lock").click()
    await expect(page.get_by_text("It can no longer be changed")).to_be_visible()
    await expect(page.locator("#note-state")).to_contain_text("Note signed")
    assert await page.evaluate("Object.keys(sessionStorage).filter(k => k.startsWith('titrate-note')).length") == 0


async def test_another_person_in_the_same_tab_sees_nothing_that_was_kept(site: Site, page: Page) -> None:
    await _at(page, site)
    await page.route("**/note", lambda route: route.abort())
    await page.get_by_label("Plan").fill("Raise to 150 mg.")
    other = replace(visit_pages.ended_stage, panel=replace(notes.notes, viewer_id="ruth"))
    site.answers[BASE] = Answer(render(other))
    await page.reload()
    await expect(page.get_by_label("Plan")).to_have_value("")
    assert await page.evaluate("Object.keys(sessionStorage).filter(k => k.startsWith('titrate-note')).length") == 0


async def test_arrows_move_from_point_to_point_of_a_chart(site: Site, page: Page) -> None:
    await _at(page, site, "/in-person")
    points = page.locator(".timeline-wide [data-point]")
    await points.last.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(points.nth(6)).to_be_focused()
    await page.keyboard.press("Home")
    await expect(points.first).to_be_focused()
    await expect(points.first).to_have_attribute(
        "aria-label", "Jun 23, 2026: PHQ-9 17, moderately severe; Sertraline 25 mg a day"
    )


async def test_a_safety_answer_brings_help_at_once_and_tells_the_clinic(site: Site, page: Page) -> None:
    site.answers[f"{BASE}/scales/phq9"] = Answer(render(patient.scale))
    await _at(page, site, f"{BASE}/scales/phq9")
    beside = page.locator("[data-safety-help]").get_by_role("link", name="Call 988")
    await expect(beside).to_be_hidden()
    site.answers[f"{BASE}/scales/phq9"] = Answer(render(visit_pages.FRAGMENTS["visit.safety-told"]))
    question = page.get_by_role("group", name="Thoughts that you would be better off dead")
    await question.get_by_label("Several days").check()
    await expect(beside).to_be_visible()
    await expect(page.get_by_text("can see this answer now")).to_be_visible()
    assert [one for one in site.asked if one.startswith(f"POST {BASE}/scales/phq9")]
    await question.get_by_label("Not at all").check()
    await expect(beside).to_be_hidden()


async def test_help_appears_even_when_nobody_can_be_told(site: Site, page: Page) -> None:
    await _at(page, site, f"{BASE}/scales/phq9")
    await page.route("**/scales/phq9", lambda route: route.abort())
    question = page.get_by_role("group", name="Thoughts that you would be better off dead")
    await question.get_by_label("Nearly every day").check()
    await expect(page.locator("[data-safety-help]").get_by_role("link", name="Call 988")).to_be_visible()


async def test_the_waiting_room_goes_in_when_the_visit_begins(site: Site, page: Page) -> None:
    await _at(page, site, f"{BASE}/waiting")
    admitted = replace(patient.place, admitted=True)
    site.answers[f"{BASE}/waiting/place"] = Answer(render(admitted))
    site.answers[BASE] = Answer("<!doctype html><title>in</title>")
    async with page.expect_navigation(url=f"{site.address}{BASE}"):
        await page.evaluate("document.body.dispatchEvent(new CustomEvent('titrate:visit', {bubbles: true}))")


async def test_a_page_that_has_become_another_is_loaded_and_leaves_no_hole(site: Site, page: Page) -> None:
    await _at(page, site)
    await expect(page.get_by_role("heading", name="The visit has ended")).to_be_visible()
    site.answers[BASE] = Answer("<!doctype html><title>the call</title><p>The call goes on here.</p>")
    # Two parts of the page find it out, and the second one's reload may end the first one's.
    await page.evaluate("document.body.dispatchEvent(new CustomEvent('titrate:visit', {bubbles: true}))")
    await expect(page.get_by_text("The call goes on here.")).to_be_visible()


async def test_the_tab_pressed_last_stays_though_an_earlier_answer_comes_late(site: Site, page: Page) -> None:
    await _at(page, site)
    late: list[Route] = []

    async def hold(route: Route) -> None:
        late.append(route)

    await page.route("**/overview", hold)
    async with page.expect_request("**/overview"):
        await page.get_by_role("tab", name="Overview").click()
    await page.get_by_role("tab", name="Symptoms").click()
    await expect(page.locator("[data-page=symptoms]")).to_be_visible()
    await late[0].fulfill(body=render(panels.overview), content_type="text/html")
    await page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    await expect(page.locator("[data-page=symptoms]")).to_be_visible()
    await expect(page.locator("[data-page=overview]")).to_have_count(0)


async def test_a_live_update_brings_the_new_answers_into_what_a_person_opened(site: Site, page: Page) -> None:
    await _at(page, site, "/in-person")
    await page.get_by_role("tab", name="Symptoms").click()
    await expect(page.locator(".scale-total").first).to_have_text("9")
    site.answers[f"{BASE}/symptoms"] = Answer(render(panels.symptoms_raised))
    await page.evaluate("document.body.dispatchEvent(new CustomEvent('titrate:symptoms', {bubbles: true}))")
    await expect(page.locator(".scale-total").first).to_have_text("11")
    await expect(page.locator(".safety-item")).to_contain_text("More than half the days")
    await expect(page.locator("#answers-phq9")).to_have_attribute("open", "")


async def test_a_start_that_has_come_is_not_named_as_a_time_to_come(site: Site, page: Page) -> None:
    await page.clock.install(time=datetime(2026, 11, 24, 15, 0, tzinfo=UTC))
    await _at(page, site, f"{BASE}/waiting")
    place = page.locator("#place")
    await expect(place.get_by_text("Your visit may start around")).to_be_visible()
    await page.clock.run_for("05:00")
    await expect(place.get_by_text("Your visit may start around")).to_be_hidden()
    await expect(place.get_by_text("Your visit can start any minute now.")).to_be_visible()


async def test_minutes_that_somebody_waits_go_on_counting(site: Site, page: Page) -> None:
    await _at(page, site, f"{BASE}/waiting")
    counted = """async ([iso, now]) => {
      const { passing } = await import('/static/js/shell/passing_time.js');
      const line = document.body.appendChild(document.createElement('p'));
      line.innerHTML = `<b data-minutes-since="${iso}">0 minutes</b>`;
      passing(document, Date.parse(now));
      return line.textContent;
    }"""
    assert await page.evaluate(counted, ["2026-11-24T15:00:00Z", "2026-11-24T15:01:59Z"]) == "1 minute"
    assert await page.evaluate(counted, ["2026-11-24T15:00:00Z", "2026-11-24T15:12:00Z"]) == "12 minutes"


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 800)])
async def test_the_chart_stands_on_the_first_screen_however_much_changed(
    site: Site, page: Page, width: int, height: int
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    site.answers["/in-person"] = Answer(render(replace(visit_pages.in_person_stage, panel=panels.overview_full)))
    await _at(page, site, "/in-person")
    drawing = page.locator(".timeline-svg:visible")
    box = await drawing.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= height
