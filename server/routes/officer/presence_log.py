"""The officer's second list: check-ins and what became of them, who is front desk, and days that deserve a look."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from compliance.reports import reports
from compliance.reports.reports import ListedDecision
from compliance.shared.masking import patient_code
from compliance.shared.vocabulary import Action, Role
from emr.people import queries as people_records
from emr.people.model import Person
from emr.presence import queries as presence_records
from emr.presence.model import CheckIn, CheckInProblem, Voided
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import day_of
from emr.shared.ids import CheckInId, PersonId, VisitId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import Visit
from server.application.unit_of_work import UnitOfWork
from server.auth import accounts
from server.auth.accounts import RoleChange
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters.frames import frame
from server.presenters.log_words import ACTION_WORDS
from server.presenters.periods import period
from server.presenters.visit_parts import viewer_zone
from server.routes.staff.visits import zone_words
from visit_ui.pages.officer.presence_log import CheckInRow, FlaggedDay, FlaggedOrder, GrantRow, PresenceLog, Standing

MOST = 200


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: check-ins, grants of front desk and flagged days within ``?from=`` and ``?to=``, newest first."""
    zone = await viewer_zone(work)
    since, until, errors = period(ask.query("from"), ask.query("to"), zone)
    made = await presence_records.check_ins_between(work.conn, since, until, work.now, MOST)
    changes = await accounts.changes_of(work.conn, Role.FRONT_DESK, since, until, MOST)
    seen = await reports.dispensed_in_person(work.conn, since, until, MOST)
    flagged, rows, grants = await together(
        work.conn,
        _flagged(work, seen, ask.app_context.settings.clinic_zone),
        _check_ins(work, made, zone),
        _grants(work, changes),
    )
    cut = MOST in (len(made), len(changes), len(seen))
    return PresenceLog(
        frame=await frame(ask, work, "Presence and check-ins"),
        start=ask.query("from"),
        end=ask.query("to"),
        flagged=flagged,
        check_ins=rows,
        grants=grants,
        zone_words=zone_words(zone, ask.now),
        errors=errors,
        cut_words=f"Only the newest {MOST} of each are shown." if cut else None,
    )


async def _check_ins(work: UnitOfWork, made: Sequence[CheckIn], zone: str) -> tuple[CheckInRow, ...]:
    ids = [one.id for one in made]
    used = await reports.check_ins_used(work.conn, ids)
    voided = await presence_records.voided(work.conn, ids)
    named = {one.prescriber for one in made} | {one.stated_by for one in made} | {one.by for one in voided.values()}
    known = await people_records.people(work.conn, named)
    return tuple(
        CheckInRow(
            at=one.stated_at,
            site=one.site.name,
            state=one.site.state,
            patient_code=patient_code(one.patient),
            prescriber=known[one.prescriber].signature,
            by=known[one.stated_by].signature,
            until=one.valid_until,
            standing=_standing(one, voided, used=one.id in used),
            void_why=_void_why(one, voided.get(one.id), known, zone),
        )
        for one in made
    )


def _standing(made: CheckIn, voided: Mapping[CheckInId, Voided], *, used: bool) -> Standing:
    if used:
        return Standing.USED
    if made.holds:
        return Standing.HOLDS
    if made.trouble is CheckInProblem.UNCONFIRMED or made.id in voided:
        return Standing.VOID
    return Standing.EXPIRED


def _void_why(made: CheckIn, ended: Voided | None, known: Mapping[PersonId, Person], zone: str) -> str | None:
    """Who ended it; the patient stays masked."""
    if made.trouble is CheckInProblem.UNCONFIRMED:
        return "not confirmed by the patient"
    if ended is None:
        return None
    who, at = known[ended.by].signature, words.clock(ended.at, zone)
    if ended.trouble is CheckInProblem.TAKEN_OVER:
        return f"taken over by {who} at {at}"
    return f"{'the patient' if ended.by == made.patient else who} joined a call at {at}"


async def _grants(work: UnitOfWork, changes: Sequence[RoleChange]) -> tuple[GrantRow, ...]:
    ends = await reports.role_ends(work.conn, [one.person_id for one in changes if one.ended])
    by = {one: ends.get((one.person_id, one.at)) if one.ended else one.by for one in changes}
    named = {one.person_id for one in changes} | {PersonId(one) for one in by.values() if one}
    known = await people_records.people(work.conn, named)
    rows = []
    for one in changes:
        who = by[one]
        logged = not one.ended or (one.person_id, one.at) in ends
        words = known[PersonId(who)].signature if who else "operator"
        rows.append(GrantRow(one.at, known[one.person_id].signature, words if logged else "not in the log", one.ended))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A visit in person with what was prescribed in it, oldest first, and the remote one of the same day before it."""

    before: Visit
    visit: Visit
    began_at: datetime
    orders: tuple[ListedDecision, ...]


async def _flagged(work: UnitOfWork, seen: Sequence[ListedDecision], zone: str) -> tuple[FlaggedDay, ...]:
    """Patients who were in a call and then, on the same day by the clinic's calendar, prescribed to in person."""
    histories = await visit_records.of_patients(work.conn, {PersonId(one.patient_id) for one in seen})
    visits = {visit.id: visit for visit_people in histories.values() for visit in visit_people}
    orders: dict[VisitId, list[ListedDecision]] = {}
    for one in reversed(seen):
        if one.encounter_id is not None:
            orders.setdefault(VisitId(one.encounter_id), []).append(one)
    days = []
    for visit_id, made in orders.items():
        visit = visits[visit_id]
        before = _remote_before(visit, histories[visit.patient], zone)
        if before is not None and visit.admitted_at is not None:
            days.append(_Meeting(before, visit, visit.admitted_at, tuple(made)))
    asked = {one.before.prescriber for one in days}
    asked |= {PersonId(order.prescriber_id) for one in days for order in one.orders}
    known = await people_records.people(work.conn, asked)
    return tuple(_flag(one, known) for one in sorted(days, key=lambda one: one.began_at, reverse=True))


def _remote_before(visit: Visit, others: Iterable[Visit], zone: str) -> Visit | None:
    """The first remote visit of that day that began before this one did."""
    began = visit.admitted_at
    if began is None:
        return None
    day = day_of(began, zone)
    before = {one.admitted_at: one for one in others if one.remote and one.admitted_at and one.admitted_at < began}
    earlier = {at: one for at, one in before.items() if day_of(at, zone) == day}
    return earlier[min(earlier)] if earlier else None


def _flag(one: _Meeting, known: Mapping[PersonId, Person]) -> FlaggedDay:
    assert one.before.admitted_at is not None
    in_turn = [one.before.prescriber, *(PersonId(order.prescriber_id) for order in one.orders)]
    return FlaggedDay(
        patient_code=patient_code(one.visit.patient),
        prescribers=tuple(dict.fromkeys(known[person].signature for person in in_turn)),
        video_at=one.before.admitted_at,
        in_person_at=one.began_at,
        orders=tuple(
            FlaggedOrder(f"{ACTION_WORDS[order.action]} {order.product}", order.schedule, f"/log/{order.id}")
            for order in one.orders
        ),
    )


ROUTES = (RouteSpec("GET", "/log/presence", show, Action.LOG_READ, read=True),)
