"""Correcting a visit's outcome, over HTTP and by SQL: every page says so, and nothing begins again."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.clinic_time import typed, words
from emr.shared.context import UseCaseContext
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from emr.visits.model import Modality, Visit
from tests.server.row_cases import DOSE, WHERE
from tests.server.web_process import ZONE, Person, Running, transaction

REASON = "The link failed: they spoke by the clinic's phone."
FORM = {"outcome": "ended", "started": "", "ended": "", "reason": REASON}


async def over(
    running: Running, *, patient: str = "marcus", by: str = "drew", hours: float = -1, scales: tuple[str, ...] = ()
) -> Visit:
    """A visit in person that the worker, whose clock may be wrong, marked as missed."""
    now = datetime.now(UTC)
    start = now + timedelta(hours=hours)
    async with transaction(running.settings.database_url) as conn:
        new = NewVisit(
            patient=running.clinic[patient],
            prescriber=running.clinic[by],
            start=start,
            modality=Modality.IN_PERSON,
            place="Room 2",
            scales=scales,
        )
        visit = await booking.book(UseCaseContext(conn, running.clinic[by], min(now, start)), new)
        wrong = UseCaseContext(conn, running.clinic[by], now + timedelta(days=3))
        return await visiting.miss(wrong, visit.id, visit.patient)


def local(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(ZONE)):%Y-%m-%dT%H:%M}"


async def of(conn: AsyncConnection, visit: Visit) -> list[str]:
    """The outcomes that were written beside the visit, oldest first."""
    asked = text("SELECT outcome FROM visit_correction WHERE visit_id = :id ORDER BY id")
    return list((await conn.execute(asked, {"id": visit.id})).scalars())


async def test_a_visit_marked_missed_though_it_was_held_is_put_right_and_every_page_says_so(running: Running) -> None:
    visit = await over(running)
    noa, drew, marcus = [await running.as_(name) for name in ("noa", "drew", "marcus")]
    day = f"{visit.scheduled_start.astimezone(ZoneInfo(ZONE)):%Y-%m-%d}"
    path = f"/visits/{visit.id}"
    for who, where in ((noa, f"/desk?date={day}"), (drew, path)):
        assert f'href="{path}/correct"' in (await who.get(where)).text
    began, ended = visit.scheduled_start + timedelta(minutes=2), visit.scheduled_start + timedelta(minutes=30)
    form = {**FORM, "started": local(began), "ended": local(ended)}
    same = {"idempotency_key": str(uuid4())}
    answers = [await noa.post(f"{path}/correct", visit.patient, **form, **same) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303], answers[0].text
    assert "missed, corrected to completed" in (await noa.get(answers[0].headers["location"])).text
    page = (await drew.get(path)).text
    times = f"{words.clock(began, ZONE)} to {words.clock(ended, ZONE)}"
    assert re.search(
        rf"Missed, corrected to completed \(.*{times.split(' to ')[1]}\) by Noa Cast on \w+ \d+: The link", page
    )
    assert "Missed, corrected to completed" in (await drew.get(f"/day?date={day}")).text
    assert "Missed, corrected to completed" in (await drew.get(f"/patients/{visit.patient}")).text
    theirs = (await marcus.get(path)).text
    assert "Your visit was completed" in theirs
    assert "The link failed" not in theirs
    assert "Noa" not in theirs
    async with transaction(running.settings.database_url) as conn:
        assert await of(conn, visit) == ["ended"], "once, however often it is sent"
        logged = await conn.execute(
            text(
                "SELECT e.actor_role, e.subject_id, c.content FROM audit_entry e JOIN audit_content c ON c.entry_id ="
                " e.id WHERE e.action = 'visit.correct' AND e.outcome = 'allowed' AND e.visit_id = :id"
            ),
            {"id": visit.id},
        )
        (entry,) = logged.all()
        assert (entry.actor_role, entry.subject_id) == ("front_desk", str(visit.id))
        assert entry.content["outcome"] == "ended"
        assert any(name.startswith("visit_correction/") for name in entry.content["records"])
        assert "link" not in str(entry.content)


async def test_a_corrected_visit_stays_over_and_nothing_is_begun_or_signed_in_it(running: Running) -> None:
    visit = await over(running, hours=0)
    noa, drew, marcus = [await running.as_(name) for name in ("noa", "drew", "marcus")]
    path = f"/visits/{visit.id}"
    assert (await drew.post(f"{path}/correct", visit.patient, **FORM)).status_code == 303
    tried: tuple[tuple[Person, str, dict[str, str]], ...] = (
        (marcus, f"{path}/arrive", WHERE),
        (drew, f"{path}/admit", {}),
        (drew, f"{path}/take-over", {}),
        (drew, f"{path}/medicines/start", {**DOSE, "answer-x": "Looked at"}),
        (noa, f"/desk{path}/check-in", {"site": "", "patient_here": "yes", "prescriber_here": str(visit.prescriber)}),
    )
    for who, where, form in tried:
        answer = await who.post(where, visit.patient, **form)
        assert answer.status_code in (404, 409, 422), (where, answer.status_code)
    async with transaction(running.settings.database_url) as conn:
        asked = text(
            "SELECT status, admitted_at, ended_at, (SELECT count(*) FROM attendance WHERE visit_id = v.id)"
            ", (SELECT count(*) FROM check_in WHERE visit_id = v.id), (SELECT count(*) FROM decision"
            " WHERE encounter_id = v.id AND outcome = 'allow') FROM visit v WHERE id = :id"
        )
        assert tuple((await conn.execute(asked, {"id": visit.id})).one()) == ("missed", None, None, 0, 0, 0)


async def test_no_guard_of_the_gate_reads_a_correction_and_by_sql_nothing_begins(running: Running) -> None:
    visit = await over(running, hours=0)
    noa = await running.as_("noa")
    assert (await noa.post(f"/visits/{visit.id}/correct", visit.patient, **FORM)).status_code == 303
    given = {"id": visit.id, "patient": visit.patient, "by": visit.prescriber}
    attend = (
        "INSERT INTO attendance VALUES (gen_random_uuid(), :id, :patient, 'in_person', :by, NULL, now(), now())",
        "only a visit in progress is attended",
    )
    begin = (
        "UPDATE visit SET status = 'in_progress', admitted_at = now() WHERE id = :id",
        "a visit does not go from missed to in_progress",
    )
    for statement, why in (attend, begin):
        with pytest.raises(DBAPIError, match=why):
            async with transaction(running.settings.database_url) as conn:
                await conn.execute(text(statement), given)
    async with transaction(running.settings.database_url) as conn:
        readers = text("SELECT proname FROM pg_proc WHERE prosrc LIKE '%visit\\_correction%'")
        assert list((await conn.execute(readers)).scalars()) == []
        views = text("SELECT count(*) FROM pg_views WHERE definition LIKE '%visit\\_correction%'")
        assert (await conn.execute(views)).scalar_one() == 0


BY_SQL: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "before it is over": ("drew", {"of": "ada"}, "only the outcome of a visit that is over"),
    "by its patient": ("marcus", {}, "the front desk or who was to treat"),
    "by an administrator": ("carla", {}, "the front desk or who was to treat"),
    "by a colleague": ("ruth", {}, "the front desk or who was to treat"),
    "ahead": ("noa", {"ended_at": "now() + interval '1 minute'"}, "yet to come"),
    "turned round": (
        "noa",
        {"started_at": "now()", "ended_at": "now() - interval '1 minute'"},
        "ck_visit_correction|ends",
    ),
    "times of none": ("noa", {"outcome": "'missed'", "started_at": "now()"}, "times_of_held"),
    "another outcome": ("noa", {"outcome": "'in_progress'"}, "ck_visit_correction_outcome"),
    "without a reason": ("noa", {"reason": "'  '"}, "ck_visit_correction_reason"),
}


@pytest.mark.parametrize("name", BY_SQL)
async def test_the_database_refuses_a_correction(running: Running, name: str) -> None:
    who, changes, why = BY_SQL[name]
    values = {"outcome": "'ended'", "started_at": "NULL", "ended_at": "NULL", "reason": "'Why'", **changes}
    statement = (
        "INSERT INTO visit_correction (visit_id, corrected_by, corrected_at, recorded_at, outcome, started_at,"
        " ended_at, reason) VALUES (:id, :by, now(), now(), {outcome}, {started_at}, {ended_at}, {reason})"
    ).format(**values)
    visit = running.clinic.visits["ada"] if "of" in changes else (await over(running)).id
    with pytest.raises(DBAPIError, match=why):
        async with transaction(running.settings.database_url) as conn:
            await conn.execute(text(statement), {"id": visit, "by": running.clinic[who]})


async def test_a_colleague_who_treats_the_patient_too_is_told_whose_it_is(running: Running) -> None:
    visit = await over(running, patient="noor", by="ruth")
    jonah = await running.as_("jonah")
    refused = await jonah.post(f"/visits/{visit.id}/correct", visit.patient, **FORM)
    assert refused.status_code == 409
    assert "Only the front desk and the visit’s prescriber" in refused.text
    assert "/correct" not in (await jonah.get(f"/visits/{visit.id}")).text


async def test_what_was_asked_before_a_missed_visit_is_not_counted_as_open(running: Running) -> None:
    visit, drew = await over(running, scales=("phq9",)), await running.as_("drew")
    day = f"{visit.scheduled_start.astimezone(ZoneInfo(ZONE)):%Y-%m-%d}"
    (row,) = [part for part in (await drew.get(f"/day?date={day}")).text.split("<tr") if str(visit.id) in part]
    assert "Missed" in row
    assert "Scales 0 of" not in row


WRONG = {
    "outcome": ({"outcome": ""}, "Choose an outcome."),
    "stands": ({"outcome": "missed"}, "This is already on record."),
    "reason": ({"reason": ""}, "Enter the reason"),
    "clock": ({"started": "ten"}, "Enter the date and time"),
    "ahead": ({"ended": "2199-01-01T10:00"}, "This is in the future."),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_refused_correction_keeps_what_was_typed(running: Running, name: str) -> None:
    changes, remedy = WRONG[name]
    visit, noa = await over(running), await running.as_("noa")
    form = {**FORM, "reason": "Marcus called us.", **changes}
    answer = await noa.post(f"/visits/{visit.id}/correct", visit.patient, **form)
    assert answer.status_code == 422
    assert remedy in answer.text
    for said in filter(None, (form["reason"], form["started"], form["ended"])):
        assert said in answer.text
    async with transaction(running.settings.database_url) as conn:
        assert await of(conn, visit) == []


async def test_a_visit_whose_time_has_not_come_is_booked_again_from_its_own_page(running: Running) -> None:
    visit = await over(running, hours=30)
    day, at = typed.write_moment(visit.scheduled_start, ZONE).split(" ", 1)
    for name, book in (("noa", "/desk/book"), ("drew", "/visits/new")):
        who = await running.as_(name)
        page = (await who.get(f"/visits/{visit.id}/correct")).text
        link = re.search(rf'href="({book}\?patient={visit.patient}&amp;of={visit.id})"', page)
        assert link, page
        form = (await who.get(link[1].replace("&amp;", "&"))).text
        for value in (day, at, "Room 2"):
            assert f'value="{value}"' in form
        assert re.search(r'value="in_person" checked', form)
    strange = await (await running.as_("drew")).get(f"/visits/new?patient={running.clinic['ada']}&of={visit.id}")
    assert "Room 2" not in strange.text
