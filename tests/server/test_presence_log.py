"""What the officer sees of presence: check-ins and what became of them, who is front desk, days that deserve a look."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.masking import patient_code
from compliance.shared.vocabulary import Role
from emr.presence import repository as presence_records
from emr.shared.context import UseCaseContext
from emr.shared.ids import VisitId
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from emr.visits.model import Modality
from server.auth import accounts
from tests.server.row_cases import a_site, started
from tests.server.web_process import ISSUER, PLACE, Person, Running, transaction

BORN = {"full_name": "Marcus Cast", "born_month": "7", "born_day": "2", "born_year": "1980"}
CAPSULE = {"product": "lisdexamfetamine", "name": "lisdexamfetamine", "total": "30", "refills": "0"}


@pytest.fixture
async def reading(running: Running) -> AsyncIterator[AsyncConnection]:
    async with transaction(running.settings.database_url) as conn:
        yield conn


@pytest.fixture
async def olu(running: Running) -> Person:
    return await running.as_("olu")


async def in_person(running: Running, *, confirm: bool = True) -> VisitId:
    """Marcus comes to the clinic now and is checked in with Drew; nobody is with him yet."""
    site, now, marcus, drew = await a_site(running), datetime.now(UTC), running.clinic["marcus"], running.clinic["drew"]
    async with transaction(running.settings.database_url) as conn:
        new = NewVisit(patient=marcus, prescriber=drew, start=now, modality=Modality.IN_PERSON, site=site)
        visit = (await booking.book(UseCaseContext(conn, drew, now), new)).id
    noa = await running.as_("noa")
    both = {"patient_here": "yes", "prescriber_here": str(drew), "site": str(site)}
    assert (await noa.post(f"/desk/visits/{visit}/check-in", marcus, **both)).status_code == 303
    if confirm:
        assert (await noa.post(f"/desk/visits/{visit}/confirm", marcus, **BORN)).status_code == 303
    return visit


def row_of(page: str, section: str) -> list[str]:
    """The rows of one list, as words."""
    part = page.split(f'id="{section}"')[1].split("</section>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", part, flags=re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows][1:]


async def test_a_check_in_is_listed_with_what_became_of_it_and_the_patient_stays_masked(
    running: Running, olu: Person, reading: AsyncConnection
) -> None:
    visit = await in_person(running)
    (first,) = row_of((await olu.get("/log/presence")).text, "check-ins-title")
    code = patient_code(running.clinic["marcus"])
    for word in ("Ybor clinic, FL", code, "Drew Cast, MD", "Noa Cast, MD", "Valid until"):
        assert word in first
    drew, marcus = await running.as_("drew"), running.clinic["marcus"]
    assert (await drew.post(f"/visits/{visit}/admit", marcus)).status_code == 303
    await started(drew, f"/visits/{visit}", patient=str(marcus), **CAPSULE)
    page = await olu.get("/log/presence")
    assert " Used" in row_of(page.text, "check-ins-title")[0]
    assert "Marcus" not in page.text
    async with transaction(running.settings.database_url) as conn:
        ada = running.clinic.visits["ada"]
        await presence_records.add_call_join(conn, ada, running.clinic["drew"], await now(conn))
    (later,) = row_of((await olu.get("/log/presence")).text, "check-ins-title")
    assert "Used Voided later Drew Cast, MD joined a call at" in later
    assert (await drew.post(f"/visits/{visit}/end", marcus)).status_code == 303
    opened = text("SELECT count(*) FROM audit_entry WHERE action = 'log.read' AND actor_id = :olu")
    assert (await reading.execute(opened, {"olu": running.clinic["olu"]})).scalar_one() == 3


async def now(conn: AsyncConnection) -> datetime:
    found: datetime = (await conn.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return found


async def test_what_nobody_confirmed_is_void_and_says_so(running: Running, olu: Person) -> None:
    await in_person(running, confirm=False)
    newest = row_of((await olu.get("/log/presence")).text, "check-ins-title")[0]
    assert "Void not confirmed by the patient" in newest


async def test_a_patient_seen_by_video_and_then_in_person_on_one_day_is_flagged(running: Running, olu: Person) -> None:
    """The in-person visit of the first test is such a day once a video visit came before it, and not without."""
    assert "No flagged days" in (await olu.get("/log/presence")).text
    marcus = running.clinic["marcus"]
    async with transaction(running.settings.database_url) as conn:
        found = "SELECT admitted_at FROM visit WHERE patient_id = :marcus AND status = 'ended'"
        begun = (await conn.execute(text(found), {"marcus": marcus})).scalar_one()
    await seen_by_video(running, begun - timedelta(days=1))
    await seen_by_video(running, begun + timedelta(seconds=1))
    assert "No flagged days" in (await olu.get("/log/presence")).text, (
        "the day before, or later that day, is no such day"
    )
    await seen_by_video(running, begun - timedelta(seconds=1))
    page = await olu.get("/log/presence")
    (flagged,) = row_of(page.text, "flagged-title")
    assert patient_code(marcus) in flagged
    assert "Ruth Cast, MD, then Drew Cast, MD" in flagged
    assert "Start lisdexamfetamine" in flagged
    assert "Schedule II" in flagged
    href = re.search(r'href="(/log/[0-9a-f-]{36})"', page.text)
    assert href
    assert (await olu.get(href.group(1))).status_code == 200


async def seen_by_video(running: Running, began: datetime) -> None:
    """Marcus was with Ruth by video at that time: told through the use cases."""
    marcus, ruth = running.clinic["marcus"], running.clinic["ruth"]
    async with transaction(running.settings.database_url) as conn:
        visit = await booking.book(
            UseCaseContext(conn, ruth, began), NewVisit(patient=marcus, prescriber=ruth, start=began)
        )
        await visiting.arrive(UseCaseContext(conn, marcus, began), visit.id, marcus, PLACE)
        await visiting.admit(UseCaseContext(conn, ruth, began), visit.id, marcus)
        await visiting.end(UseCaseContext(conn, ruth, began), visit.id, marcus)


async def test_grants_of_the_front_desk_and_their_ends_are_listed_with_who_made_them(
    running: Running, olu: Person
) -> None:
    carla = await running.as_("carla")
    names = {"given_name": "Nell", "family_name": "Ito"}
    await carla.post("/people", issuer=ISSUER, subject="nell", role="front_desk", **names)
    rows = row_of((await olu.get("/log/presence")).text, "grants-title")
    assert rows[0].endswith("Nell Ito Granted Carla Cast, MD")
    assert any(row.endswith("Noa Cast, MD Granted operator") for row in rows)
    async with transaction(running.settings.database_url) as conn:
        nell = await accounts.person_of(conn, ISSUER, "nell")
        assert nell is not None
        await accounts.revoke(conn, nell, Role.FRONT_DESK, now=datetime.now(UTC))
    ended = row_of((await olu.get("/log/presence")).text, "grants-title")[0]
    assert ended.endswith("Nell Ito Ended not in the log"), "a role that ended without an entry"


async def test_a_period_bounds_every_list_and_a_date_that_is_none_is_said(running: Running, olu: Person) -> None:
    empty = await olu.get("/log/presence?from=2001-01-01&to=2001-01-31")
    for words in ("No flagged days", "No check-ins", "No changes"):
        assert words in empty.text
    wrong = await olu.get("/log/presence?from=2001-02-31")
    assert "Enter the date as MM/DD/YYYY, for example 11/24/2026." in wrong.text
    turned = await olu.get("/log/presence?from=2001-02-02&to=2001-02-01")
    assert "The From date is after the To date" in turned.text
    assert 'href="/log/presence"' in (await olu.get("/log")).text
