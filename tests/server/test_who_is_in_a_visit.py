"""Treating the patient is no way into a colleague's call: who attends and who was invited are in it, nobody else."""

from uuid import UUID

import pytest
from sqlalchemy import text

from emr.shared.ids import VisitId
from emr.visits.model import Modality
from server.application import unit_of_work as working
from server.application.actors import Subject
from tests.server.presence import Desks, open_desk
from tests.server.row_cases import WHERE
from tests.server.test_call_socket import HANDSHAKE_REFUSED, opened, refused_at_the_door
from tests.server.web_process import Running, transaction


@pytest.fixture
async def desks(running: Running) -> Desks:
    made = await open_desk(running)
    await made.end_all()
    return made


@pytest.fixture
async def visit(running: Running, desks: Desks) -> VisitId:
    """Ruth's video visit with Noor, in progress; Jonah treats Noor too, and Tomás supervises Jonah."""
    made, noor = await desks.visit("noor", prescriber="ruth", modality=Modality.VIDEO), running.clinic["noor"]
    await (await running.as_("noor")).post(f"/visits/{made}/arrive", noor, **WHERE)
    assert (await (await running.as_("ruth")).post(f"/visits/{made}/admit", noor)).status_code == 303
    return made


async def refusals(desks: Desks, who: UUID, action: str, visit: VisitId) -> object:
    asked = "SELECT count(*) FROM audit_entry WHERE outcome = 'refused' AND actor_id = :who AND action = :action"
    return await desks.ask(f"{asked} AND visit_id = :visit", who=who, action=action, visit=visit)


@pytest.mark.parametrize("name", ["jonah", "tomas"])
async def test_who_reads_the_visit_and_is_not_in_it_gets_no_ticket_and_no_line_and_does_not_end_it(
    running: Running, desks: Desks, visit: VisitId, name: str
) -> None:
    person, who = await running.as_(name), running.clinic[name]
    page = await person.get(f"/visits/{visit}")
    assert page.status_code == 200
    assert "You are not part of this visit" in page.text
    assert "data-ticket" not in page.text
    assert f"/visits/{visit}/end" not in page.text
    assert await refused_at_the_door(running, person, visit) == HANDSHAKE_REFUSED
    assert await refusals(desks, who, "visit.join", visit) == 1
    assert (await person.get(f"/visits/{visit}/prepare")).status_code == 404
    assert await refusals(desks, who, "visit.prepare", visit) == 1
    assert (await person.post(f"/visits/{visit}/end", running.clinic["noor"])).status_code == 404
    assert await refusals(desks, who, "visit.end", visit) == 1
    assert await desks.ask("SELECT status FROM visit WHERE id = :id", id=visit) == "in_progress"
    assert await desks.ask("SELECT count(*) FROM call_join WHERE visit_id = :id", id=visit) == 0


async def test_who_takes_over_is_in_the_visit_and_ends_it_and_the_other_no_longer_does(
    running: Running, desks: Desks, visit: VisitId
) -> None:
    jonah, ruth, noor = await running.as_("jonah"), await running.as_("ruth"), running.clinic["noor"]
    assert f'action="/visits/{visit}/end"' in (await ruth.get(f"/visits/{visit}")).text
    assert (await jonah.post(f"/visits/{visit}/take-over", noor)).status_code == 303
    page = (await jonah.get(f"/visits/{visit}")).text
    assert "data-ticket" in page
    async with opened(running, jonah, visit):
        pass
    assert "Jonah Cast" in (await (await running.as_("noor")).get(f"/visits/{visit}")).text
    theirs = (await ruth.get(f"/visits/{visit}")).text
    assert ("data-ticket" in theirs, f"/visits/{visit}/end" in theirs) == (True, False), "it stays her visit to be in"
    assert (await ruth.post(f"/visits/{visit}/end", noor)).status_code == 404
    assert await refusals(desks, running.clinic["ruth"], "visit.end", visit) == 1
    assert (await jonah.post(f"/visits/{visit}/end", noor)).status_code == 303


async def test_whoever_handed_an_unbooked_visit_back_is_not_in_it_any_more(
    running: Running, desks: Desks, visit: VisitId
) -> None:
    jonah, ruth, noor = await running.as_("jonah"), await running.as_("ruth"), running.clinic["noor"]
    for person in (jonah, ruth):
        assert (await person.post(f"/visits/{visit}/take-over", noor)).status_code == 303
    assert await refused_at_the_door(running, jonah, visit) == HANDSHAKE_REFUSED
    subject = Subject(noor, visit)
    async with transaction(running.settings.database_url) as conn:
        ties = {name: await working.relations_of(conn, running.clinic[name], subject) for name in ("jonah", "ruth")}
    assert {name: "attending" in those for name, those in ties.items()} == {"jonah": False, "ruth": True}


async def test_nobody_invites_themselves_into_a_colleagues_call(running: Running, desks: Desks, visit: VisitId) -> None:
    """Tomás is a supervisor, and for this once he treats Noor as well."""
    tomas, noor = await running.as_("tomas"), running.clinic["noor"]
    columns = "patient_prescriber (id, patient_id, prescriber_id, since)"
    tie = f"INSERT INTO {columns} VALUES (gen_random_uuid(), :p, :t, now())"
    async with transaction(running.settings.database_url) as conn:
        await conn.execute(text(tie), {"p": noor, "t": running.clinic["tomas"]})
    path = f"/visits/{visit}/participants"
    asked = await tomas.post(path, noor, name="Tomas Cast", part="supervisor")
    assert asked.status_code == 422
    assert "You cannot invite yourself" in asked.text
    assert await refused_at_the_door(running, tomas, visit) == HANDSHAKE_REFUSED
