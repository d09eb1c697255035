"""The same thing sent twice, and two people at the same thing: it happens once, and the second is told."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.ids import PersonId
from tests.server.row_cases import DOSE, WHERE, started
from tests.server.web_process import Person, Running, signing, transaction


@pytest.fixture
async def reading(running: Running) -> AsyncIterator[AsyncConnection]:
    async with transaction(running.settings.database_url) as conn:
        yield conn


async def count(conn: AsyncConnection, what: str) -> int:
    found: int = (await conn.execute(text(f"SELECT count(*) FROM {what}"))).scalar_one()
    return found


async def in_the_call(running: Running, patient: str, prescriber: str) -> str:
    """The patient has arrived and is admitted, whatever an earlier test did of it; gives the visit's path."""
    visit, who = f"/visits/{running.clinic.visits[patient]}", running.clinic[patient]
    arrived = await (await running.as_(patient)).post(f"{visit}/arrive", who, **WHERE)
    admitted = await (await running.as_(prescriber)).post(f"{visit}/admit", who)
    assert {arrived.status_code, admitted.status_code} <= {303, 409}
    return visit


def statuses(answers: list[httpx2.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


async def signed_at_once(drew: Person, visit: str, patient: PersonId) -> list[httpx2.Response]:
    """A start, its findings answered as the form showed them, sent four times."""
    checked = await drew.post(f"{visit}/medicines/start/check", patient, **DOSE)
    answers = signing(checked.text)
    return await asyncio.gather(*[drew.post(f"{visit}/medicines/start", patient, **DOSE, **answers) for _ in range(4)])


async def test_signing_a_start_twice_starts_it_once(running: Running, reading: AsyncConnection) -> None:
    """Also beside the same medicine: the second signing finds a duplicate more than was answered."""
    drew, ada = await running.as_("drew"), running.clinic["ada"]
    visit = await in_the_call(running, "ada", "drew")
    for _ in range(2):
        before = await count(reading, "medication_order"), await count(reading, "prescription")
        answers = await signed_at_once(drew, visit, ada)
        assert statuses(answers)[0] == 200
        assert set(statuses(answers)[1:]) <= {409, 422}
        after = await count(reading, "medication_order"), await count(reading, "prescription")
        assert after == (before[0] + 1, before[1] + 1)
        assert "Sertraline" in next(answer.text for answer in answers if answer.status_code == 200)


async def test_signing_a_change_twice_changes_it_once(running: Running, reading: AsyncConnection) -> None:
    drew, ada = await running.as_("drew"), running.clinic["ada"]
    visit = await in_the_call(running, "ada", "drew")
    order = await started(drew, visit, patient=str(ada), product="buspirone", name="buspirone", total="10")
    change = {**DOSE, "product": "buspirone", "name": "buspirone", "total": "15", "reason": "Partial response"}
    checked = await drew.post(f"{visit}/medicines/{order}/check", ada, **change)
    answers = signing(checked.text)
    path, before = f"{visit}/medicines/{order}", await count(reading, "medication_order")
    twice = await asyncio.gather(*[drew.post(f"{path}/revise", ada, **change, **answers) for _ in range(4)])
    assert statuses(twice) == [200, 409, 409, 409], [answer.text for answer in twice]
    assert await count(reading, "medication_order") == before + 1
    assert (
        await count(reading, "decision WHERE NOT EXISTS (SELECT FROM prescription p WHERE p.decision_id = decision.id)")
        == 0
    )


async def test_two_prescribers_who_change_one_medicine_at_once(running: Running, reading: AsyncConnection) -> None:
    """Noor is Jonah's patient and Ruth's. Whoever is second sees what it is now, and nothing is lost or doubled."""
    ruth, jonah, noor = await running.as_("ruth"), await running.as_("jonah"), running.clinic["noor"]
    visit = await in_the_call(running, "noor", "ruth")
    order = await started(ruth, visit, patient=str(noor))
    path, before = f"{visit}/medicines/{order}", await count(reading, "medication_order")
    seen = [
        signing((await who.get(f"{path}/{act}", fragment=True)).text) for who, act in ((ruth, "stop"), (jonah, "hold"))
    ]
    both = await asyncio.gather(
        ruth.post(f"{path}/stop", noor, reason="Not needed", **seen[0]),
        jonah.post(f"{path}/hold", noor, reason="Nausea", **seen[1]),
    )
    assert statuses(list(both)) == [200, 409]
    second = next(answer for answer in both if answer.status_code == 409)
    assert "in the meantime" in second.text or "stopped" in second.text, second.text
    assert await count(reading, "medication_order") == before + 1


async def test_an_autosave_of_two_tabs_at_once_keeps_one_and_shows_it_to_the_other(running: Running) -> None:
    drew, ada = await running.as_("drew"), running.clinic["ada"]
    visit = await in_the_call(running, "ada", "drew")
    panel = await drew.get(f"{visit}/notes", fragment=True)
    section = re.search(r'name="(section-[^"]+)"', panel.text)
    assert section
    tabs = await asyncio.gather(
        *[drew.post(f"{visit}/note", ada, version="0", template="", **{section[1]: words}) for words in ("One", "Two")]
    )
    assert statuses(list(tabs)) == [200, 409]
    kept = next(answer for answer in tabs if answer.status_code == 409).json()["sections"]
    assert list(kept.values()) in (["One"], ["Two"])


async def test_a_note_signed_twice_is_sealed_once(running: Running, reading: AsyncConnection) -> None:
    drew, marcus = await running.as_("drew"), running.clinic["marcus"]
    visit = await in_the_call(running, "marcus", "drew")
    panel = await drew.get(f"{visit}/notes", fragment=True)
    section = re.search(r'name="(section-[^"]+)"', panel.text)
    assert section
    form = {"version": "0", "template": "", section[1]: "Mood better."}
    twice = await asyncio.gather(*[drew.post(f"{visit}/note/sign", marcus, **form) for _ in range(3)])
    assert 200 in statuses(twice)
    assert set(statuses(twice)) <= {200, 409}
    assert await count(reading, "note_seal") == 1
    assert await count(reading, "audit_entry WHERE action = 'note.sign'") == 1


async def test_a_visit_ended_twice_has_one_end(running: Running, reading: AsyncConnection) -> None:
    drew, marcus = await running.as_("drew"), running.clinic["marcus"]
    visit = await in_the_call(running, "marcus", "drew")
    twice = await asyncio.gather(*[drew.post(f"{visit}/end", marcus) for _ in range(3)])
    assert set(statuses(twice)) <= {303, 409}
    assert await count(reading, "audit_entry WHERE action = 'visit.end'") == 1
    assert await count(reading, "visit_event WHERE what = 'ended'") == 1


async def test_many_blocked_attempts_at_once_are_each_on_record(running: Running, reading: AsyncConnection) -> None:
    """A block is written in a transaction of its own while the page's is open: they must not wait for one another."""
    drew = await running.as_("drew")
    visit = await in_the_call(running, "ada", "drew")
    before = await count(reading, "decision WHERE outcome = 'block'")
    answers = await asyncio.gather(
        *[drew.post(f"{visit}/medicines/find", running.clinic["ada"], name="alprazolam") for _ in range(30)]
    )
    assert {answer.status_code for answer in answers} == {200}
    assert await count(reading, "decision WHERE outcome = 'block'") == before + 30
