"""The front desk over HTTP: its day, its bookings, and a check-in by two people at one screen."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.presence import repository as presence_records
from emr.presence import sites
from emr.presence.sites import NewSite
from emr.shared.clinic_time import words
from emr.shared.context import UseCaseContext
from emr.shared.ids import SiteId, VisitId
from emr.visits import booking
from emr.visits.booking import NewVisit
from emr.visits.model import Modality, Visit
from server.auth import confirm_tries
from signaling.bus.bus import Bus
from signaling.bus.envelopes import Presence
from signaling.ids import ParticipantId, RoomId
from tests.server.row_cases import a_site, refused_entries
from tests.server.test_live import listening
from tests.server.web_process import BORN, ROLES, Person, Running, begin_visit, transaction
from tests.server.web_process import ZONE as CLINIC_ZONE

MARCUS = {"full_name": "Marcus Cast", "born_month": "7", "born_day": "2", "born_year": "1980"}
WRONG = {**MARCUS, "born_day": "3"}
ZONE = ZoneInfo(CLINIC_ZONE)


@pytest.fixture
async def reading(running: Running) -> AsyncIterator[AsyncConnection]:
    async with transaction(running.settings.database_url) as conn:
        yield conn


@pytest.fixture
async def noa(running: Running) -> Person:
    return await running.as_("noa")


@pytest.fixture
async def site(running: Running) -> SiteId:
    return await a_site(running)


@pytest.fixture
async def visit(running: Running, site: SiteId) -> AsyncIterator[Visit]:
    """Marcus with Drew, in person, in five minutes; over after the test."""
    made = await in_person(running, site)
    yield made
    async with transaction(running.settings.database_url) as conn:
        await conn.execute(text("UPDATE visit SET status = 'cancelled' WHERE id = :id"), {"id": made.id})


async def in_person(
    running: Running, site: SiteId, *, minutes: int = 5, modality: Modality = Modality.IN_PERSON
) -> Visit:
    now = datetime.now(UTC)
    async with transaction(running.settings.database_url) as conn:
        new = NewVisit(
            patient=running.clinic["marcus"],
            prescriber=running.clinic["drew"],
            start=now + timedelta(minutes=minutes),
            modality=modality,
            site=site if modality is Modality.IN_PERSON else None,
        )
        return await booking.book(UseCaseContext(conn, running.clinic["drew"], now), new)


def base(visit: Visit) -> str:
    return f"/desk/visits/{visit.id}"


async def stated(noa: Person, visit: Visit, at: SiteId, **changes: str) -> httpx2.Response:
    ticked = {"site": str(at), "patient_here": "yes", "prescriber_here": str(visit.prescriber), **changes}
    return await noa.post(f"{base(visit)}/check-in", visit.patient, **ticked)


async def confirmed(noa: Person, visit: Visit, typed: dict[str, str] = MARCUS) -> httpx2.Response:
    return await noa.post(f"{base(visit)}/confirm", visit.patient, **typed)


async def made(conn: AsyncConnection, visit: Visit) -> list[bool]:
    """Each check-in of the visit, oldest first: whether the patient confirmed it."""
    asked = (
        "SELECT f.check_in_id IS NOT NULL FROM check_in c LEFT JOIN check_in_confirmation f ON f.check_in_id = c.id"
        " WHERE c.visit_id = :id ORDER BY c.recorded_at"
    )
    return list((await conn.execute(text(asked), {"id": visit.id})).scalars())


# The day


async def test_the_desk_begins_with_the_day_of_all_prescribers_and_sees_nothing_clinical(
    running: Running, noa: Person, visit: Visit
) -> None:
    home = await noa.get("/home")
    assert (home.status_code, home.headers["location"]) == (303, "/desk")
    day = f"{visit.scheduled_start.astimezone(ZONE):%Y-%m-%d}"
    page = await noa.get(f"/desk?date={day}")
    assert page.status_code == 200
    for name in ("Marcus Cast", "Dr. Drew Cast", "Ybor clinic", "In person"):
        assert name in page.text
    assert f"{base(visit)}/check-in" in page.text
    for word in ("PHQ", "score", "sertraline", "Follow-up", "1980", "555-0142"):
        assert word not in page.text
    for path in (f"/visits/{visit.id}", f"/patients/{visit.patient}", "/patients", "/log", "/people", "/day"):
        assert (await noa.get(path)).status_code == 404, path


async def test_the_desks_page_hears_of_a_patient_who_arrives_anywhere(running: Running, noa: Person) -> None:
    page = await noa.get("/desk")
    live = re.search(r'"(/live\?desk=1&amp;seen=[^"]+)"', page.text)
    assert live, page.text
    async with listening(noa, live.group(1).replace("&amp;", "&")) as stream:
        await begin_over_http(running)
        assert await stream.topic() == "queue"
    assert (await (await running.as_("ada")).client.get("/live?desk=1")).status_code == 404


async def begin_over_http(running: Running) -> None:
    where = {"line": "Home", "city": "Tampa", "state": "FL", "postal": "33605", "call_back": "(813) 555-0142"}
    noor = await running.as_("noor")
    arrived = await noor.post(f"/visits/{running.clinic.visits['noor']}/arrive", running.clinic["noor"], **where)
    assert arrived.status_code == 303


# The check-in


async def test_a_patient_is_checked_in_by_two_people_at_one_screen(
    running: Running, noa: Person, visit: Visit, site: SiteId, reading: AsyncConnection
) -> None:
    form = await noa.get(f"{base(visit)}/check-in")
    assert "Check in Marcus Cast" in form.text
    assert f'<option value="{site}" selected' in form.text, "the site that was booked"
    answer = await stated(noa, visit, site)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{base(visit)}/confirm")
    screen = await noa.get(f"{base(visit)}/confirm")
    assert "Welcome to Ybor clinic." in screen.text
    told = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", screen.text, flags=re.S)
    for name in ("Marcus", "Drew", "1980", "Noa"):
        assert name not in told
    assert 'href="/desk"' not in screen.text
    done = await confirmed(noa, visit)
    assert (done.status_code, done.headers["location"]) == (303, f"{base(visit)}/done")
    thanks = await noa.get(f"{base(visit)}/done")
    assert "Thank you." in thanks.text
    assert "Marcus" not in thanks.text
    back = re.search(r'href="(/desk\?date=[^"]+)"', thanks.text)
    assert back
    day = await noa.get(back.group(1).replace("&amp;", "&"))
    until = words.clock(visit.scheduled_start + timedelta(minutes=90), ZONE)
    assert f"Marcus Cast is checked in with Dr. Cast until {until}." in day.text
    assert f"{base(visit)}/check-in" not in day.text
    entries = text("SELECT action, actor_role, rule, patient_id FROM audit_entry WHERE visit_id = :id ORDER BY id")
    written = [tuple(row) for row in await reading.execute(entries, {"id": visit.id})]
    for action in ("check_in.state", "check_in.confirm", "visit.arrive"):
        assert (action, "front_desk", "front-desk", visit.patient) in written
    async with transaction(running.settings.database_url) as conn:
        found = (await presence_records.check_ins(conn, [visit.id], datetime.now(UTC)))[visit.id]
    assert (found.holds, found.stated_by) == (True, running.clinic["noa"])
    for again in (await stated(noa, visit, site), await confirmed(noa, visit)):
        assert again.status_code == 303
    assert await made(reading, visit) == [True], "a second press leaves the check-in that holds"


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ({**MARCUS, "full_name": "Kaleb Stone"}, "does not match"),
        (WRONG, "does not match"),
        ({**MARCUS, "full_name": ""}, "Enter your first and last name."),
        ({**MARCUS, "full_name": "M" * 201}, "At most 200 characters fit into “Your full name”; this has 201."),
        ({**MARCUS, "born_month": ""}, "Choose the month"),
        ({**MARCUS, "born_month": "2", "born_day": "31"}, "That is not a real date."),
        ({**MARCUS, "born_year": "80"}, "four digits"),
    ],
)
async def test_whoever_is_not_on_file_is_told_nothing_of_what_is(
    running: Running,
    noa: Person,
    visit: Visit,
    site: SiteId,
    reading: AsyncConnection,
    typed: dict[str, str],
    word: str,
) -> None:
    await stated(noa, visit, site)
    answer = await confirmed(noa, visit, typed)
    assert answer.status_code == 422
    assert word in answer.text
    assert f'value="{typed["full_name"]}"' in answer.text, "what was typed is kept"
    others = set(MARCUS.values()) - set(typed.values()) - {"2"}
    for value in others:
        assert f'value="{value}"' not in answer.text.replace('<option value="7">', "")
    assert await made(reading, visit) == [False]


async def test_five_guesses_end_a_check_in_that_the_desk_then_begins_anew(
    noa: Person, visit: Visit, site: SiteId, reading: AsyncConnection
) -> None:
    await stated(noa, visit, site)
    for _ in range(confirm_tries.MOST):
        assert (await confirmed(noa, visit, WRONG)).status_code == 422
    right = await confirmed(noa, visit)
    assert right.headers["location"] == f"{base(visit)}/done"
    told = (await noa.get(f"{base(visit)}/done")).text
    assert "You are not checked in yet." in told
    assert "do not match what the clinic has on file" in told
    assert (await noa.get(f"{base(visit)}/confirm")).status_code == 303
    assert await made(reading, visit) == [False]
    await stated(noa, visit, site)
    await confirmed(noa, visit)
    assert await made(reading, visit) == [False, True]


async def test_guesses_sent_at_once_are_no_more_than_five(noa: Person, visit: Visit, site: SiteId) -> None:
    await stated(noa, visit, site)
    answers = await asyncio.gather(*[confirmed(noa, visit, WRONG) for _ in range(12)])
    told = [one.status_code for one in answers if "does not match" in one.text]
    assert len(told) <= confirm_tries.MOST


async def test_not_now_leaves_the_patient_where_they_were(noa: Person, visit: Visit, site: SiteId) -> None:
    await stated(noa, visit, site)
    screen = await noa.get(f"{base(visit)}/confirm")
    assert f'href="{base(visit)}/done?not-now=yes"' in screen.text
    told = (await noa.get(f"{base(visit)}/done?not-now=yes")).text
    assert "That’s OK." in told
    assert "Nothing was saved." in told


async def test_both_have_to_be_seen_at_an_open_site(
    running: Running, noa: Person, visit: Visit, site: SiteId, reading: AsyncConnection
) -> None:
    closed = await closed_site(running)
    for changes, remedy in (
        ({"site": ""}, "Choose the site where both people are now."),
        ({"site": "nowhere"}, "Choose the site where both people are now."),
        ({"site": str(closed)}, "Choose the site where both people are now."),
        ({"patient_here": ""}, "in front of you"),
        ({"prescriber_here": "no"}, "prescriber is at this site"),
    ):
        answer = await stated(noa, visit, site, **changes)
        assert answer.status_code == 422, changes
        assert remedy in answer.text
    assert await made(reading, visit) == []
    assert (await confirmed(noa, visit)).headers["location"] == f"{base(visit)}/done", "nothing was stated"


async def closed_site(running: Running) -> SiteId:
    async with transaction(running.settings.database_url) as conn:
        context = UseCaseContext(conn, running.clinic["carla"], datetime.now(UTC))
        new = NewSite(name=f"Old {context.now:%H%M%S%f}", line="2 Bay St", city="Tampa", state="FL", postal="33606")
        gone = await sites.add_site(context, new)
        await sites.close_site(context, gone.id)
        return gone.id


async def test_a_visit_that_is_remote_early_or_over_takes_no_check_in(
    running: Running, noa: Person, site: SiteId, reading: AsyncConnection
) -> None:
    video = await in_person(running, site, modality=Modality.VIDEO)
    early = await in_person(running, site, minutes=40)
    over = await in_person(running, site)
    async with transaction(running.settings.database_url) as conn:
        await conn.execute(text("UPDATE visit SET status = 'cancelled' WHERE id = :id"), {"id": over.id})
    for visit, why in ((video, "not in person"), (early, "15 minutes before"), (over, "This visit is over")):
        assert why in (await noa.get(f"{base(visit)}/check-in")).text
        answer = await stated(noa, visit, site)
        assert answer.status_code == 409
        assert why in answer.text
        assert await made(reading, visit) == []


@pytest.mark.parametrize("who", ["marcus", "drew"])
async def test_whoever_is_in_a_call_is_not_checked_in(
    running: Running, noa: Person, visit: Visit, site: SiteId, reading: AsyncConnection, who: str
) -> None:
    """Drew is in Ada's call, or Marcus is a guest in it."""
    ada = await ada_in_progress(running)
    async with transaction(running.settings.database_url) as conn:
        room = (await conn.execute(text("SELECT room FROM visit WHERE id = :id"), {"id": ada})).scalar_one()
        if who == "marcus":
            invite = "INSERT INTO visit_participant (visit_id, person_id, part, invited_at, invited_by)"
            values = " VALUES (:visit, :person, 'guest_family', now(), :by)"
            ids = {"visit": ada, "person": running.clinic["marcus"], "by": running.clinic["drew"]}
            await conn.execute(text(invite + values), ids)
    await stated(noa, visit, site)
    async with Bus.open(running.settings.redis_url) as bus:
        inside = Presence(ParticipantId(str(running.clinic[who])), "guest", audio=True, video=True, away=False)
        await bus.set_presence(RoomId(room), [inside])
        answer = await stated(noa, visit, site)
        assert answer.status_code == 409
        assert "is in a call right now, so check-in is not possible." in answer.text
        assert "is in a call right now" in (await noa.get(f"{base(visit)}/check-in")).text
        late = await confirmed(noa, visit)
        assert late.headers["location"] == f"{base(visit)}/done", "the patient's screen names nobody"
        assert await made(reading, visit) == [False]
        await bus.set_presence(RoomId(room), [])
    await confirmed(noa, visit)
    assert await made(reading, visit) == [True]


async def ada_in_progress(running: Running) -> VisitId:
    async with transaction(running.settings.database_url) as conn:
        state = text("SELECT status FROM visit WHERE id = :id")
        if (await conn.execute(state, {"id": running.clinic.visits["ada"]})).scalar_one() == "in_progress":
            return running.clinic.visits["ada"]
        return await begin_visit(conn, running.clinic, "ada", "drew", datetime.now(UTC))


async def test_a_call_that_is_joined_later_is_named_on_the_day_and_the_desk_may_begin_again(
    running: Running, noa: Person, visit: Visit, site: SiteId
) -> None:
    await stated(noa, visit, site)
    await confirmed(noa, visit)
    ada = await ada_in_progress(running)
    async with transaction(running.settings.database_url) as conn:
        await presence_records.add_call_join(conn, ada, running.clinic["drew"], datetime.now(UTC))
    day = await noa.get(f"/desk?date={visit.scheduled_start.astimezone(ZONE):%Y-%m-%d}")
    assert "Check-in void: Dr. Cast joined a call at" in day.text
    assert f"{base(visit)}/check-in" in day.text


async def test_only_the_front_desk_checks_in_and_what_others_try_is_on_record(
    running: Running, visit: Visit, site: SiteId, reading: AsyncConnection
) -> None:
    """Patient and prescriber themselves among them."""
    for name in sorted(ROLES.keys() - {"noa"}):
        person, before = await running.as_(name), await refused_entries(reading)
        assert (await stated(person, visit, site)).status_code == 404
        assert (await confirmed(person, visit)).status_code == 404
        assert (await person.get(f"{base(visit)}/confirm")).status_code == 404
        assert await refused_entries(reading) == before + 3, name
    assert await made(reading, visit) == []


# Booking


async def test_the_desk_books_with_somebody_who_treats_the_patient(
    running: Running, noa: Person, site: SiteId, reading: AsyncConnection
) -> None:
    form = await noa.get("/desk/book")
    assert BORN["marcus"].isoformat() not in form.text
    typed = {"date": "2036-11-24", "time": "10:30", "minutes": "30", "kind": "follow_up", "modality": "in_person"}
    where = {"site": str(site), "place": "Room 2"}
    patient = running.clinic["marcus"]
    nobody = await noa.post("/desk/book", **typed)
    assert nobody.status_code == 422
    for other in ("ruth", "sofia", "noa"):
        wrong = await noa.post("/desk/book", patient, prescriber=str(running.clinic[other]), **typed)
        assert wrong.status_code == 422
        assert "Choose a prescriber who treats this patient." in wrong.text
        offered = re.findall(r'<option value="([0-9a-f-]{36})"', wrong.text.split('name="prescriber"')[1])
        assert str(running.clinic["drew"]) in offered
        assert str(running.clinic["ruth"]) not in offered
    hers = f"/desk/book?patient={running.clinic['noor']}"
    wrong = await noa.post(hers, patient, prescriber=str(running.clinic["ruth"]), **typed)
    assert wrong.status_code == 422, "who treats somebody else, named in the address, is not offered"
    drew = str(running.clinic["drew"])
    booked = await noa.post("/desk/book", patient, prescriber=drew, **typed, **where)
    assert booked.status_code == 303, booked.text
    day = await noa.get(booked.headers["location"])
    assert "Monday, November 24, 10:30\u00a0AM: Marcus Cast is booked with Dr. Cast." in day.text
    assert "Ybor clinic" in day.text
    kept = text("SELECT prescriber_id, booked_by, site_id, place FROM visit WHERE scheduled_start > '2036-01-01'")
    assert tuple((await reading.execute(kept)).one()) == (running.clinic["drew"], running.clinic["noa"], site, "Room 2")


async def test_a_prescriber_books_for_a_site_and_the_patient_reads_where(
    running: Running, site: SiteId, reading: AsyncConnection
) -> None:
    drew = await running.as_("drew")
    assert "Ybor clinic" in (await drew.get("/visits/new")).text
    typed = {"date": "2037-03-02", "time": "10:30", "minutes": "30", "kind": "follow_up", "modality": "in_person"}
    closed = str(await closed_site(running))
    wrong = await drew.post("/visits/new", running.clinic["marcus"], **typed, site=closed)
    assert wrong.status_code == 422
    assert "open sites" in wrong.text
    booked = await drew.post("/visits/new", running.clinic["marcus"], **typed, site=str(site), place="Room 2")
    assert booked.status_code == 303
    assert "Ybor clinic, Room 2" in (await drew.get(booked.headers["location"])).text
    home = await (await running.as_("marcus")).get("/home")
    assert "Ybor clinic, 1701 N 15th St, Tampa, FL 33605, Room 2" in home.text
    video = await drew.post(
        "/visits/new", running.clinic["marcus"], **{**typed, "date": "2037-03-03", "modality": "video"}, site=str(site)
    )
    assert video.status_code == 303, "what belongs to a visit in person travels, and counts for none by video"
    kept = text("SELECT site_id FROM visit WHERE scheduled_start > '2037-03-03'")
    assert (await reading.execute(kept)).scalar_one() is None
