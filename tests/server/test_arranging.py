"""Inviting a third person before the visit, taking it back, and calling a visit off: what each side then sees."""

import re

import pytest
from sqlalchemy import text

from tests.server.row_cases import WHERE, a_guest
from tests.server.web_process import Person, Running, booked, transaction


async def test_a_guest_is_invited_days_before_and_taken_off_and_invited_again(running: Running) -> None:
    drew, ilse, marcus = await running.as_("drew"), await running.as_("ilse"), running.clinic["marcus"]
    visit = await booked(drew, running)
    assert "Participants" in (await drew.get(visit)).text
    named = {"name": " ilse  CAST", "part": "guest_interpreter"}
    listed = {"person": str(running.clinic["ilse"]), "part": "guest_interpreter"}
    for guest in (named, listed):
        assert (await ilse.get(visit)).status_code == 404
        added = await drew.post(f"{visit}/participants", marcus, **guest)
        assert "Ilse Cast can join" in added.text
        assert "</strong>, interpreter" in added.text
        assert (await ilse.get(f"{visit}/waiting")).status_code == 200
        assert "Marcus Cast" in (await ilse.get("/home")).text
        gone = await drew.post(f"{visit}/participants/{running.clinic['ilse']}/withdraw", marcus)
        assert "Ilse Cast is no longer invited to this visit" in gone.text
        assert "</strong>, interpreter" not in gone.text
    assert "Marcus Cast" not in (await ilse.get("/home")).text
    again = await drew.post(f"{visit}/participants/{running.clinic['ilse']}/withdraw", marcus)
    assert again.status_code == 404


async def test_a_cancelled_visit_is_said_on_every_page_that_held_it(running: Running) -> None:
    drew, sam = await running.as_("drew"), await running.as_("marcus")
    visit, marcus = await booked(drew, running), running.clinic["marcus"]
    assert "Cancel the visit" in (await drew.get(visit)).text
    assert "Canceled:" not in (await sam.get("/home")).text
    cancelled = await drew.post(f"{visit}/cancel", marcus)
    assert cancelled.status_code == 303
    day = await drew.get(cancelled.headers["location"])
    assert visit not in day.text
    assert "Canceled: Marcus Cast, " in day.text
    assert "Canceled: Marcus" not in (await (await running.as_("ruth")).get(cancelled.headers["location"])).text
    assert "Canceled:</strong> " in (await sam.get("/home")).text
    for door in ("prepare", "arrive", "waiting"):
        assert (await sam.get(f"{visit}/{door}")).headers["location"] == visit, door
    assert "Your visit was canceled" in (await sam.get(visit)).text
    own = await drew.get(visit)
    assert "This visit was canceled" in own.text
    assert "Cancel the visit" not in own.text
    assert (await sam.post(f"{visit}/arrive", marcus, **WHERE)).status_code == 409
    assert (await drew.post(f"{visit}/admit", marcus)).status_code == 409
    assert (await drew.post(f"{visit}/cancel", marcus)).status_code == 303, "twice is once"
    async with transaction(running.settings.database_url) as conn:
        entries = "SELECT count(*) FROM audit_entry WHERE action = 'visit.cancel' AND subject_id = :visit"
        assert (await conn.execute(text(entries), {"visit": visit.removeprefix("/visits/")})).scalar_one() == 1


async def test_who_sits_in_the_waiting_room_hears_that_it_was_cancelled(running: Running) -> None:
    ada, drew, visit = await running.as_("ada"), await running.as_("drew"), running.clinic.visits["ada"]
    await ada.post(f"/visits/{visit}/arrive", running.clinic["ada"], **WHERE)
    assert "You are next" in (await ada.get(f"/visits/{visit}/waiting")).text
    await drew.post(f"/visits/{visit}/cancel", running.clinic["ada"])
    place = await ada.get(f"/visits/{visit}/waiting/place", fragment=True)
    assert "Your visit was canceled" in place.text


async def test_a_visit_that_began_cannot_be_cancelled(running: Running) -> None:
    noor, ruth, visit = await running.as_("noor"), await running.as_("ruth"), running.clinic.visits["noor"]
    await noor.post(f"/visits/{visit}/arrive", running.clinic["noor"], **WHERE)
    await ruth.post(f"/visits/{visit}/admit", running.clinic["noor"])
    assert "Cancel the visit" not in (await ruth.get(f"/visits/{visit}")).text
    refused = await ruth.post(f"/visits/{visit}/cancel", running.clinic["noor"])
    assert refused.status_code == 409
    assert (await noor.get(f"/visits/{visit}")).status_code == 200


async def test_a_visit_that_was_not_held_does_not_thank_for_a_talk(running: Running) -> None:
    drew, sam = await running.as_("drew"), await running.as_("marcus")
    visit = await booked(drew, running)
    async with transaction(running.settings.database_url) as conn:
        closed = text("UPDATE visit SET status = 'missed' WHERE id = :visit")
        await conn.execute(closed, {"visit": visit.removeprefix("/visits/")})
    page = await sam.get(visit)
    assert "This visit did not take place" in page.text
    assert not re.search("You spoke|Thank you", page.text)
    assert "This visit did not take place" in (await drew.get(visit)).text


async def test_nobody_is_invited_in_a_part_that_is_not_theirs(running: Running) -> None:
    drew, marcus = await running.as_("drew"), running.clinic["marcus"]
    visit = await booked(drew, running)
    for name, part, words in (
        ("Tomas Cast", "guest_guardian", "No single person with this full name"),
        ("Ilse Cast", "supervisor", "No single person with this full name"),
        ("Noor Cast", "guest_family", "No single person with this full name"),
        ("Ilse Cast", "", "Choose a role"),
    ):
        refused = await drew.post(f"{visit}/participants", marcus, name=name, part=part)
        assert (refused.status_code, words in refused.text) == (422, True), refused.text
        assert f'value="{name}"' in refused.text, "what was typed still stands there"


async def test_the_list_names_this_patients_guests_and_the_prescribers_supervisors_and_nobody_else(
    running: Running,
) -> None:
    drew, jonah = await running.as_("drew"), await running.as_("jonah")
    ids = running.clinic.people
    adas, noors = await booked(drew, running, patient="ada"), await booked(jonah, running, patient="noor")

    async def offered(who: Person, visit: str) -> set[str]:
        page = (await who.get(visit)).text
        return {name for name, id in ids.items() if f'<option value="{id}"' in page}

    assert await offered(drew, adas) == {"ilse"}, "a guest of another visit of hers; no supervisor of Drew"
    assert await offered(jonah, noors) == {"tomas"}, "Jonah's supervisor; no guest of anybody else"
    for who in ("ilse", "ruth", "ada", "noa"):
        refused = await jonah.post(f"{noors}/participants", ids["noor"], person=str(ids[who]), part="guest_family")
        assert (refused.status_code, "Choose someone on the list" in refused.text) == (422, True), who
    added = await jonah.post(f"{noors}/participants", ids["noor"], person=str(ids["tomas"]), part="supervisor")
    assert "Dr. Tomas Cast can join" in added.text
    assert await offered(jonah, noors) == set()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Ilse"}, "No single person with this full name"),
        ({"name": "Cast Ilse"}, "No single person with this full name"),
        ({"name": "%"}, "No single person with this full name"),
        ({"name": "Ilse Cast", "person": "x"}, "not both"),
        ({}, "or enter their full name"),
        ({"name": "x" * 201}, "At most 200 characters"),
    ],
    ids=["a part of it", "turned round", "a pattern", "both ways", "nobody", "too long"],
)
async def test_somebody_else_is_invited_by_the_exact_full_name_alone(
    running: Running, fields: dict[str, str], words: str
) -> None:
    drew, marcus = await running.as_("drew"), running.clinic["marcus"]
    visit = await booked(drew, running)
    refused = await drew.post(f"{visit}/participants", marcus, **fields, part="guest_family")
    assert (refused.status_code, words in refused.text) == (422, True), refused.text


async def test_two_of_one_name_are_told_as_nobody_is(running: Running) -> None:
    drew, marcus = await running.as_("drew"), running.clinic["marcus"]
    visit = await booked(drew, running)
    await a_guest(running)
    once = await drew.post(f"{visit}/participants", marcus, name="Wen Cast", part="guest_family")
    assert "Wen Cast can join" in once.text
    await a_guest(running)
    await a_guest(running)
    twice = await drew.post(f"{visit}/participants", marcus, name="Wen Cast", part="guest_family")
    none = await drew.post(f"{visit}/participants", marcus, name="Wem Cast", part="guest_family")
    error = re.compile(r'class="invite-said bad".*?</p>', re.DOTALL)
    assert twice.status_code == none.status_code == 422
    assert error.findall(twice.text) == error.findall(none.text) != []
