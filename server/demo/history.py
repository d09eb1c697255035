"""The living clinic: six months of history when the database is empty, and at every start two visits to be joined
now and a third, in person, to be checked in.

History is told through the use cases with a past ``now``, decisions and audit entries included. Nothing is inserted
around them, so whatever a page may rely on holds for the demo too.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Action
from emr.shared.context import UseCaseContext
from emr.shared.ids import PersonId
from emr.visits import queries as visit_records
from emr.visits import use_cases as visiting
from emr.visits.model import VisitStatus
from server.application.context import AppContext
from server.auth import accounts
from server.calls import events as call_events
from server.demo import cast
from server.demo.stories import STORIES
from server.demo.story import Between, Booked, Held, PatientStory
from server.demo.telling import Teller
from server.demo.telling_people import open_clinic, open_desk, welcome
from server.demo.telling_visits import between, book, hold, prepare, visit_id
from server.demo.when import Calendar, Slot, calendar
from server.platform import database
from server.platform.settings import Settings
from server.processes.resources import open_app_context

# The clinic opened, and people came to it, so long before their first visits.
OPENED = timedelta(days=30)
WELCOME = timedelta(days=16)
# Whose visits are to be joined now; the others of today's story are only to be ahead.
JOINABLE = frozenset({"ada", "marcus", "caleb"})
# A visit that was due so long ago is not what somebody who opens the demo now should find waiting.
STALE = timedelta(hours=1)
# A call that nobody ended is over when the demo is opened again so much later.
LEFT_OPEN = timedelta(hours=4)
# What is still to come was booked before now.
JUST_BOOKED = timedelta(minutes=50)
PREPARED = timedelta(minutes=25)
MOST_AHEAD = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One thing of the story at its time."""

    at: datetime
    tell: Callable[[Teller], Awaitable[object]]


async def is_empty(settings: Settings) -> bool:
    """Whether nobody is known here yet."""
    engine = database.one_shot_engine(settings.database_url)
    try:
        async with engine.connect() as conn:
            return await _nobody(conn)
    finally:
        await engine.dispose()


async def bring_up_to_date(settings: Settings, now: datetime, *, seals: bool = False) -> None:
    """Tell the story when the database is empty; in any case see to it that there are visits to be held now.

    `seals`: by the worker, with its login. May be called at every start: what is there already is left as it is.
    """
    async with open_app_context(settings, demo=True, seals=seals) as opened:
        app_context = replace(opened, clock=lambda: now)
        async with app_context.database.begin() as conn:
            if await _nobody(conn):
                await tell(Teller(app_context, conn, calendar(now, settings.clinic_zone)))
        await _open_desk(app_context, now)
        await _close_yesterday(app_context, now)
        await _rebook_todays_visits(app_context, now)


async def _nobody(conn: AsyncConnection) -> bool:
    return not await accounts.accounts(conn)


async def tell(teller: Teller) -> None:
    """The whole story in the order of its times, in the teller's transaction."""
    for step in sorted(_steps(teller.calendar), key=lambda one: one.at):
        await step.tell(teller)
        await teller.flush()
    await teller.flush()


def _steps(days: Calendar) -> Iterator[Step]:
    opened = min(days.at(story.first) for story in STORIES) - OPENED
    yield Step(opened, lambda teller: open_clinic(teller, opened))
    for story in STORIES:
        yield from _story_steps(days, story)


def _story_steps(days: Calendar, story: PatientStory) -> Iterator[Step]:
    came = days.at(story.first) - WELCOME
    yield Step(came, lambda teller: welcome(teller, story, came))
    for told in story.between:
        yield _between_step(story, told, days)
    for visit in story.visits:
        yield from _visit_steps(days, story, visit)


def _between_step(story: PatientStory, told: Between, days: Calendar) -> Step:
    at = days.at(told.when)
    return Step(at, lambda teller: between(teller, story, told, at))


def _visit_steps(days: Calendar, story: PatientStory, booked: Booked) -> Iterator[Step]:
    start = days.at(booked.when)
    ordered = min(start - booked.booked_before, days.now - JUST_BOOKED)
    name = visit_id(story.slug, booked.name)
    yield Step(ordered, lambda teller: book(teller, story, booked, ordered, id=name))
    if isinstance(booked, Held):
        yield Step(start - PREPARED, lambda teller: hold(teller, story, booked))
    else:
        early = start - 2 * PREPARED
        yield Step(early, lambda teller: prepare(teller, story, booked, early))


async def _open_desk(app_context: AppContext, now: datetime) -> None:
    async with app_context.database.begin() as conn:
        teller = Teller(app_context, conn, calendar(now, app_context.settings.clinic_zone))
        await open_desk(teller, now)
        await teller.flush()


async def _close_yesterday(app_context: AppContext, now: datetime) -> None:
    """Visits that nobody came to are missed, calls that nobody ended are ended."""
    await call_events.close_missed_at(app_context, now)
    async with app_context.database.begin() as conn:
        teller = Teller(app_context, conn, calendar(now, app_context.settings.clinic_zone))
        for member in cast.PRESCRIBERS:
            for visit in await visit_records.in_progress(conn, member.id):
                if visit.admitted_at is None or visit.admitted_at < now - LEFT_OPEN:
                    context = UseCaseContext(conn, visit.prescriber, now)
                    await visiting.end(context, visit.id, visit.patient, by_program=True)
                    teller.keep(context, role="program", rule=call_events.ABANDONED, by_program=True)
        await teller.flush()


async def _rebook_todays_visits(app_context: AppContext, now: datetime) -> None:
    """Book again, for now or later today, each visit of today's story that is not ahead any more."""
    async with app_context.database.begin() as conn:
        teller = Teller(app_context, conn, calendar(now, app_context.settings.clinic_zone))
        for story in STORIES:
            for booked in story.visits:
                if isinstance(booked.when, Slot) and not isinstance(booked, Held):
                    await _see_to_it(teller, story, booked, now)
        await teller.flush()


async def _see_to_it(teller: Teller, story: PatientStory, booked: Booked, now: datetime) -> None:
    for visit in await visit_records.ahead(teller.conn, cast.person_id(story.slug), now, MOST_AHEAD):
        if visit.patient != cast.person_id(story.slug) or _slug_of(visit.prescriber) not in story.prescribers:
            continue
        # Who waits in person, and was not seen, cannot be checked in again once the time of the visit has passed.
        left = visit.status is VisitStatus.SCHEDULED or (visit.status is VisitStatus.WAITING and not visit.remote)
        if left and visit.scheduled_start < now - STALE:
            async with teller.acting(
                _slug_of(visit.prescriber), Action.VISIT_CANCEL, now, patient=story.slug, visit=visit.id
            ) as work:
                await visiting.miss(work.context, visit.id, visit.patient)
        elif story.slug not in JOINABLE or (visit.join_open(now) and visit.modality is booked.modality):
            return
    await book(teller, story, booked, now)


def _slug_of(person: PersonId) -> str:
    return next(member.slug for member in cast.CAST if member.id == person)
