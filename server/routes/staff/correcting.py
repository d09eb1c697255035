"""Correcting what became of a visit: one form for who was to treat in it and for the front desk."""

from collections.abc import Mapping

from compliance.shared.vocabulary import Action, Role
from emr.outcome import queries as records
from emr.outcome import use_cases as correcting
from emr.outcome.model import OF_STATUS, OutcomeDetails, VisitOutcome
from emr.shared.clinic_time import typed
from emr.shared.clinic_time.days import day_of
from emr.shared.errors import Invalid, Refused
from emr.visits.model import Visit
from server.application.actors import person_key, visit_key
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, PageWithStatus, Redirect, RouteSpec
from server.http.forms import Reader
from server.presenters import outcome_words
from server.presenters.frames import frame
from server.presenters.visit_parts import VisitPeople, read_visit_people, viewer_zone
from server.routes.staff.visits import zone_words
from visit_ui.pages.shell.parts import FieldError, Option
from visit_ui.pages.staff.outcome import CorrectOutcome, OutcomeValues

NOTES = {
    VisitOutcome.ENDED: "The visit took place and was completed.",
    VisitOutcome.DISCONTINUED: "The visit started but was not completed.",
    VisitOutcome.MISSED: "The patient did not come.",
    VisitOutcome.CANCELLED: "The visit was called off. It does not count as missed.",
}
OFFERED = tuple(Option(one.value, outcome_words.WORDS[one].capitalize(), note) for one, note in NOTES.items())


async def href(work: UnitOfWork, visit: Visit) -> str | None:
    """Where the viewer corrects the visit's outcome; None: they cannot."""
    if not work.may(Action.VISIT_CORRECT) or await _refusal(work, visit) is not None:
        return None
    return f"/visits/{visit.id}/correct"


def book_again(visit: Visit, *, at_desk: bool) -> str:
    """The booking form, filled in as the visit was booked."""
    return f"{'/desk/book' if at_desk else '/visits/new'}?patient={visit.patient}&of={visit.id}"


async def form(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: what stands, and the form; why not, when nothing can be corrected."""
    visit_people = await read_visit_people(work)
    refused = await _refusal(work, visit_people.visit)
    stands = await records.newest(work.conn, visit_people.visit.id)
    if stands is None:
        return await _page(ask, work, visit_people, OutcomeValues(), refused=refused)
    zone, went = await viewer_zone(work), stands.went
    started, ended = (typed.write_moment(at, zone) if at else "" for at in (went.started_at, went.ended_at))
    return await _page(ask, work, visit_people, OutcomeValues(went.outcome.value, started, ended), refused=refused)


async def correct(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: write the correction beside the visit."""
    visit_people = await read_visit_people(work)
    visit = visit_people.visit
    try:
        went = _read(ask, await viewer_zone(work))
        await correcting.correct(
            work.context, visit.id, visit.patient, went, ask.form.text("reason"), at_desk=_at_desk(work)
        )
    except Invalid as error:
        return PageWithStatus(await _page(ask, work, visit_people, _typed(ask), errors=error.fields), 422)
    except Refused as error:
        return PageWithStatus(await _page(ask, work, visit_people, _typed(ask), refused=error), 409)
    work.announce(visit_key(visit.id), "visit")
    work.announce(person_key(visit.patient), "visit")
    work.announce(person_key(visit.prescriber), "queue")
    return Redirect(await _back(work, visit))


async def too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and how much fits. Changes nothing."""
    return PageWithStatus(await _page(ask, work, await read_visit_people(work), _typed(ask), errors=wrong), 422)


def _at_desk(work: UnitOfWork) -> bool:
    return Role.FRONT_DESK in work.actor.roles


async def _refusal(work: UnitOfWork, visit: Visit) -> Refused | None:
    return await correcting.refusal(work.conn, visit, work.actor.person_id, at_desk=_at_desk(work))


def _typed(ask: Ask) -> OutcomeValues:
    return OutcomeValues(*(ask.form.text(one) for one in ("outcome", "started", "ended", "reason")))


def _read(ask: Ask, zone: str) -> OutcomeDetails:
    reader = Reader(ask.form)
    outcome = reader.choice("outcome", list(VisitOutcome), "Choose an outcome.")
    started, ended = (reader.instant(name, zone) for name in ("started", "ended"))
    if not ask.form.text("reason"):
        reader.need("reason", "Enter the reason in a few words: who told you, or what went wrong.")
    reader.check()
    return OutcomeDetails(VisitOutcome(outcome), started, ended)


async def _back(work: UnitOfWork, visit: Visit) -> str:
    if not _at_desk(work):
        return f"/visits/{visit.id}"
    day = day_of(visit.scheduled_start, await viewer_zone(work))
    return f"/desk?date={day}&of={visit.id}"


async def _page(
    ask: Ask,
    work: UnitOfWork,
    visit_people: VisitPeople,
    values: OutcomeValues,
    *,
    errors: Mapping[str, str] | None = None,
    refused: Refused | None = None,
) -> CorrectOutcome:
    visit, zone = visit_people.visit, await viewer_zone(work)
    over = visit.status in OF_STATUS
    return CorrectOutcome(
        frame=await frame(ask, work, "Correct an outcome"),
        action=f"/visits/{visit.id}/correct",
        patient=visit_people.patient.person.name,
        prescriber=visit_people.prescriber.name_words,
        starts=visit.scheduled_start,
        minutes=visit.scheduled_minutes,
        was=outcome_words.ON_RECORD.get(visit.status, "Not over"),
        recorded=outcome_words.times_words(visit.admitted_at, visit.ended_at, zone) or None,
        outcomes=OFFERED,
        zone_words=zone_words(zone, ask.now),
        back_href=await _back(work, visit),
        values=values,
        errors=tuple(FieldError(name, remedy) for name, remedy in (errors or {}).items()),
        earlier=await outcome_words.shown(work, visit, await records.every(work.conn, visit.id), zone) if over else (),
        refused=refused.message if refused else None,
        book_href=book_again(visit, at_desk=_at_desk(work)) if over and visit.scheduled_start > ask.now else None,
    )


_PATH = "/visits/{visit}/correct"
ROUTES = (
    RouteSpec("GET", _PATH, form, Action.VISIT_CORRECT),
    RouteSpec("POST", _PATH, correct, Action.VISIT_CORRECT, form="correction", again=too_long),
)
