"""Who attends a visit and what the front desk stated for it, live; taking a visit over; what stands in the way."""

from collections.abc import Sequence

from compliance.shared.vocabulary import Action, Relation
from emr.people import queries as people_records
from emr.people import use_cases as people
from emr.presence import attending
from emr.presence.model import CheckIn, CheckInProblem
from emr.shared.ids import PersonId, VisitId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import Modality, Visit, VisitStatus
from server.application.actors import Subject, person_key, visit_key
from server.application.prescribe.encounter import encounter_setting
from server.application.unit_of_work import UnitOfWork, relations_of
from server.http.endpoint import Answer, Ask, Created, PageWithStatus, Redirect, RouteSpec
from server.presenters.frames import frame, short_name
from server.presenters.visit_parts import VisitPeople, read_visit_people, viewer_zone, visit_context
from visit_ui.pages.shell.entry import ErrorPage
from visit_ui.pages.visit.presence import AnotherVisitOpen, Attendance, CheckedIn

WHICH = {Modality.VIDEO: "video visit", Modality.AUDIO: "audio visit", Modality.IN_PERSON: "in-person visit"}
VOID_WORDS = {
    CheckInProblem.JOINED_CALL: "one of you joined a call after it",
    CheckInProblem.TAKEN_OVER: "another prescriber took over the visit",
}


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment, live."""
    return await block(ask, work, await read_visit_people(work))


async def block(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> Attendance:
    """Who treats in this visit now and, in person, the newest check-in."""
    meeting, zone = await together(work.conn, encounter_setting(work, visit_people.visit), viewer_zone(work))
    treats = meeting.attendance.prescriber if meeting.attendance else None
    by, checked_in = await together(
        work.conn, people_records.people(work.conn, [treats] if treats else []), _checked_in(work, meeting.check_in)
    )
    mine = treats == ask.person_id
    in_progress = visit_people.visit.status is VisitStatus.IN_PROGRESS
    return Attendance(
        visit=visit_context(ask, visit_people, zone),
        attended_by=short_name(by[treats]) if treats else None,
        attended_by_me=mine,
        may_take_over=in_progress and not mine and work.may(Action.VISIT_TAKE_OVER),
        apart=visit_people.visit.remote and not work.may(Action.VISIT_JOIN),
        in_person=not visit_people.visit.remote,
        check_in=checked_in,
    )


async def _checked_in(work: UnitOfWork, made: CheckIn | None) -> CheckedIn | None:
    if made is None:
        return None
    by = await people_records.people(work.conn, [made.stated_by])
    return CheckedIn(
        at=made.confirmed_at or made.stated_at,
        site=made.site.name,
        by=by[made.stated_by].name_words,
        until=made.valid_until,
        void_why=VOID_WORDS.get(made.trouble) if made.trouble else None,
        over=made.trouble is CheckInProblem.EXPIRED,
        waits=made.trouble is CheckInProblem.UNCONFIRMED,
    )


async def take_over(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: treat in this visit from now on. Ends a check-in that was made for a colleague."""
    visit_people = await read_visit_people(work)
    made = await attending.take_over(work.context, visit_people.visit.id, visit_people.visit.patient)
    for topic in ("presence", "visit", "medications"):
        work.announce(visit_key(visit_people.visit.id), topic)
    for person in (visit_people.visit.prescriber, made.prescriber):
        work.announce(person_key(person), "queue")
    return (
        Created(await block(ask, work, visit_people))
        if ask.is_fragment
        else Redirect(f"/visits/{visit_people.visit.id}")
    )


async def _taken_over(ask: Ask, work: UnitOfWork, _: str) -> Attendance:
    return await block(ask, work, await read_visit_people(work))


async def another_open(ask: Ask, work: UnitOfWork, here: VisitPeople, other: Visit) -> Answer:
    """In place of the visit that was to begin, with 409: which visit the patient is in, and the way to end it."""
    meeting = await encounter_setting(work, other)
    treats = PersonId(meeting.attendance.prescriber if meeting.attendance else other.prescriber)
    relations = await relations_of(work.conn, ask.person_id, Subject(other.patient, other.id))
    may_end = work.would_allow(Action.VISIT_END, relations)
    may_open = work.would_allow(Action.VISIT_READ, relations) and bool(relations - {Relation.NONE})
    may_take_over = work.would_allow(Action.VISIT_TAKE_OVER, relations)
    with_name = short_name(await people.person(work.conn, treats))
    page = AnotherVisitOpen(
        frame=await frame(ask, work, "Another visit is in progress"),
        patient_first=here.patient.person.given_name,
        which=WHICH[other.modality],
        with_name="you" if treats == ask.person_id else with_name,
        since=other.admitted_at or other.scheduled_start,
        end_action=f"/visits/{other.id}/end" if may_end else None,
        open_href=f"/visits/{other.id}" if may_open else None,
        back_href=f"/visits/{here.visit.id}",
        may_not_why=None if may_end else _who_ends(with_name, may_take_over=may_take_over),
    )
    return PageWithStatus(page, 409)


async def call_of_another(ask: Ask, work: UnitOfWork, but: VisitId | None = None) -> Visit | None:
    """Another visit than `but` in whose call the actor is: two calls in one room would hear each other's patient."""
    return await call_among(ask, await visit_records.in_progress(work.conn, ask.person_id), but)


async def call_among(ask: Ask, others: Sequence[Visit], but: VisitId | None = None) -> Visit | None:
    """As `call_of_another`, among the visits in progress that were read."""
    for other in others:
        here = {one.participant for one in await ask.app_context.bus.presence(other.room) if not one.away}
        if other.id != but and str(ask.person_id) in here:
            return other
    return None


async def in_another_call(ask: Ask, work: UnitOfWork, other: Visit) -> Answer:
    """In place of the visit that was to begin, with 409: the prescriber is in a call, and the way to it."""
    title = "You are in the call of another visit"
    why = "This visit was not started. Two calls in one room would let each patient hear the other."
    remedy = "Leave or end the other visit first."
    page = ErrorPage(await frame(ask, work, title), title, why, remedy, "Open the other visit", f"/visits/{other.id}")
    return PageWithStatus(page, 409)


def _who_ends(with_name: str, *, may_take_over: bool) -> str:
    if may_take_over:
        return f"{with_name} is attending it and can end it. To end it yourself, open it and take it over."
    return (
        f"{with_name} is attending it and can end it. So can a colleague who treats the patient, after taking it over."
    )


ROUTES = (
    RouteSpec("GET", "/visits/{visit}/attendance", show, Action.ATTENDANCE_READ),
    RouteSpec("POST", "/visits/{visit}/take-over", take_over, Action.VISIT_TAKE_OVER, afterwards=_taken_over),
)
