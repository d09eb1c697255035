"""The living clinic: what the demo's first start writes, and what every later start sees to."""

import asyncio
import itertools
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import sealing
from compliance.audit.outside import Outside
from compliance.audit.store import DirectoryStore
from compliance.audit.verify import verify_log
from compliance.reports import reports
from compliance.reports.values import Filter
from compliance.shared.vocabulary import DecisionOutcome, Role
from compliance.shared.vocabulary import Modality as DecidedBy
from emr.diary import use_cases as diary
from emr.notes import use_cases as noting
from emr.people import use_cases as people
from emr.people.model import AllergyStatus
from emr.presence import checking_in, sites
from emr.questionnaires import model as scales
from emr.questionnaires import use_cases as answering
from emr.shared import contact
from emr.shared.context import UseCaseContext
from emr.visits import repository as visit_records
from emr.visits import use_cases as visiting
from emr.visits.model import JOIN_OPENS_BEFORE, Modality, Visit, VisitStatus
from server.audit import keys as log_keys
from server.auth import accounts
from server.demo import cast
from server.demo.history import bring_up_to_date, is_empty
from server.demo.stories import STORIES
from server.demo.story import Held, OutOfHours
from server.demo.when import Calendar, calendar
from server.platform import database as databases
from server.platform.settings import Settings
from tests.conftest import Engines
from tests.server.web_process import settings_for

# A Tuesday, 9:58 in Tampa.
NOW = datetime(2026, 11, 24, 14, 58, 20, tzinfo=UTC)
ZONE = "America/New_York"
HALF_A_YEAR = timedelta(days=182)
# What each kind of thing on record is called in the log.
FACTS = {
    "person": ("person.add", "person"),
    "patient": ("person.add", "patient"),
    "allergy": ("allergy.record", "patient"),
    "visit": ("visit.book", "visit"),
    "visit_participant": ("visit.invite", "person"),
    "visit_statement": ("visit.prepare", "visit"),
    "scale_request": ("scale.request", "scale_request"),
    "scale_answer": ("scale.answer_item", "scale_request"),
    "scale_response": ("scale.answer", "scale_response"),
    "safety_alert": ("alert.raise", "alert"),
    "alert_acknowledgement": ("alert.acknowledge", "alert"),
    "note": ("note.write", "note"),
    "note_seal": ("note.sign", "note"),
    "note_addendum": ("note.addend", "note"),
    "side_effect": ("side_effect.report", "side_effect"),
    "agenda_item": ("question.write", "question"),
    "agenda_outcome": ("question.mark", "question"),
    "adherence": ("adherence.report", "patient"),
    "observation": ("observation.record", "observation"),
    "decision": ("prescription.decide", "decision"),
    "site": ("site.add", "site"),
    "attendance": ("visit.attend", "attendance"),
    "check_in": ("check_in.state", "check_in"),
    "check_in_confirmation": ("check_in.confirm", "check_in"),
}
EVENTS = {
    "devices_checked": "device.check",
    "arrived": "visit.arrive",
    "admitted": "visit.admit",
    "joined": "visit.join",
    "left": "visit.leave",
    "ended": "visit.end",
}


@dataclass(frozen=True, slots=True)
class Demo:
    """A marked database and the settings of a house over it."""

    name: str
    settings: Settings

    @asynccontextmanager
    async def connect(self, *, worker: bool = False) -> AsyncIterator[AsyncConnection]:
        """What the web's login sees, or the worker's; what it writes is kept."""
        settings = self.settings
        engine = databases.one_shot_engine(settings.worker_database_url if worker else settings.database_url)
        async with engine.begin() as conn:
            yield conn
        await engine.dispose()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def empty(engines: Engines, template: str, folder: Path) -> Iterator[Demo]:
    """A marked database in which nothing has happened: left empty by every test."""
    with a_demo(engines, template, folder) as demo:
        asyncio.run(mark(engines, demo))
        yield demo


@pytest.fixture(scope="module")
def told(engines: Engines, template: str, folder: Path) -> Iterator[Demo]:
    """The clinic after its first start: only read by tests."""
    with a_demo(engines, template, folder) as demo:
        asyncio.run(mark(engines, demo))
        asyncio.run(bring_up_to_date(demo.settings, NOW))
        yield demo


@pytest.fixture
def again(engines: Engines, told: Demo, folder: Path) -> Iterator[Demo]:
    """A copy of that clinic, to go on with."""
    with a_demo(engines, told.name, folder) as demo:
        yield demo


@contextmanager
def a_demo(engines: Engines, template: str, folder: Path) -> Iterator[Demo]:
    """A database of its own for one demo, copied from ``template`` and dropped at the end."""
    name = f"titrate_test_{secrets.token_hex(6)}"
    asyncio.run(databases.make_database(engines.owner_url, name, template=template))
    redis_url = engines.redis(8)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    there = engines.database(name)
    yield Demo(name, settings_for(there.app_url, redis_url, 8000, folder, worker=there.worker_url))
    asyncio.run(databases.drop_database(engines.owner_url, name))


async def mark(engines: Engines, demo: Demo) -> None:
    """Mark the database as a demo's, as the demo does with its owner's login."""
    engine = databases.one_shot_engine(databases.with_database(engines.owner_url, demo.name))
    async with engine.begin() as conn:
        await databases.mark_demo(conn, NOW)
    await engine.dispose()


async def count(conn: AsyncConnection, table: str) -> int:
    number = await conn.scalar(text(f"SELECT count(*) FROM {table}"))
    assert isinstance(number, int)
    return number


async def visits_of(conn: AsyncConnection, slug: str) -> tuple[Visit, ...]:
    """Oldest first."""
    return (await visit_records.of_patient(conn, cast.person_id(slug)))[::-1]


async def joinable(conn: AsyncConnection, now: datetime) -> dict[str, list[Visit]]:
    """The visits of each patient that can be joined at ``now``."""
    found: dict[str, list[Visit]] = {}
    for member in cast.PATIENTS:
        open_now = [one for one in await visits_of(conn, member.slug) if one.join_open(now)]
        if open_now:
            found[member.slug] = open_now
    return found


# The first start


async def test_an_empty_database_is_empty_and_a_told_one_is_not(empty: Demo, told: Demo) -> None:
    assert await is_empty(empty.settings)
    assert not await is_empty(told.settings)


async def test_a_first_start_that_is_interrupted_leaves_nothing_behind(empty: Demo) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bring_up_to_date(empty.settings, NOW), 0.8)
    assert await is_empty(empty.settings)


async def test_the_whole_cast_can_sign_in_with_their_roles(told: Demo) -> None:
    async with told.connect() as conn:
        known = {one.person_id: one for one in await accounts.accounts(conn)}
        for member in cast.CAST:
            assert known[member.id].roles == member.roles
            assert await accounts.person_of(conn, told.settings.oidc_issuer, member.slug) == member.id
        assert known[cast.person_id("tomas")].roles == {Role.PRESCRIBER, Role.SUPERVISOR}
        assert await people.supervisors(conn, cast.person_id("jonah")) == (cast.person_id("tomas"),)
        assert await count(conn, "patient") == len(cast.PATIENTS) == 8


async def test_every_patient_but_the_new_one_has_been_coming_for_half_a_year(told: Demo) -> None:
    async with told.connect() as conn:
        for member in cast.PATIENTS:
            held = [one for one in await visits_of(conn, member.slug) if one.status is VisitStatus.ENDED]
            if member.slug == "gwen":
                assert not await answering.history(conn, member.id)
                continue
            assert len(held) >= 7, member.slug
            assert NOW - held[0].scheduled_start >= HALF_A_YEAR - timedelta(days=4), member.slug
            for before, after in itertools.pairwise(held):
                assert before.ended_at is not None
                assert before.ended_at < after.scheduled_start


async def test_visits_were_held_in_office_hours_of_working_days(told: Demo) -> None:
    zone = ZoneInfo(ZONE)
    async with told.connect() as conn:
        for member in cast.PATIENTS:
            for visit in await visits_of(conn, member.slug):
                starts = visit.scheduled_start.astimezone(zone)
                assert starts.weekday() < 5, (member.slug, starts)
                assert 8 <= starts.hour < 17, (member.slug, starts)


async def test_two_visits_can_be_joined_now_and_a_third_is_in_person(told: Demo) -> None:
    async with told.connect() as conn:
        found = await joinable(conn, NOW)
        assert {slug: len(visits) for slug, visits in found.items()} == {"ada": 1, "marcus": 1, "caleb": 1}
        caleb = found["caleb"][0]
        assert (caleb.modality, caleb.site) == (Modality.IN_PERSON, cast.SITE_ID)
        assert checking_in.why_not_now(caleb, NOW) is None
        assert {found[slug][0].prescriber for slug in ("ada", "marcus")} == {cast.person_id("drew")}
        guests = await visiting.participants(conn, found["ada"][0].id)
        assert [one.person for one in guests] == [cast.person_id("ilse")]


async def test_adas_scores_are_those_of_the_picture_and_marcus_has_a_form_to_answer(told: Demo) -> None:
    async with told.connect() as conn:
        scores = await answering.history(conn, cast.person_id("ada"), "phq9")
        assert [one.total for one in scores] == [17, 16, 15, 13, 12, 11, 9, 9]
        visit = (await joinable(conn, NOW))["marcus"][0]
        assert [(one.scale, one.open, dict(one.answers)) for one in await answering.asked_in(conn, visit.id)] == [
            ("phq9", True, {})
        ]
        alerts = await answering.alerts_of_patient(conn, cast.person_id("marcus"))
        assert [(one.value, one.acknowledged is not None) for one in alerts] == [(1, True)]
        assert len(await diary.open_questions(conn, cast.person_id("ada"))) == 2


async def test_totals_are_what_the_answers_add_up_to(told: Demo) -> None:
    known = scales.load()
    async with told.connect() as conn:
        for member in cast.PATIENTS:
            for response in await answering.history(conn, member.id):
                scored = known.get(response.scale).scored_items
                assert response.total == sum(response.answers[item.id] for item in scored)
                assert not response.prorated


async def test_dr_marsh_finds_a_morning_behind_him_and_two_notes_to_sign(told: Demo) -> None:
    zone = ZoneInfo(ZONE)
    begins = NOW.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    async with told.connect() as conn:
        for slug, least in (("drew", 6), ("ruth", 1), ("tomas", 2), ("jonah", 1)):
            day = await visit_records.between(conn, cast.person_id(slug), begins, begins + timedelta(days=1))
            assert len(day) >= least, slug
            if slug == "drew":
                assert sum(one.status is VisitStatus.ENDED for one in day) == 3
                assert sum(one.status is VisitStatus.SCHEDULED for one in day) == 3
        unsigned = await noting.unsigned(conn, cast.person_id("drew"))
        assert {one.patient for one in unsigned} == {cast.person_id("noor"), cast.person_id("ines")}


async def test_allergies_are_listed_none_known_or_never_asked(told: Demo) -> None:
    async with told.connect() as conn:
        found = {one.slug: (await people.allergies(conn, one.id)).status for one in cast.PATIENTS}
    assert found["ada"] is AllergyStatus.LISTED
    assert found["marcus"] is AllergyStatus.NONE_KNOWN
    assert found["gwen"] is AllergyStatus.NOT_ASKED


# Decisions and the log


async def test_every_prescription_stands_on_its_allowing_decision(told: Demo) -> None:
    async with told.connect() as conn:
        row = (
            await conn.execute(
                text(
                    "SELECT count(*) AS written, count(d.id) AS decided, count(DISTINCT d.id) AS used,"
                    " count(*) FILTER (WHERE d.decided_at <= p.written_at AND p.written_at <= d.valid_until) AS in_time"
                    " FROM prescription p LEFT JOIN decision d ON d.id = p.decision_id AND d.outcome = 'allow'"
                )
            )
        ).one()
        ending = "action IN ('hold', 'discontinue')"
        allowed = await count(conn, f"decision WHERE outcome = 'allow' AND NOT {ending}")
        ended = await count(conn, "medication_order WHERE act IN ('held', 'stopped') AND kind = 'prescribed_here'")
        assert await count(conn, f"decision WHERE outcome = 'allow' AND {ending}") == ended > 0
    assert row.written > 40
    assert row.written == row.decided == row.used == row.in_time == allowed


async def test_controlled_medicines_were_prescribed_in_person_only_and_blocked_elsewhere(told: Demo) -> None:
    async with told.connect() as conn:
        page = await reports.decisions(conn, Filter(), per_page=500)
    controlled = [one for one in page.rows if one.schedule != "none"]
    allowed = [one for one in controlled if one.outcome is DecisionOutcome.ALLOW]
    assert {one.modality for one in allowed} == {DecidedBy.IN_PERSON}
    assert {one.patient_id for one in allowed} == {cast.person_id("caleb")}
    blocked = [one for one in page.rows if one.outcome is DecisionOutcome.BLOCK]
    tried = {name for one in blocked for name in one.ingredients}
    assert {"alprazolam", "lorazepam", "clonazepam", "lisdexamfetamine"} <= tried
    assert {one.product for one in blocked if one.schedule == "unknown"} == {"unrecognized"}
    assert {one.prescriber_id for one in blocked} == {one.id for one in cast.PRESCRIBERS}
    assert DecidedBy.NONE in {one.modality for one in blocked}
    assert "GA" in {one.state for one in blocked}


async def test_whoever_was_given_a_controlled_medicine_had_been_checked_in_before(told: Demo) -> None:
    asked = (
        "SELECT count(*) AS made, count(c.id) AS seen, count(*) FILTER (WHERE f.confirmed_at < v.admitted_at"
        " AND v.admitted_at < d.decided_at AND c.stated_by = :noa AND c.site_id = :site) AS before"
        " FROM decision d JOIN visit v ON v.id = d.encounter_id LEFT JOIN check_in c ON c.id = d.check_in_id_or_null"
        " LEFT JOIN check_in_confirmation f ON f.check_in_id = c.id"
        " WHERE d.outcome = 'allow' AND d.schedule <> 'none' AND d.modality = 'in_person'"
        " AND d.action IN ('new', 'renew', 'increase', 'decrease', 'continue')"
    )
    async with told.connect() as conn:
        row = (await conn.execute(text(asked), {"noa": cast.person_id("noa"), "site": cast.SITE_ID})).one()
    assert row.made == row.seen == row.before >= 6


async def test_nothing_is_on_record_without_its_entry_in_the_log(told: Demo) -> None:
    async with told.connect() as conn:
        for table, (action, about) in FACTS.items():
            entries = f"audit_entry WHERE action = '{action}' AND subject_type = '{about}'"
            assert await count(conn, table) == await count(conn, entries), table
        orders = "('medication.start', 'medication.revise', 'medication.renew', 'medication.hold', 'medication.stop',"
        written = f"audit_entry WHERE action IN {orders} 'medication.report')"
        assert await count(conn, "medication_order") == await count(conn, written)
        for event, action in EVENTS.items():
            happened = await count(conn, f"visit_event WHERE what = '{event}'")
            assert happened == await count(conn, f"audit_entry WHERE action = '{action}'") > 0, event
        told_of = "audit_entry WHERE action IN ('side_effect.report', 'side_effect.follow')"
        assert await count(conn, "side_effect_course") == await count(conn, told_of)


async def test_the_log_reads_in_the_order_of_what_was_decided(told: Demo) -> None:
    async with told.connect() as conn:
        page = await reports.decisions(conn, Filter(), per_page=500)
    same_visit: dict[object, list[int]] = defaultdict(list)
    for row in page.rows:
        same_visit[row.encounter_id].append(row.entry_id)
    for encounter, numbers in same_visit.items():
        assert numbers == sorted(numbers, reverse=True), encounter
    days = [row.decided_at.date() for row in sorted(page.rows, key=lambda one: one.entry_id)]
    assert days == sorted(days)


async def test_no_entry_claims_a_rule_that_does_not_exist(told: Demo) -> None:
    async with told.connect() as conn:
        rules = set((await conn.execute(text("SELECT DISTINCT rule FROM audit_entry"))).scalars())
        roles = set((await conn.execute(text("SELECT DISTINCT actor_role FROM audit_entry"))).scalars())
    assert {
        "prescriber-own-patient",
        "patient-self",
        "administrator",
        "command.person_add",
        "call.presence",
        "front-desk",
    } <= rules
    assert roles == {"prescriber", "patient", "administrator", "front_desk", "operator", "program"}


async def test_the_sealed_log_is_found_whole(again: Demo) -> None:
    settings = again.settings
    signer, store = log_keys.signer(settings), DirectoryStore(settings.checkpoint_folder)
    async with again.connect() as conn:
        total = await count(conn, "audit_entry")
    async with asyncio.timeout(30):
        while True:
            async with again.connect(worker=True) as conn:
                await sealing.seal(conn, NOW, limit=10_000)
                if await count(conn, "audit_leaf") == total:
                    break
    async with again.connect(worker=True) as conn:
        await sealing.checkpoint(conn, signer, datetime.now(UTC))
    async with again.connect() as conn:
        await Outside(store, [signer.verifier]).export(conn)
        report = await verify_log(conn, store, log_keys.verifier(settings))
    assert report.findings == ()
    assert report.size == total > 1_500
    assert report.decisions > 60


# Later starts


async def test_a_second_start_adds_nothing(again: Demo) -> None:
    async with again.connect() as conn:
        before = {table: await count(conn, table) for table in (*FACTS, "audit_entry", "medication_order")}
    await bring_up_to_date(again.settings, NOW)
    await bring_up_to_date(again.settings, NOW + timedelta(minutes=10))
    async with again.connect() as conn:
        assert {table: await count(conn, table) for table in before} == before
        assert set(await joinable(conn, NOW + timedelta(minutes=10))) == {"ada", "marcus", "caleb"}


async def test_a_site_that_was_closed_stays_closed_and_the_clinic_opens_all_the_same(again: Demo) -> None:
    later = NOW + timedelta(days=1)
    async with again.connect() as conn:
        await sites.close_site(UseCaseContext(conn, cast.person_id("carla"), NOW), cast.SITE_ID)
    await bring_up_to_date(again.settings, later)
    async with again.connect() as conn:
        caleb = (await joinable(conn, later))["caleb"][0]
        assert (caleb.modality, caleb.site) == (Modality.IN_PERSON, None)


async def test_the_next_day_what_was_left_open_is_closed_and_two_visits_can_be_joined(again: Demo) -> None:
    async with again.connect() as conn:
        opened = await joinable(conn, NOW)
        ada, marcus = opened["ada"][0], opened["marcus"][0]
        said = contact.statement(line="Home", city="Tampa", state="FL", postal="33606", call_back="(813) 555-0142")
        await visiting.arrive(UseCaseContext(conn, ada.patient, NOW), ada.id, ada.patient, said)
        await visiting.admit(UseCaseContext(conn, ada.prescriber, NOW), ada.id, ada.patient)
        await visiting.arrive(UseCaseContext(conn, marcus.patient, NOW), marcus.id, marcus.patient, said)
    tomorrow = NOW + timedelta(days=1, hours=3)
    await bring_up_to_date(again.settings, tomorrow)
    await bring_up_to_date(again.settings, tomorrow)
    async with again.connect() as conn:
        known = {one.id: one for slug in ("ada", "marcus") for one in await visits_of(conn, slug)}
        assert known[ada.id].status is VisitStatus.ENDED
        assert known[marcus.id].status is VisitStatus.MISSED
        caleb = (await joinable(conn, tomorrow))["caleb"]
        assert [checking_in.why_not_now(one, tomorrow) for one in caleb] == [None]
        now_open = await joinable(conn, tomorrow)
        assert {slug: len(now_open[slug]) for slug in ("ada", "marcus")} == {"ada": 1, "marcus": 1}
        assert now_open["ada"][0].id != ada.id
        assert [one.person for one in await visiting.participants(conn, now_open["ada"][0].id)] == [
            cast.person_id("ilse")
        ]
        booked = await count(conn, "visit")
        assert booked == await count(conn, "audit_entry WHERE action = 'visit.book'")
        stale = (
            f"visit WHERE status IN ('waiting', 'in_progress') AND scheduled_start < '{tomorrow - timedelta(hours=6)}'"
        )
        assert await count(conn, stale) == 0


async def test_an_hour_after_the_visits_were_held_there_are_new_ones(again: Demo) -> None:
    later = NOW + timedelta(hours=1)
    async with again.connect() as conn:
        ada = (await joinable(conn, NOW))["ada"][0]
        said = contact.statement(line="Home", city="Tampa", state="FL", postal="33606", call_back="(813) 555-0142")
        await visiting.arrive(UseCaseContext(conn, ada.patient, NOW), ada.id, ada.patient, said)
        await visiting.admit(UseCaseContext(conn, ada.prescriber, NOW), ada.id, ada.patient)
        await visiting.end(UseCaseContext(conn, ada.prescriber, later), ada.id, ada.patient)
    await bring_up_to_date(again.settings, later)
    async with again.connect() as conn:
        found = await joinable(conn, later)
        assert {"ada", "marcus"} <= set(found)
        assert all(
            one.scheduled_start > later - timedelta(hours=1) for slug in ("ada", "marcus") for one in found[slug]
        )


# The story's times, whatever the hour


moments = st.integers(0, 3 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(moments)
def test_at_any_hour_the_three_visits_are_open_and_the_others_lie_around_them(now: datetime) -> None:
    days = calendar(now, ZONE)
    for name in ("ada", "marcus", "caleb"):
        assert days.slots[name] - JOIN_OPENS_BEFORE <= now
        assert now - days.slots[name] < timedelta(minutes=20)
    for name in ("noor", "rosa", "ines", "peter", "gwen-intake"):
        assert days.slots[name] + timedelta(minutes=20) < now
    for name in ("gwen", "noor-labs"):
        assert days.slots[name] > now


@given(moments)
def test_on_any_day_nobody_is_in_two_visits_at_once_and_the_past_is_past(now: datetime) -> None:
    days = calendar(now, ZONE)
    busy: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for story in STORIES:
        for visit in story.visits:
            start = days.at(visit.when)
            end = start + timedelta(minutes=visit.minutes)
            if isinstance(visit, Held):
                assert end + timedelta(minutes=6) <= now or not visit.note.signed
                assert end <= now
            busy[visit.by].append((start, end))
        for told in story.between:
            assert days.at(told.when) < now
            if isinstance(told, OutOfHours):
                over = next(one for one in story.visits if one.name == told.visit)
                assert days.at(over.when) < days.at(told.when)
        held = [days.at(one.when) for one in story.visits if isinstance(one, Held)]
        assert held == sorted(held)
    for slug, taken in busy.items():
        for (_, end), (start, _) in itertools.pairwise(sorted(taken)):
            assert end <= start, (slug, start)


def test_a_calendar_moves_the_past_before_a_weekend_and_the_future_after_it() -> None:
    sunday = Calendar(datetime(2026, 11, 22, 15, tzinfo=UTC), ZoneInfo(ZONE))
    assert f"{sunday.day(0):%a}" == "Sun"
    assert f"{sunday.day(1):%a %d}" == "Fri 20"
    assert f"{sunday.day(-6):%a %d}" == "Mon 30"


def test_the_story_keeps_to_what_a_modality_allows() -> None:
    in_person = {story.slug for story in STORIES for one in story.visits if one.modality is Modality.IN_PERSON}
    assert in_person == {"caleb"}
    names = [f"{story.slug}/{one.name}" for story in STORIES for one in story.visits]
    assert len(names) == len(set(names))
