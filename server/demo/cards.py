"""The demo's sign-in page: the cast as cards, with what is going on with each of them now."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from emr.presence import checking_in
from emr.presence import queries as presence_records
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import after, begins, day_of
from emr.visits import queries as visit_records
from emr.visits.model import Visit, VisitStatus
from emr.worklist import line
from server.application.context import AppContext
from server.auth.sign_in_pages import bare_frame
from server.demo import cast
from server.demo.cast import CastMember
from visit_ui.environment import render
from visit_ui.pages.shell.entry import CastCard, CastGroup, DemoSignIn

HINT = (
    "To hold a visit, open Ada in one window and Dr. Marsh in another. Each person has an address of their own, "
    "so two windows of one browser will do. To prescribe a controlled substance to Caleb as Dr. Beaulieu, check him in "
    "as Noa first."
)
SOON = timedelta(hours=1)
ZONE = "America/New_York"
GROUPS = (
    ("Patients and guests", (*cast.PATIENTS, *cast.GUESTS)),
    ("Prescribers", cast.PRESCRIBERS),
    ("Clinic and care team", cast.CLINIC),
)


async def page(app_context: AppContext, addresses: Mapping[str, str]) -> str:
    """The cards as HTML. ``addresses``: slug -> where choosing the card leads."""
    now = app_context.clock()
    async with app_context.database.connect() as conn:
        groups = []
        for title, members in GROUPS:
            cards = [await _card(conn, member, addresses[member.slug], now) for member in members]
            groups.append(CastGroup(title, tuple(cards)))
    return render(DemoSignIn(bare_frame("Who do you want to be?"), tuple(groups), HINT))


async def _card(conn: AsyncConnection, member: CastMember, href: str, now: datetime) -> CastCard:
    note, is_now = await _note(conn, member, now)
    age = f", {_age(member, now)}" if member.born else ""
    initials = member.given[0] + member.family[0]
    return CastCard(member.name, initials, f"{member.line}{age}", note, href, now=is_now)


async def _note(conn: AsyncConnection, member: CastMember, now: datetime) -> tuple[str, bool]:
    """What is going on with this person, and whether it is now."""
    if Role.FRONT_DESK in member.roles:
        return await _desk_note(conn, now)
    if member in cast.CLINIC:
        return {"olu": "Sees every decision", "carla": "People and access"}.get(
            member.slug, "On Ada’s care team"
        ), False
    if member in cast.PRESCRIBERS:
        return await _prescriber_note(conn, member, now)
    ahead = await visit_records.ahead(conn, member.id, now, 1)
    if not ahead:
        return "No visit ahead", False
    return _visit_words(ahead[0], now), _is_now(ahead[0], now)


async def _desk_note(conn: AsyncConnection, now: datetime) -> tuple[str, bool]:
    """How many may come to the clinic today without being checked in yet, and whether somebody can be now."""
    today = day_of(now, ZONE)
    visits = [
        one
        for one in await visit_records.of_day(conn, begins(today, ZONE), begins(after(today), ZONE))
        if not one.remote and one.status in (VisitStatus.SCHEDULED, VisitStatus.WAITING)
    ]
    made = await presence_records.check_ins(conn, [one.id for one in visits], now)
    left = [one for one in visits if one.id not in made or not made[one.id].holds]
    return f"{len(left)} to check in today", any(checking_in.why_not_now(one, now) is None for one in left)


async def _prescriber_note(conn: AsyncConnection, member: CastMember, now: datetime) -> tuple[str, bool]:
    """Who waits for them, or whom they can see now."""
    waiting = await line.in_line(conn, member.id)
    visits = await visit_records.between(conn, member.id, now - SOON, now + SOON)
    names = {one.id: one.given for one in cast.PATIENTS}
    if waiting:
        known = {one.id: names.get(one.patient, "A patient") for one in visits}
        first = known.get(waiting[0].visit, "A patient")
        return (f"{first} is waiting" if len(waiting) == 1 else f"{len(waiting)} are waiting"), True
    ready = [names.get(one.patient, "a patient") for one in visits if one.join_open(now)]
    if ready:
        return f"{' and '.join(ready[:2])} can come now", True
    return "Nobody is waiting", False


def _is_now(visit: Visit, now: datetime) -> bool:
    return visit.status in (VisitStatus.WAITING, VisitStatus.IN_PROGRESS) or visit.join_open(now)


def _visit_words(visit: Visit, now: datetime) -> str:
    if visit.status is VisitStatus.IN_PROGRESS:
        return "In a visit now"
    if visit.status is VisitStatus.WAITING:
        return "Waiting now"
    if visit.join_open(now):
        return "Visit can be joined now" if visit.remote else "Visit at the clinic now"
    starts = visit.scheduled_start
    return f"Visit {words.short(day_of(starts, ZONE))} at {words.clock(starts, ZONE)}"


def _age(member: CastMember, now: datetime) -> int:
    assert member.born is not None
    today = day_of(now, ZONE)
    return today.year - member.born.year - ((today.month, today.day) < (member.born.month, member.born.day))
