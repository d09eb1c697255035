"""Somebody is in danger, over HTTP: what is asked when a note is signed or a visit ended, and the crisis path."""

import re

from sqlalchemy import text

from tests.server.row_cases import WHERE, alerted, started
from tests.server.web_process import Person, Running, sign_end, transaction

ASKED = "1 safety answer is open"


async def in_danger(running: Running, name: str) -> tuple[Person, Person, str, str, str]:
    """The patient is in the visit with Drew and has answered a safety question: both, path, patient, alert."""
    patient, drew = await running.as_(name), await running.as_("drew")
    visit, id = f"/visits/{running.clinic.visits[name]}", str(running.clinic[name])
    assert (await patient.post(f"{visit}/arrive", id, **WHERE)).status_code == 303
    assert (await drew.post(f"{visit}/admit", id)).status_code == 303
    return patient, drew, visit, id, await alerted(patient, drew, visit, patient=id)


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def logged(running: Running, patient: str, action: str) -> list[tuple[str, str]]:
    """Who did it, and the rows that its entries cover."""
    async with transaction(running.settings.database_url) as conn:
        found = await conn.execute(
            text(
                "SELECT e.actor_id::text, c.content ->> 'records' FROM audit_entry e"
                " JOIN audit_content c ON c.entry_id = e.id"
                " WHERE e.action = :action AND e.outcome = 'allowed' AND e.patient_id = CAST(:patient AS uuid)"
            ),
            {"action": action, "patient": patient},
        )
        return [(actor, records or "") for actor, records in found]


async def test_a_note_is_signed_once_each_open_answer_is_spoken_of_and_ending_does_not_ask_again(
    running: Running,
) -> None:
    ada, drew, visit, patient, alert = await in_danger(running, "ada")
    assert ASKED in plain((await drew.get(f"{visit}/notes", fragment=True)).text)
    note = {"version": "0", "template": "", "section-plan": "Go on.", "section-risk": ""}
    refused = await drew.post(f"{visit}/note/sign", patient, **note)
    assert refused.status_code == 422
    assert "Say what was done, or why it was not addressed." in refused.text
    assert "Go on." in refused.text, "what was typed is still there"
    why = {f"how-{alert}": "not_addressed", f"alert-{alert}": "The line broke before we came to it."}
    signed = await drew.post(f"{visit}/note/sign", patient, **note, **why)
    assert signed.status_code == 200, signed.text
    sealed = plain(signed.text)
    assert "Signed by" in sealed
    assert sealed.count("Not addressed because: The line broke before we came to it.") == 2, "in Safety, and on record"
    strip = plain((await drew.get(f"{visit}/alerts", fragment=True)).text)
    assert "Not addressed because: The line broke before we came to it. Dr. Drew Cast" in strip, "it stays open"
    ((actor, records),) = await logged(running, patient, "alert.leave_open")
    assert (actor, "alert_left_open/1" in records) == (str(running.clinic["drew"]), True)
    assert "We have told Dr. Cast about your answer" in plain((await ada.get(f"{visit}/my-safety", fragment=True)).text)
    assert (await drew.post(f"{visit}/end", patient)).status_code == 303, "asked only once"
    after = await ada.get(visit)
    assert "Your visit has ended" in after.text
    assert "We have told Dr. Cast about your answer" in plain(after.text)


async def test_ending_asks_what_was_done_and_the_patient_sees_that_somebody_has_seen_it(running: Running) -> None:
    marcus, drew, visit, patient, alert = await in_danger(running, "marcus")
    asked = await drew.post(f"{visit}/end", patient)
    assert asked.status_code == 422
    assert ASKED in plain(asked.text)
    assert (await status(running, "marcus")) == "in_progress"
    done = {f"how-{alert}": "done", f"alert-{alert}": "Asked about it, no plan."}
    assert (await drew.post(f"{visit}/end", patient, **done)).status_code == 303
    assert (await status(running, "marcus")) == "ended"
    assert "Dr. Cast has seen your answer" in plain((await marcus.get(visit)).text)
    assert alert not in (await drew.get(f"{visit}/alerts", fragment=True)).text
    assert len(await logged(running, patient, "alert.acknowledge")) == 1


async def status(running: Running, patient: str) -> str:
    async with transaction(running.settings.database_url) as conn:
        found = await conn.execute(
            text("SELECT status FROM visit WHERE id = :id"), {"id": running.clinic.visits[patient]}
        )
        return str(found.scalar_one())


async def test_the_crisis_path_says_what_is_missing_takes_it_and_keeps_each_step(running: Running) -> None:
    drew = await running.as_("drew")
    if (await status(running, "ada")) == "scheduled":  # no test before this one held it
        await in_danger(running, "ada")
    visit, patient = f"/visits/{running.clinic.visits['ada']}", str(running.clinic["ada"])
    path = f"{visit}/crisis-path"
    before = plain((await drew.get(path, fragment=True)).text)
    for words in ("Home, Tampa, FL 33605", "(813) 555-0142", "None entered. Ask", "No number. Look it up for Tampa FL"):
        assert words in before
    wrong = await drew.post(f"{path}/facts", patient, kind="dispatch", name="", phone="911")
    assert (wrong.status_code, "ten-digit number of the dispatch center" in wrong.text) == (422, True)
    for kind, name, phone in (
        ("dispatch", "Hillsborough County", "813 555 0111"),
        ("contact", "Ilse Cast, mother", "(813) 555-0177"),
    ):
        assert (await drew.post(f"{path}/facts", patient, kind=kind, name=name, phone=phone)).status_code == 200
    taken = await drew.post(f"{path}/steps", patient, step="called_911", said="A unit is on its way.")
    assert taken.status_code == 200, taken.text
    shown = plain(taken.text)
    assert re.search(r"Hillsborough County \(813\) 555-0111 verified by Dr\. Drew Cast, ", shown)
    assert "Ilse Cast, mother (813) 555-0177 verified by Dr. Drew Cast" in shown
    assert "Called 911 , Home, Tampa, FL 33605: A unit is on its way. Dr. Drew Cast" in shown
    for address, again in (("2104 E Palm Ave, Tampa, Florida 33605", False), ("12 Elm St, Orlando, FL 32801", True)):
        moved = plain((await drew.post(f"{path}/facts", patient, kind="place", name=address)).text)
        assert ("Verified for Tampa FL; the patient is now in Orlando FL. Verify it again." in moved) == again, moved
        assert ("Verify it again" in moved) == again, moved
    nothing = await drew.post(f"{path}/steps", patient, step="said", said=" ")
    assert (nothing.status_code, "Enter what was said" in nothing.text) == (422, True)
    assert [one[0] for one in await logged(running, patient, "crisis.record")] == [str(running.clinic["drew"])]
    assert len(await logged(running, patient, "crisis.contact")) == 4
    outside = f"/patients/{patient}/crisis"
    assert f'href="{outside}"' in (await drew.get(f"/patients/{patient}")).text, "nobody has to open a visit for it"
    page = plain((await drew.get(outside)).text)
    for words in (
        "Where they last said they were 12 Elm St, Orlando",
        "stated by Ada",
        "Ilse Cast, mother",
        "Verify it",
    ):
        assert words in page, words
    assert 0 < page.index("Call 911") < page.index("Call 988"), "help comes to the patient first"
    assert len(await logged(running, patient, "alert.read")) == 1, "that it was opened is on record"


async def test_a_note_begins_with_what_was_done_and_never_overwrites_what_was_typed(running: Running) -> None:
    ruth, noor = await running.as_("ruth"), await running.as_("noor")
    visit, patient = f"/visits/{running.clinic.visits['noor']}", str(running.clinic["noor"])
    assert (await noor.post(f"{visit}/arrive", patient, **WHERE)).status_code == 303
    assert (await ruth.post(f"{visit}/admit", patient)).status_code == 303
    begun = (await ruth.get(f"{visit}/note/beginning")).json()["sections"]
    assert "plan" not in begun
    order = await started(ruth, visit, patient=patient)
    plan = (await ruth.get(f"{visit}/note/beginning")).json()["sections"]["plan"]
    assert plan.startswith("Sertraline: started, 50 mg each morning, for depression, from "), plan
    assert plan.endswith(". Depression, first step."), plan
    fields = (await ruth.get(f"{visit}/notes", fragment=True)).text
    assert re.search(r'name="section-plan" rows="7" data-begun[^>]*>Sertraline: started', fields)
    typed = {"version": "0", "template": "", "section-plan": "My own plan.", "section-assessment": ""}
    assert (await ruth.post(f"{visit}/note", patient, **typed)).status_code == 200
    assert (await sign_end(ruth, f"{visit}/medicines/{order}/hold", patient, "Nausea")).status_code == 200
    fields = (await ruth.get(f"{visit}/notes", fragment=True)).text
    assert re.search(r'name="section-plan" rows="7" aria[^>]*>My own plan\.<', fields), "what was typed stands"
    assert re.search(r'name="section-assessment" rows="7" aria[^>]*></textarea>', fields), "what was emptied is empty"
    line = (await ruth.get(f"{visit}/note/beginning")).json()["sections"]["plan"].splitlines()[1]
    assert line == "Sertraline: put on hold, was 50 mg each morning. Nausea."
