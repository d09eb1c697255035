"""In person means seen by somebody else too: one visit at a time, who attends, the check-in, and no call."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from emr.visits.model import Modality
from server.calls import events as call_events
from server.processes.resources import open_app_context
from tests.server.presence import ALPRAZOLAM, Desks, open_desk, sign_start
from tests.server.row_cases import DOSE, WHERE
from tests.server.test_call_socket import HANDSHAKE_REFUSED, refused_at_the_door
from tests.server.web_process import Running, signing, transaction


@pytest.fixture
async def desks(running: Running) -> Desks:
    opened = await open_desk(running)
    await opened.end_all()
    return opened


async def prescriptions(desks: Desks) -> object:
    return await desks.ask("SELECT count(*) FROM prescription WHERE schedule <> 'none'")


async def test_a_second_visit_of_a_patient_in_a_visit_does_not_begin_and_the_open_one_is_named(
    running: Running, desks: Desks
) -> None:
    """The way around the block: a visit in person, booked for now and admitted alone, beside the video visit."""
    ada, drew = await running.as_("ada"), await running.as_("drew")
    patient, video = running.clinic["ada"], await desks.visit(modality=Modality.VIDEO)
    await ada.post(f"/visits/{video}/arrive", patient, **WHERE)
    assert (await drew.post(f"/visits/{video}/admit", patient)).status_code == 303
    in_person = await desks.visit()
    refused = await drew.post(f"/visits/{in_person}/admit", patient)
    assert refused.status_code == 409
    assert "video visit" in refused.text
    assert f'action="/visits/{video}/end"' in refused.text
    assert await desks.ask("SELECT status FROM visit WHERE id = :id", id=in_person) == "scheduled"
    assert (await drew.post(f"/visits/{video}/end", patient)).status_code == 303
    assert (await drew.post(f"/visits/{in_person}/admit", patient)).status_code == 303
    stopped = await drew.post(f"/visits/{in_person}/medicines/find", patient, name="alprazolam 1 mg", product="")
    assert "the front desk has not checked the patient in" in stopped.text
    assert "cannot be prescribed yet" in stopped.text
    assert "remote" not in stopped.text
    await sign_start(drew, in_person, patient, **ALPRAZOLAM)
    assert await prescriptions(desks) == 0


async def test_whoever_treats_takes_the_open_visit_over_to_end_it(running: Running, desks: Desks) -> None:
    """Ruth treats Noor too: the visit that Jonah left open is hers to end once she attends it."""
    jonah, ruth = await running.as_("jonah"), await running.as_("ruth")
    patient = running.clinic["noor"]
    first = await desks.visit("noor", prescriber="jonah")
    assert (await jonah.post(f"/visits/{first}/admit", patient)).status_code == 303
    second = await desks.visit("noor", prescriber="ruth")
    refused = await ruth.post(f"/visits/{second}/admit", patient)
    assert f'action="/visits/{first}/end"' not in refused.text
    assert "open it and take it over" in refused.text
    assert f'href="/visits/{first}"' in refused.text
    assert (await ruth.post(f"/visits/{first}/end", patient)).status_code == 404
    assert (await ruth.post(f"/visits/{first}/take-over", patient)).status_code == 303
    assert (await ruth.post(f"/visits/{first}/end", patient)).status_code == 303
    assert (await ruth.post(f"/visits/{second}/admit", patient)).status_code == 303


async def test_checked_in_in_person_a_controlled_substance_is_signed_once_and_handed_off(
    running: Running, desks: Desks
) -> None:
    drew, patient = await running.as_("drew"), running.clinic["ada"]
    visit = await desks.visit()
    await desks.check_in(visit)
    assert await desks.ask("SELECT status FROM visit WHERE id = :id", id=visit) == "waiting"
    assert (await drew.post(f"/visits/{visit}/admit", patient)).status_code == 303
    shown = await drew.get(f"/visits/{visit}")
    assert "Checked in at" in shown.text
    form = await drew.post(f"/visits/{visit}/medicines/find", patient, name="alprazolam 1 mg", product="alprazolam_ir")
    assert "certified for electronic prescribing" in form.text
    assert "Schedule IV: at most 5 refills" in form.text
    before = await prescriptions(desks)
    signed = await sign_start(drew, visit, patient, **ALPRAZOLAM)
    assert "Signed." in signed
    assert "/hand-off" in signed
    assert await prescriptions(desks) == int(str(before)) + 1
    order = await desks.ask("SELECT order_id FROM prescription WHERE schedule = 'IV' AND encounter_id = :id", id=visit)
    sheet = await drew.get(f"/visits/{visit}/medicines/{order}/hand-off")
    for words in ("This is not a prescription", "21 CFR 1311.100(c)", "Ybor clinic", "Noa", "Schedule"):
        assert words in sheet.text
    chart = await drew.get(f"/patients/{patient}")
    assert f"/visits/{visit}/medicines/{order}/hand-off" in chart.text
    ada = await running.as_("ada")
    assert (await ada.get(f"/visits/{visit}/medicines/{order}/hand-off")).status_code == 404


async def test_joining_any_call_ends_the_check_in(running: Running, desks: Desks) -> None:
    drew, patient = await running.as_("drew"), running.clinic["ada"]
    visit, other = await desks.visit(), await desks.visit("marcus", modality=Modality.VIDEO)
    await desks.check_in(visit)
    await drew.post(f"/visits/{visit}/admit", patient)
    async with transaction(running.settings.database_url) as conn:
        joined = (
            "INSERT INTO call_join (visit_id, person_id, joined_at, recorded_at) VALUES (:visit, :who, now(), now())"
        )
        await conn.execute(text(joined), {"visit": other, "who": running.clinic["drew"]})
    stopped = await drew.post(f"/visits/{visit}/medicines/find", patient, name="alprazolam 1 mg", product="")
    assert "One of you joined a call afterward" in stopped.text
    assert "joined a call" in (await drew.get(f"/visits/{visit}/attendance", fragment=True)).text


async def test_who_does_not_attend_signs_nothing_until_they_take_over_which_ends_the_check_in(
    running: Running, desks: Desks
) -> None:
    ruth, jonah = await running.as_("ruth"), await running.as_("jonah")
    patient, visit = running.clinic["noor"], await desks.visit("noor", prescriber="ruth")
    await desks.check_in(visit, "noor")
    await ruth.post(f"/visits/{visit}/admit", patient)
    other = {**DOSE, "product": "mirtazapine", "name": "mirtazapine", "total": "15"}
    stopped = await sign_start(jonah, visit, patient, **{**DOSE, "indication": "low mood"})
    assert "cannot be prescribed by you in this visit" in stopped
    assert 'value="low mood"' in stopped  # what was typed stands below the block
    assert await desks.ask("SELECT count(*) FROM prescription WHERE encounter_id = :id", id=visit) == 0
    taken = await jonah.post(f"/visits/{visit}/take-over", patient)
    assert taken.status_code == 303
    assert "void" in (await jonah.get(f"/visits/{visit}")).text
    controlled = await jonah.post(f"/visits/{visit}/medicines/find", patient, name="alprazolam 1 mg", product="")
    assert "It was made for a prescriber other than" in controlled.text
    assert "Signed." in await sign_start(jonah, visit, patient, **{**DOSE, "indication": "low mood"})
    late = await sign_start(ruth, visit, patient, **other)
    assert "cannot be prescribed by you in this visit" in late
    entries = "SELECT count(*) FROM audit_entry WHERE visit_id = :id AND action = 'visit.take_over'"
    assert await desks.ask(entries, id=visit) == 1


async def test_a_dose_change_that_a_take_over_blocks_is_on_record_once(running: Running, desks: Desks) -> None:
    """Checked while Ruth treats, signed after Jonah took over: one blocked attempt, not two."""
    ruth, jonah = await running.as_("ruth"), await running.as_("jonah")
    patient, visit = running.clinic["noor"], await desks.visit("noor", prescriber="ruth")
    await ruth.post(f"/visits/{visit}/admit", patient)
    signed = await sign_start(ruth, visit, patient, **{**DOSE, "indication": "low mood"})
    order = re.search(r"/medicines/([0-9a-f-]{36})/adjust", signed)
    assert order, signed
    path, change = f"/visits/{visit}/medicines/{order.group(1)}", {**DOSE, "total": "100", "reason": "Partial response"}
    read_back = signing((await ruth.post(f"{path}/check", patient, **change)).text)
    assert (await jonah.post(f"/visits/{visit}/take-over", patient)).status_code == 303
    blocks = "SELECT count(*) FROM decision WHERE encounter_id = :id AND outcome = 'block'"
    before = await desks.ask(blocks, id=visit)
    late = await ruth.post(f"{path}/revise", patient, **change, **read_back)
    assert "cannot be prescribed by you in this visit" in late.text
    assert await desks.ask(blocks, id=visit) == int(str(before)) + 1


async def test_a_stranger_takes_nothing_over(running: Running, desks: Desks) -> None:
    drew, ruth = await running.as_("drew"), await running.as_("ruth")
    visit, patient = await desks.visit(), running.clinic["ada"]
    await drew.post(f"/visits/{visit}/admit", patient)
    assert (await ruth.post(f"/visits/{visit}/take-over", patient)).status_code == 404
    assert await desks.ask("SELECT count(*) FROM attendance WHERE visit_id = :id", id=visit) == 1


async def test_a_visit_in_person_has_no_call_and_no_ticket(running: Running, desks: Desks) -> None:
    ada, drew = await running.as_("ada"), await running.as_("drew")
    visit, patient = await desks.visit(), running.clinic["ada"]
    await drew.post(f"/visits/{visit}/admit", patient)
    for person in (ada, drew):
        assert await refused_at_the_door(running, person, visit) == HANDSHAKE_REFUSED
    assert "data-ticket" not in (await drew.get(f"/visits/{visit}")).text
    for path in ("", "/prepare", "/arrive", "/waiting"):
        answer = await ada.get(f"/visits/{visit}{path}")
        assert answer.status_code == 303
        assert "ticket" not in answer.text
    assert (await ada.post(f"/visits/{visit}/arrive", patient, **WHERE)).status_code == 409
    home = await ada.get("/home")
    assert "When you arrive, check in at the front desk" in home.text


async def test_the_desk_states_of_nobody_whom_its_screen_did_not_name(running: Running, desks: Desks) -> None:
    """Ruth is at the desk with Noor; while Noa looks and ticks, Jonah, who is elsewhere, lets the patient in."""
    noa, jonah = await running.as_("noa"), await running.as_("jonah")
    patient, visit = running.clinic["noor"], await desks.visit("noor", prescriber="ruth", at_site=True)
    path = f"/desk/visits/{visit}/check-in"
    ticked = {
        one: re.search(f'name="{one}" value="([^"]+)"', (await noa.get(path)).text)
        for one in ("patient_here", "prescriber_here")
    }
    form = {"site": str(desks.site), **{name: found.group(1) for name, found in ticked.items() if found}}
    assert (await jonah.post(f"/visits/{visit}/admit", patient)).status_code == 303
    asked = await noa.post(path, patient, **form)
    assert asked.status_code == 422
    assert "Confirm that the prescriber is at this site now" in asked.text
    assert "Jonah Cast is here" in asked.text
    assert await desks.ask("SELECT count(*) FROM check_in WHERE visit_id = :id", id=visit) == 0


async def test_more_than_the_law_allows_is_said_beside_its_field_and_not_signed(running: Running, desks: Desks) -> None:
    drew, patient = await running.as_("drew"), running.clinic["ada"]
    visit = await desks.visit()
    await desks.check_in(visit)
    await drew.post(f"/visits/{visit}/admit", patient)
    for days, refills, words in (
        ("30", "6", "at most five refills"),
        ("61", "3", "refills times days&#39; supply can be at most 180"),
    ):
        refused = await sign_start(drew, visit, patient, **{**ALPRAZOLAM, "days": days, "refills": refills})
        assert words in refused
    form = await drew.post(
        f"/visits/{visit}/medicines/find", patient, name="lisdexamfetamine", product="lisdexamfetamine"
    )
    assert "Schedule II: no refills" in form.text


async def test_gabapentin_in_person_asks_for_the_site_and_no_remote_visit(running: Running, desks: Desks) -> None:
    drew, patient = await running.as_("drew"), running.clinic["ada"]
    visit = await desks.visit()
    await drew.post(f"/visits/{visit}/admit", patient)
    stopped = await drew.post(f"/visits/{visit}/medicines/find", patient, name="gabapentin 300 mg", product="")
    assert "which of the clinic&#39;s sites you are at" in stopped.text
    assert "remote" not in stopped.text
    await drew.post(f"/visits/{visit}/end", patient)
    there = await desks.visit(at_site=True)
    await drew.post(f"/visits/{there}/admit", patient)
    alone = await drew.post(f"/visits/{there}/medicines/find", patient, name="gabapentin 300 mg", product="")
    assert "cannot be prescribed" not in alone.text, "every site of the clinic is in the same state"
    await desks.another_site("Louisville clinic", "KY")
    chosen = await drew.post(f"/visits/{there}/medicines/find", patient, name="gabapentin 300 mg", product="")
    assert "which of the clinic&#39;s sites you are at" in chosen.text, (
        "where it was booked is the prescriber's own word"
    )
    await desks.check_in(there)
    found = await drew.post(f"/visits/{there}/medicines/find", patient, name="gabapentin 300 mg", product="")
    assert "cannot be prescribed" not in found.text


async def test_the_worker_ends_a_visit_that_was_left_open_and_no_other(running: Running, desks: Desks) -> None:
    drew = await running.as_("drew")
    long_ago = datetime.now(UTC) - timedelta(minutes=25)
    left, going_on = await desks.visit("ada", start=long_ago), await desks.visit("marcus")
    for visit, patient in ((left, "ada"), (going_on, "marcus")):
        assert (await drew.post(f"/visits/{visit}/admit", running.clinic[patient])).status_code == 303
    async with open_app_context(running.settings, demo=False) as app_context:
        await call_events.end_abandoned(app_context)
        assert await desks.ask("SELECT status FROM visit WHERE id = :id", id=left) == "in_progress"
        async with transaction(running.settings.database_url) as conn:
            await conn.execute(text("SELECT 1"))
        over = replace(app_context.settings, visit_abandoned_minutes=-31)
        await call_events.end_abandoned(replace(app_context, settings=over))
    assert await desks.ask("SELECT status FROM visit WHERE id = :id", id=left) == "ended"
    rule = "SELECT rule FROM audit_entry WHERE visit_id = :id AND action = 'visit.end'"
    assert await desks.ask(rule, id=left) == "schedule.abandoned"
