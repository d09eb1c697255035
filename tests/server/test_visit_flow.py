"""A visit from appointment to goodbye over HTTP: what each side sends and sees, and what is left on record."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from compliance.reports.officer_list.cursor import Cursor, PageDirection
from emr.shared.ids import PersonId
from signaling.bus.bus import Bus
from signaling.bus.envelopes import Presence
from signaling.ids import ParticipantId, RoomId
from tests.server.web_process import ZONE, Person, Running, booked, sign_end, signing, transaction

WHERE = {"line": "Home", "city": "Tampa", "state": "FL", "postal": "33605", "call_back": "(813) 555-0142"}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found.group(1)


async def admitted(running: Running, patient: str = "ada") -> tuple[Person, Person, str]:
    """Ada has arrived and Drew has admitted her; gives both and the visit's path."""
    ada, drew = await running.as_(patient), await running.as_("drew")
    visit = f"/visits/{running.clinic.visits[patient]}"
    arrived = await ada.post(f"{visit}/arrive", running.clinic[patient], **WHERE)
    assert arrived.status_code in (303, 409), arrived.text
    let_in = await drew.post(f"{visit}/admit", running.clinic[patient])
    assert let_in.status_code == 303, let_in.text
    return ada, drew, visit


async def test_the_patient_is_asked_where_they_are_and_keeps_what_was_typed(running: Running) -> None:
    ada = await running.as_("marcus")
    visit = f"/visits/{running.clinic.visits['marcus']}"
    refused = await ada.post(f"{visit}/arrive", running.clinic["marcus"], **{**WHERE, "state": "Florida"})
    assert refused.status_code == 422
    assert 'value="Tampa"' in refused.text
    accepted = await ada.post(f"{visit}/arrive", running.clinic["marcus"], **WHERE)
    assert accepted.headers["location"] == f"{visit}/waiting"
    waiting = await ada.get(f"{visit}/waiting")
    assert waiting.status_code == 200, waiting.text
    drew = await running.as_("drew")
    day = await drew.get("/day")
    assert "Waiting now" in day.text
    assert "Tampa" not in day.text, "a list is read over shoulders"


async def test_every_panel_answers_in_the_call(running: Running) -> None:
    ada, drew, visit = await admitted(running)
    page = await drew.get(visit)
    assert page.status_code == 200, page.text
    for part in ("overview", "symptoms", "medicines", "notes", "people", "alerts", "medicines/start"):
        answer = await drew.get(f"{visit}/{part}", fragment=True)
        assert answer.status_code == 200, (part, answer.text)
    for part in ("my-medicines", "my-scales", "people"):
        answer = await ada.get(f"{visit}/{part}", fragment=True)
        assert answer.status_code == 200, (part, answer.text)
    assert (await ada.get(visit)).status_code == 200


async def test_a_medicine_is_started_then_raised_and_the_patient_sees_it(running: Running) -> None:
    ada, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    form = await drew.post(f"{visit}/medicines/find", patient, name="sertraline")
    assert form.status_code == 200
    assert "dose-form" in form.text, form.text
    first = {
        "product": "sertraline",
        "name": "sertraline",
        "total": "50",
        "timing": "morning",
        "days": "30",
        "refills": "1",
        "reason": "Depression, first step",
        "indication": "depression",
    }
    today = datetime.now(ZoneInfo(ZONE)).date()
    first["from"] = today.isoformat()
    checked = await drew.post(f"{visit}/medicines/start/check", patient, **first)
    assert checked.status_code == 200
    answers = signing(checked.text)
    signed = await drew.post(f"{visit}/medicines/start", patient, **first, **answers)
    assert signed.status_code == 200, signed.text
    assert "Sertraline started" in signed.text
    assert len(answers) > 1, "the premise: something was asked"
    read_back = " ".join(re.sub(r"<[^>]+>", " ", signed.text).split())
    for words in ("Indication: depression", "Reason: Depression, first step", "30 days", "1 refill"):
        assert words in read_back
    assert read_back.count(": Looked at together") == len(answers) - 1, "what was signed is read back in full"
    order = re.search(r"/medicines/([0-9a-f-]{36})/adjust", signed.text)
    assert order, signed.text
    path = f"{visit}/medicines/{order.group(1)}"
    adjust = await drew.post(f"{path}/adjust", patient, to="100")
    assert adjust.status_code == 200, adjust.text
    change = {**first, "total": "100", "reason": "Partial response", "from": (today + timedelta(days=1)).isoformat()}
    checked = await drew.post(f"{path}/check", patient, **change)
    answers = signing(checked.text)
    raised = await drew.post(f"{path}/revise", patient, **change, **answers)
    assert raised.status_code == 200, raised.text
    assert re.search(r"Sertraline is 100 mg each morning from \w+ \d+\. Signed", raised.text), "it begins tomorrow"
    mine = await ada.get(f"{visit}/my-medicines", fragment=True)
    told = " ".join(re.sub(r"<[^>]+>", " ", mine.text).split())
    assert "Changed in this visit Starting tomorrow: 100 mg each morning" in told
    assert "for depression 50 mg each morning" in told, "today's dose stays today's"
    home = " ".join(re.sub(r"<[^>]+>", " ", (await ada.get("/home")).text).split())
    ahead = r"50 mg each morning Since \w+ \d+ Starting tomorrow: 100 mg each morning, Dr\. Drew Cast"
    assert re.search(ahead, home), "who wrote tomorrow's dose did not set today's"
    row = " ".join(re.sub(r"<[^>]+>", " ", raised.text).split())
    both = r"50 mg each morning since \w+ \d+ 100 mg each morning from \w+ \d+, Dr\. Drew Cast"
    assert re.search(both, row), "the prescriber sees both, too"
    now = re.search(r"/medicines/([0-9a-f-]{36})/adjust", raised.text)
    assert now
    again = await drew.post(f"{visit}/medicines/{now.group(1)}/adjust", patient, to="150")
    assert "Signed but not started yet: <strong>100 mg each morning from" in again.text
    assert re.search(r"\+\s*100", re.sub(r"<[^>]+>", " ", again.text)), "counted from what is taken today"
    same = await drew.post(f"{visit}/medicines/{now.group(1)}/adjust", patient, to="100")
    assert "a different dose" in same.text
    late = {**change, "total": "150", "reason": "From another window"}
    for act in ("check", "revise"):
        again = await drew.post(f"{path}/{act}", patient, **late, **answers)
        assert again.status_code == 409
        assert "Sertraline is now 100 mg each morning" in again.text
        assert "From another window" in again.text, "nothing typed is lost"
        assert order.group(1) not in again.text, "what is signed next is about the order as it is now"


@pytest.mark.parametrize("name", ["Xanax 0.5 mg tablet", "alprazolam", "zannix 0.5", "Adderall XR 20 mg"])
async def test_a_controlled_or_unknown_name_is_blocked_and_recorded(running: Running, name: str) -> None:
    _, drew, visit = await admitted(running)
    async with transaction(running.settings.database_url) as conn:
        before = (await conn.execute(text("SELECT count(*) FROM decision WHERE outcome = 'block'"))).scalar_one()
    page = await drew.post(f"{visit}/medicines/find", running.clinic["ada"], name=name)
    assert page.status_code == 200, page.text
    assert "cannot be prescribed" in page.text or "not a recognized name" in page.text
    assert "dose-form" not in page.text
    async with transaction(running.settings.database_url) as conn:
        after = (await conn.execute(text("SELECT count(*) FROM decision WHERE outcome = 'block'"))).scalar_one()
    assert after == before + 1


async def started(drew: Person, visit: str, patient: PersonId, name: str, product: str, total: str, **more: str) -> str:
    """A medicine signed from today on; gives the answer's text."""
    today = datetime.now(ZoneInfo(ZONE)).date().isoformat()
    form = {"product": product, "name": name, "total": total, "timing": "morning", "days": "30", "refills": "1"}
    form |= {"from": today, "reason": "Next step", "indication": "depression", **more}
    checked = await drew.post(f"{visit}/medicines/start/check", patient, **form)
    answers = signing(checked.text)
    return (await drew.post(f"{visit}/medicines/start", patient, **form, **answers)).text


async def test_a_hold_is_ended_by_signing_a_dose_again(running: Running) -> None:
    _, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    signed = await started(drew, visit, patient, "buspirone", "buspirone", "15")
    order = re.search(r"/medicines/([0-9a-f-]{36})/hold[^>]*>Hold<[^>]*> Buspirone", signed)
    assert order, signed
    held = await sign_end(drew, f"{visit}/medicines/{order.group(1)}/hold", patient, "Rash, to be looked at")
    resume = re.search(r"/medicines/([0-9a-f-]{36})/adjust[^>]*>Resume", held.text)
    assert resume, held.text
    path = f"{visit}/medicines/{resume.group(1)}"
    form = await drew.post(f"{path}/adjust", patient)
    for words in ("Resume buspirone</h2>", "Sign: resume buspirone", 'data-pick="Reason for the hold resolved"'):
        assert words in form.text, words
    today = datetime.now(ZoneInfo(ZONE)).date().isoformat()
    change = {"total": "15", "timing": "morning", "days": "30", "refills": "1", "from": today, "reason": "Rash is gone"}
    checked = await drew.post(f"{path}/check", patient, **change)
    answers = signing(checked.text)
    ended = await drew.post(f"{path}/revise", patient, **change, **answers)
    assert (ended.status_code, "Buspirone resumed: 15 mg each morning. Signed" in ended.text) == (200, True)
    assert "Reason: Rash is gone" in ended.text
    assert re.search(r"30 days, .+, 1 refill\.", ended.text)
    assert ended.text.count(": Looked at together") == len(answers) - 1, "what was signed is read back in full"
    assert "On hold since" not in ended.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"from": "2020-01-01"}, "the first day"),
        ({"from": "2099-01-01"}, "the first day"),
        ({"refills": "99"}, "the refills"),
        ({"days": "9999"}, "the days of supply"),
    ],
)
async def test_what_cannot_be_is_named_and_not_signed(running: Running, wrong: dict[str, str], said: str) -> None:
    _, drew, visit = await admitted(running)
    answer = await started(drew, visit, running.clinic["ada"], "mirtazapine", "mirtazapine", "15", **wrong)
    assert "Mirtazapine started" not in answer
    assert re.search(rf"To sign:.*{said}", " ".join(re.sub(r"<[^>]+>", " ", answer).split())), answer


async def test_the_release_that_was_asked_for_is_what_is_offered(running: Running) -> None:
    _, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    asked = await drew.post(f"{visit}/medicines/find", patient, name="Seroquel XR 300 mg")
    assert "24 HR extended release oral tablet" in asked.text
    chosen = r'<option value="([^"]*)" selected'
    assert re.findall(chosen, asked.text)[:1] == ["day"], "a form that lasts a day is proposed once a day"
    plain = await drew.post(f"{visit}/medicines/find", patient, name="Seroquel 300 mg")
    assert "quetiapine, oral tablet" in plain.text
    assert re.findall(chosen, plain.text)[:1] == ["morning+evening"]
    none = await drew.post(f"{visit}/medicines/find", patient, name="Lexapro XR 10 mg")
    assert "No extended release form of escitalopram is in the formulary" in none.text


async def test_a_slip_is_blocked_with_the_name_that_was_meant_one_press_away(running: Running) -> None:
    _, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    page = await drew.post(f"{visit}/medicines/find", patient, name="sertralin 50 mg")
    assert "not a recognized name" in page.text
    assert "What you entered is close to:" in page.text
    offered = re.search(r"hx-vals='([^']+)'[^>]*>Sertraline", page.text)
    assert offered, page.text
    values = json.loads(offered.group(1))
    assert values["name"] == "sertraline"
    form = await drew.post(f"{visit}/medicines/find", patient, name=values["name"])
    assert "dose-form" in form.text
    controlled = await drew.post(f"{visit}/medicines/find", patient, name="alprazolm")
    assert "What you entered is close to:" not in controlled.text


async def test_the_note_is_kept_sealed_and_added_to(running: Running) -> None:
    _, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    panel = await drew.get(f"{visit}/notes", fragment=True)
    section = re.search(r'name="(section-[^"]+)"', panel.text)
    assert section, panel.text
    template = hidden(panel.text, "template") if 'name="template" value' in panel.text else ""
    fields = {"template": template, section.group(1): "Mood better."}
    saved = await drew.post(f"{visit}/note", patient, version="0", **fields)
    assert saved.status_code == 200, saved.text
    assert saved.json()["version"] == 1
    other_tab = await drew.post(f"{visit}/note", patient, version="0", **{**fields, section.group(1): "Other text."})
    assert other_tab.status_code == 409
    assert "Mood better." in other_tab.text
    signed = await drew.post(f"{visit}/note/sign", patient, version="0", **{**fields, section.group(1): "Other text."})
    assert signed.status_code == 409
    assert "Other text." in signed.text
    assert hidden(signed.text, "version") == "0", "what it is saved with next must be refused again, not overwrite"
    sealed = await drew.post(f"{visit}/note/sign", patient, version="1", **fields)
    assert sealed.status_code == 200, sealed.text
    refused = await drew.post(f"{visit}/note", patient, version="1", **fields)
    assert refused.status_code == 410
    added = await drew.post(f"{visit}/note/addendum", patient, text="Called the pharmacy.")
    assert added.status_code == 200
    assert "Called the pharmacy." in added.text


async def test_the_officer_sees_decisions_and_blocks(running: Running) -> None:
    _, drew, visit = await admitted(running)
    await drew.post(f"{visit}/medicines/find", running.clinic["ada"], name="lorazepam")
    olu = await running.as_("olu")
    page = await olu.get("/log?outcome=block")
    assert page.status_code == 200, page.text
    assert "Start lorazepam" in page.text
    assert "Ada" not in page.text
    detail = re.search(r'href="(/log/[0-9a-f-]{36})"', page.text)
    assert detail
    shown = await olu.get(detail.group(1))
    assert shown.status_code == 200, shown.text
    assert "controlled" in shown.text


async def test_the_officer_narrows_the_list_by_what_was_asked_for(running: Running) -> None:
    _, drew, visit = await admitted(running)
    await drew.post(f"{visit}/medicines/find", running.clinic["ada"], name="lorazepam")
    olu = await running.as_("olu")
    found = (await olu.get("/log?ingredient=lorazepam&action=new&modality=video&schedule=IV")).text
    assert re.search(r"[1-9]\d* decisions?, [1-9]\d* blocked", found)
    assert '<option value="lorazepam" selected>Lorazepam</option>' in found
    for other in ("schedule=II", "action=hold", "modality=audio", "state=ZZ"):
        assert "No decisions match" in (await olu.get(f"/log?ingredient=lorazepam&{other}")).text, other


async def test_an_address_of_no_page_shows_the_newest_one_and_says_so(running: Running) -> None:
    _, drew, visit = await admitted(running)
    await drew.post(f"{visit}/medicines/find", running.clinic["ada"], name="lorazepam")
    olu = await running.as_("olu")
    assert "is not a page" not in (await olu.get("/log")).text
    for wrong in ("7", "bwAGRPqAIYwAAAAAAAAAAAA"):
        page = await olu.get(f"/log?page={wrong}")
        assert "That address is not a page of this list" in page.text, wrong
        assert "Start lorazepam" in page.text
    past = Cursor(PageDirection.OLDER, datetime(2001, 1, 1, tzinfo=UTC), 1)
    beyond = (await olu.get(f"/log?outcome=block&page={past.text}")).text
    assert "Nothing older" in beyond
    assert 'href="/log?outcome=block"' in beyond


async def test_the_officer_sees_who_was_refused_what(running: Running) -> None:
    stranger = await running.as_("ruth")
    assert (await stranger.get(f"/patients/{running.clinic['ada']}")).status_code == 404
    olu = await running.as_("olu")
    page = await olu.get("/log?outcome=refuse")
    assert page.status_code == 200, page.text
    assert "patient, read, as prescriber" in page.text
    assert "Ruth Cast" in page.text
    other = await olu.get(f"/log?outcome=refuse&prescriber={running.clinic['tomas']}")
    assert "patient, read, as prescriber" not in other.text


async def test_a_form_made_for_another_patient_is_refused(running: Running) -> None:
    _, drew, visit = await admitted(running)
    answer = await drew.post(f"{visit}/end", running.clinic["marcus"])
    assert answer.status_code == 409
    assert "another patient" in answer.text


async def test_a_safety_answer_alerts_before_the_form_is_finished(running: Running) -> None:
    ada, drew, visit = await admitted(running)
    patient = running.clinic["ada"]
    form = await ada.get(f"{visit}/scales/phq9")
    assert form.status_code == 200, form.text
    items = re.findall(r'name="item-([^"]+)"', form.text)
    told = await ada.post(
        f"{visit}/scales/phq9", patient, now="safety", **{f"item-{list(dict.fromkeys(items))[8]}": "1"}
    )
    assert told.status_code == 200, told.text
    strip = await drew.get(f"{visit}/alerts", fragment=True)
    assert "acknowledge" in strip.text
    day = await drew.get("/day/waiting", fragment=True)
    assert day.status_code == 200


async def test_who_waits_with_a_safety_answer_has_it_as_a_badge_and_no_address(running: Running) -> None:
    drew, marcus = await running.as_("drew"), await running.as_("marcus")
    patient, visit = running.clinic["marcus"], f"/visits/{running.clinic.visits['marcus']}"
    form = await marcus.get(f"{visit}/scales/phq9")
    items = list(dict.fromkeys(re.findall(r'name="item-([^"]+)"', form.text)))
    await marcus.post(f"{visit}/scales/phq9", patient, now="safety", **{f"item-{items[8]}": "2"})
    arrived = await marcus.post(f"{visit}/arrive", patient, **WHERE)
    assert arrived.status_code == 303, arrived.text
    row = (await drew.get("/day/waiting", fragment=True)).text
    assert re.search(r'<span class="badge warning"[^>]*>.*?PHQ-9 item 9: 2</span>', row, re.S), row
    assert re.search(r"Answered \d+:\d\d\s[AP]M\.", row)
    for where in ("Tampa", "33605", "FL", "555-0142", "Home"):
        assert where not in row


async def test_nobody_is_admitted_by_somebody_who_is_in_the_call_of_another_visit(running: Running) -> None:
    """Two calls in one room would hear each other's patient; a visit that was only left open hinders nothing."""
    _, drew, _ = await admitted(running, "ada")
    marcus, other = running.clinic["marcus"], f"/visits/{running.clinic.visits['marcus']}"
    await (await running.as_("marcus")).post(f"{other}/arrive", marcus, **WHERE)
    async with transaction(running.settings.database_url) as conn:
        room = (await conn.execute(text("SELECT room FROM visit WHERE status = 'in_progress'"))).scalars().first()
    here = Presence(ParticipantId(str(running.clinic["drew"])), "prescriber", audio=True, video=True, away=False)
    admit = f'action="{other}/admit"'
    async with Bus.open(running.settings.redis_url) as bus:
        await bus.set_presence(RoomId(str(room)), (here,))
        for path in ("/day/waiting", other):  # known beforehand: said there, and not offered
            page = (await drew.get(path)).text
            assert ("You are in the call of another visit" in page, admit in page) == (True, False), path
        refused = await drew.post(f"{other}/admit", marcus)
        assert (refused.status_code, "the call of another visit" in refused.text) == (409, True)
        await bus.set_presence(RoomId(str(room)), (replace(here, away=True),))
        for path in ("/day/waiting", other):
            page = (await drew.get(path)).text
            assert ("You are in the call of another visit" in page, admit in page) == (False, True), path
        assert (await drew.post(f"{other}/admit", marcus)).status_code == 303


async def test_a_patient_who_is_in_another_visit_begins_no_second_one_and_the_way_to_it_is_shown(
    running: Running,
) -> None:
    """Nobody is in its call: it was only left open."""
    _, drew, open_visit = await admitted(running, "ada")
    second = await booked(drew, running, patient="ada")
    refused = await drew.post(f"{second}/admit", running.clinic["ada"])
    assert (refused.status_code, "Ada is in another visit" in refused.text) == (409, True)
    assert f'href="{open_visit}"' in refused.text


async def test_after_several_reports_the_list_names_the_newest(running: Running) -> None:
    _, drew, visit = await admitted(running)
    for name in ("Fish oil", "Magnesium", "Melatonin"):
        told = {"name": name, "sentence": "At night", "source": "self_reported", "since": ""}
        await drew.post(f"{visit}/medicines/report", running.clinic["ada"], **told)
    again = (await drew.get(f"{visit}/medicines", fragment=True)).text
    notice = re.search(r'class="panel-notice"[^>]*>(.*?)</p>', again, re.DOTALL)
    assert notice
    assert "Melatonin" in notice[1]
    assert "Fish oil" not in notice[1]


async def test_ending_closes_the_visit_for_both(running: Running) -> None:
    ada, drew, visit = await admitted(running)
    asked = await drew.post(f"{visit}/end", running.clinic["ada"])
    alerts = re.findall(r'name="alert-([0-9a-f-]{36})"', asked.text)
    done = {f"alert-{alert}": "Asked about it, no plan." for alert in alerts}
    ended = await drew.post(f"{visit}/end", running.clinic["ada"], **done) if alerts else asked
    assert ended.status_code == 303
    assert (await drew.get(visit)).status_code == 200
    assert (await ada.get(visit)).status_code == 200
    late = await drew.get(f"{visit}/medicines", fragment=True)
    assert "This visit has ended" in late.text


async def test_a_safety_answer_stands_on_its_prescribers_day_before_anybody_waits(running: Running) -> None:
    noor, ruth, drew = await running.as_("noor"), await running.as_("ruth"), await running.as_("drew")
    visit = f"/visits/{running.clinic.visits['noor']}"
    told = await noor.post(f"{visit}/scales/phq9", running.clinic["noor"], **{"item-q9": "1", "now": "safety"})
    assert told.status_code == 200, told.text
    for path in ("/day", "/day/waiting"):
        assert "Noor Cast</strong> scored 1 on the self-harm item" in (await ruth.get(path)).text
        assert "Noor Cast" not in (await drew.get(path)).text


async def test_going_back_from_a_chart_leads_to_what_was_searched(running: Running) -> None:
    drew, ruth = await running.as_("drew"), await running.as_("ruth")
    sent = await drew.post("/patients", q="marcus")
    assert (sent.status_code, sent.headers["location"]) == (303, "/patients")
    for _ in range(2):
        found = await drew.get("/patients")
        assert "Marcus Cast" in found.text
        assert "Ada Cast" not in found.text
        assert "Show all" in found.text
    assert "Noor Cast" in (await ruth.get("/patients")).text, "a search is one session's own"
    await drew.post("/patients", q="")
    assert "Ada Cast" in (await drew.get("/patients")).text
