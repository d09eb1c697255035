"""Half an hour before midnight and half an hour after it, every page speaks of the clinic's day and by its clock."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from compliance.prescribing import decisions
from compliance.prescribing.decision import VALIDITY, Citation, Decision, Reason
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction, Schedule
from emr.diary import use_cases as diary
from emr.diary.model import SideEffectSeverity
from emr.medications.model import OrderOrigin
from emr.notes import use_cases as noting
from emr.prescribing import list_use_cases as medicating
from emr.prescribing.list_use_cases import ReportedMedication
from emr.presence import sites
from emr.questionnaires import use_cases as answering
from emr.shared.clinic_time import days, typed, words
from emr.shared.context import UseCaseContext
from emr.shared.errors import RecordError
from emr.shared.ids import PersonId, VisitId
from emr.visits import booking
from emr.visits import repository as visit_records
from emr.visits import use_cases as visiting
from emr.visits.booking import NewVisit
from server.application.actors import Actor, Subject
from server.application.context import AppContext
from server.application.unit_of_work import UnitOfWork, relations_of
from server.auth.sessions import Session, SessionKey
from server.http.answers import After, Created, Fields, PageWithStatus, Redirect
from server.http.endpoint import Ask, RouteSpec
from server.http.forms import PostedForm
from server.presenters.visit_parts import patients_day, people_of
from server.processes.resources import open_app_context
from server.routes import ROUTES
from tests.conftest import Database, Engines
from tests.server.row_cases import CASES, YBOR
from tests.server.web_process import BORN, PLACE, ROLES, Clinic, begin_visit, found, settings_for
from visit_ui.environment import render

NIGHTS = [
    ("America/Los_Angeles", date(2026, 11, 27), time(23, 30)),  # by UTC it is tomorrow
    ("America/New_York", date(2026, 11, 1), time(23, 30)),  # and the clock went back
    ("Asia/Kolkata", date(2026, 11, 27), time(0, 30)),  # by UTC it is yesterday
    ("Pacific/Auckland", date(2026, 9, 27), time(0, 30)),  # and the clock goes forward
]
WEEK = 7
DAY = re.compile(r"\b((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2})\b")
CLOCK = re.compile(r"(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?: [AP]M)?")
SEEN_BY = ("ada", "drew", "noa", "olu", "carla")


@dataclass(frozen=True, slots=True)
class _At:
    clinic: Clinic
    now: datetime


@pytest.fixture
async def app_context(database: Database, engines: Engines, tmp_path: Path) -> AsyncIterator[AppContext]:
    settings = settings_for(database.app_url, engines.redis(8), 8000, tmp_path)
    async with open_app_context(settings, demo=False) as opened:
        yield opened


async def _written(
    app_context: AppContext, conn: AsyncConnection, now: datetime, zone: str
) -> tuple[Clinic, Mapping[str, str]]:
    """A visit that goes on since just now and one of a week before, with something of each kind that has a time."""
    clinic = await found(conn, now, zone=zone)
    ada, drew, at = clinic["ada"], clinic["drew"], UseCaseContext(conn, clinic["drew"], now)
    site = await sites.add_site(UseCaseContext(conn, clinic["carla"], now), YBOR)
    local = days.there(now, zone)
    before = days.at(days.after(local.date(), -WEEK), local.time(), zone).astimezone(UTC)
    last = await booking.book(UseCaseContext(conn, drew, before), NewVisit(patient=ada, prescriber=drew, start=before))
    await _answer(conn, last.id, ada, before, "0")
    await visiting.arrive(UseCaseContext(conn, ada, before), last.id, ada, PLACE)
    await visiting.admit(UseCaseContext(conn, drew, before), last.id, ada)
    await visiting.end(UseCaseContext(conn, drew, before), last.id, ada)
    draft = await noting.save(UseCaseContext(conn, drew, before), last.id, ada, 0, {"plan": "Look again."})
    await noting.sign(at, last.id, ada, draft.version)
    await noting.add(at, last.id, ada, "Called the pharmacy.")
    visit = await begin_visit(conn, clinic, "ada", "drew", now)
    await _answer(conn, visit, ada, now, "1")
    await noting.save(at, visit, ada, 0, {"plan": "As before."})
    theirs, today = UseCaseContext(conn, ada, now), days.day_of(now, zone)
    await diary.write_question(theirs, ada, "May I drive?")
    await diary.report_side_effect(theirs, ada, "Headache", SideEffectSeverity.MILD, today)
    told = ReportedMedication(name="Melatonin", kind=OrderOrigin.SELF_REPORTED, sentence="3 mg at night", since=today)
    order = await medicating.report(
        theirs, formulary=app_context.references.formulary, patient_id=ada, told=told, visit_id=visit
    )
    decided = await decisions.record(
        conn, _blocked(now), patient_id=ada, prescriber_id=drew, typed="x", product="x", encounter_id=visit, now=now
    )
    alert = (await answering.alerts(conn, visit))[0]
    ids = {
        "visit": visit,
        "patient": ada,
        "order": order.id,
        "decision": decided.id,
        "site": site.id,
        "alert": alert.id,
    }
    return clinic, {**{name: str(one) for name, one in ids.items()}, "scale": "gad7", "person": str(clinic["ilse"])}


async def _answer(conn: AsyncConnection, visit: VisitId, ada: PersonId, at: datetime, last: str) -> None:
    given = {f"q{item}": int(value) for item, value in enumerate(f"11111111{last}", 1)}
    answered = await answering.answer(UseCaseContext(conn, ada, at), visit, ada, "phq9", given)
    assert not answered.missing


def _blocked(now: datetime) -> Decision:
    return Decision(
        outcome=DecisionOutcome.BLOCK,
        action=PrescribingAction.NEW,
        modality=Modality.VIDEO,
        schedule=Schedule.IV,
        ingredients=("alprazolam",),
        reasons=(Reason("controlled", "It is a controlled substance."),),
        rule="controlled-remote",
        citations=(Citation("829", "21 USC 829(e)", "In person."),),
        pack_id="strict-block",
        pack_version="1",
        pack_sha256="0" * 64,
        reference_sha256="0" * 64,
        decided_at=now,
        valid_until=now + VALIDITY,
    )


def _ask(app_context: AppContext, row: RouteSpec, ids: Mapping[str, str], person: PersonId, now: datetime) -> Ask:
    path = row.path.format(**ids)
    scope = {
        "type": "http", "method": "GET", "scheme": "http", "server": ("localhost", 80), "path": path,
        "query_string": b"", "headers": [], "path_params": ids,
    }  # fmt: skip
    session = Session(SessionKey("s"), person, frozenset(), "", "", None, now, now, now, "csrf", "")
    return Ask(Request(scope), app_context, session, now, PostedForm())


async def _page(
    app_context: AppContext, conn: AsyncConnection, row: RouteSpec, ids: Mapping[str, str], name: str, at: _At
) -> str | None:
    """What a person reads there; None when they are sent on, or there is nothing to be read now."""
    person = at.clinic[name]
    subject = Subject(
        PersonId(UUID(ids["patient"])) if "{visit}" in row.path or "{patient}" in row.path else None,
        VisitId(UUID(ids["visit"])) if "{visit}" in row.path else None,
    )
    relations, actor = await relations_of(conn, person, subject), Actor(person, frozenset(ROLES[name]))
    verdict = app_context.references.access.decide(row.action, actor.roles, relations)
    work = UnitOfWork(app_context, actor, row.action, subject, verdict, relations, UseCaseContext(conn, person, at.now))
    try:
        answer = await row.handler(_ask(app_context, row, ids, person, at.now), work)
    except RecordError:
        return None
    page = answer.page if isinstance(answer, PageWithStatus) else answer
    return None if isinstance(page, Redirect | Created | Fields | After | Response) else _read(render(page))


def _read(page: str) -> str:
    """The text of a page, as people read it: no addresses and no scripts, but what fields and pictures say."""
    said = " ".join(re.findall(r'(?:aria-label|value|title)="([^"]*)"', page))
    page = page.replace(typed.clock_shape(), "")  # an example beside a field
    return re.sub(r"\s+", " ", unescape(f"{re.sub(r'<[^>]*>', ' ', page)} {said}"))


def _wrong(text: str, now: datetime, zone: str, allowed: set[date]) -> Iterator[str]:
    """Days that are none of those allowed, and times that are not within the hour by the clock of the zone."""
    known = {words.short(one) for one in allowed} | {words.spoken(one) for one in allowed}
    yield from (found for found in DAY.findall(text) if found not in known)
    near = {_hour(words.clock(now + timedelta(hours=hours), zone)) for hours in (-1, 0, 1)}
    yield from (found for found in CLOCK.findall(text) if found != "0:00" and _hour(found) not in near)


def _hour(clock: str) -> tuple[str, str]:
    """The hour and its half of the day; without a half it is near nothing."""
    return clock.partition(":")[0], clock[-2:]


@pytest.mark.parametrize(("zone", "today", "clock"), NIGHTS, ids=str)
async def test_every_page_tells_the_clinics_day(
    app_context: AppContext, conn: AsyncConnection, zone: str, today: date, clock: time
) -> None:
    now = days.at(today, clock, zone).astimezone(UTC)
    clinic, ids = await _written(app_context, conn, now, zone)
    allowed = {today, days.after(today, -WEEK), *BORN.values()}
    wrong: dict[str, list[str]] = {}
    told: set[str] = set()
    for row in ROUTES:
        if row.method != "GET":
            continue
        for name in sorted(CASES[row.method, row.path].may & set(SEEN_BY)):
            text = await _page(app_context, conn, row, ids, name, _At(clinic, now))
            if text is None:
                continue
            wrong |= {f"{row.path} {name}": found for found in [list(_wrong(text, now, zone, allowed))] if found}
            told |= {row.path} if words.short(today) in text or words.spoken(today) in text else set()
    assert wrong == {}
    assert len(told) >= 10, told
    visit = await visit_records.get(conn, VisitId(UUID(ids["visit"])))
    assert visit is not None
    assert patients_day(await people_of(conn, visit), now) == today, "doses begin and end by the patient's day"
