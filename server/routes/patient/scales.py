"""Answering a scale. A safety item is sent as it is chosen, and its alert stands before the form is finished."""

from collections.abc import Mapping

from compliance.shared.vocabulary import Action
from emr.questionnaires import use_cases as answering
from emr.questionnaires.model import Item, Scale
from emr.questionnaires.response import Answered
from emr.visits.model import VisitStatus
from server.application.actors import person_key, visit_key
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, Created, PageWithStatus, Redirect, RouteSpec
from server.http.forms import whole
from server.presenters.frames import frame, short_name
from server.presenters.help import help_now
from server.presenters.visit_parts import VisitPeople, read_visit_people, viewer_zone, visit_context
from server.routes.staff import symptoms
from visit_ui.pages.patient.before import SafetyTold, ScaleForm, ScalePage, ScaleQuestion, ScaleSent
from visit_ui.pages.shell.parts import Option
from visit_ui.pages.visit.panels import SymptomsPanel
from visit_ui.texts import marked

ITEM = "item-"


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: every question on one page, with what is answered so far."""
    visit_people = await read_visit_people(work)
    scale = ask.app_context.references.scales.get(str(ask.request.path_params["scale"]))
    asked = await answering.form(work.conn, visit_people.visit.id, visit_people.visit.patient, scale.id)
    if not asked.open:
        return Redirect(_back(visit_people))
    return await _page(ask, work, visit_people, scale, asked.answers, {})


async def answer(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: the whole form, or one safety item the moment it is chosen (``now=safety``)."""
    visit_people = await read_visit_people(work)
    scale = ask.app_context.references.scales.get(str(ask.request.path_params["scale"]))
    given = _values(ask)
    if ask.form.text("now") == "safety":
        return await _safety(ask, work, visit_people, scale, given)
    outcome = await answering.answer(work.context, visit_people.visit.id, visit_people.visit.patient, scale.id, given)
    _tell(work, visit_people, outcome)
    if outcome.missing:
        page = await _page(ask, work, visit_people, scale, outcome.asked.answers, outcome.missing)
        return PageWithStatus(page, 422)
    if ask.is_fragment:
        return Created(await _sent(ask, work, scale.id), scale.id)
    return Redirect(_back(visit_people))


async def _sent(ask: Ask, work: UnitOfWork, of: str) -> ScaleSent:
    visit_people = await read_visit_people(work)
    here = visit_context(ask, visit_people, await viewer_zone(work))
    return ScaleSent(here, ask.app_context.references.scales.get(of).plain, short_name(visit_people.prescriber))


async def _safety(
    ask: Ask, work: UnitOfWork, visit_people: VisitPeople, scale: Scale, given: Mapping[str, int]
) -> Answer:
    outcome: Answered | None = None
    for item, value in given.items():
        if item in {rule.item for rule in scale.safety}:
            outcome = await answering.answer_item(
                work.context, visit_people.visit.id, visit_people.visit.patient, scale.id, item, value
            )
            _tell(work, visit_people, outcome)
    told = outcome is not None and outcome.crisis
    return SafetyTold(
        visit_context(ask, visit_people, await viewer_zone(work)), short_name(visit_people.prescriber), told
    )


def _tell(work: UnitOfWork, visit_people: VisitPeople, outcome: Answered) -> None:
    work.announce(visit_key(visit_people.visit.id), "symptoms")
    if outcome.alerts:
        work.announce(visit_key(visit_people.visit.id), "alerts")
        work.announce(person_key(visit_people.visit.prescriber), "alerts")
    work.announce(person_key(visit_people.visit.prescriber), "queue")


def _values(ask: Ask) -> dict[str, int]:
    """What was chosen; anything that is no number is left out, and then asked for again."""
    chosen = {item: whole(text) for item, text in ask.form.prefixed(ITEM).items()}
    return {item: value for item, value in chosen.items() if value is not None}


async def _page(
    ask: Ask,
    work: UnitOfWork,
    visit_people: VisitPeople,
    scale: Scale,
    answers: Mapping[str, int],
    errors: Mapping[str, str],
) -> ScalePage | ScaleForm:
    form = ScaleForm(
        visit=visit_context(ask, visit_people, await viewer_zone(work)),
        scale=scale.id,
        title=scale.plain,
        stem=scale.stem,
        questions=tuple(_question(scale, item, answers) for item in scale.items),
        sees=short_name(visit_people.prescriber),
        help_now=help_now(),
        in_call=ask.is_fragment,
        errors={item: marked(remedy) for item, remedy in errors.items()},
    )
    if ask.is_fragment:
        return form
    return ScalePage(
        frame=await frame(ask, work, scale.plain, live=True),
        visit=form.visit,
        form=form,
        title=scale.plain,
        back_url=_back(visit_people),
    )


def _question(scale: Scale, item: Item, answers: Mapping[str, int]) -> ScaleQuestion:
    chosen = answers.get(item.id)
    from_value = min((rule.at_least for rule in scale.safety if rule.item == item.id), default=None)
    return ScaleQuestion(
        item=item.id,
        text=item.text,
        options=tuple(Option(str(option.value), option.label) for option in item.options),
        chosen=None if chosen is None else str(chosen),
        safety_from=from_value,
        optional=not item.scored,
    )


def _back(visit_people: VisitPeople) -> str:
    """Where the patient came from: the call, the waiting room, or their first page, at what is sent already."""
    match visit_people.visit.status:
        case VisitStatus.IN_PROGRESS:
            return f"/visits/{visit_people.visit.id}"
        case VisitStatus.WAITING:
            return f"/visits/{visit_people.visit.id}/waiting#my-scales"
        case _:
            return "/home#my-scales"


async def request(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: the prescriber sends a scale; it appears on the patient's screen at once."""
    visit_people = await read_visit_people(work)
    scale = str(ask.request.path_params["scale"])
    await answering.request(work.context, visit_people.visit.id, visit_people.visit.patient, scale)
    work.announce(visit_key(visit_people.visit.id), "symptoms")
    work.announce(person_key(visit_people.visit.patient), "symptoms")
    work.announce(person_key(visit_people.visit.prescriber), "queue")
    return Created(await symptoms.panel(ask, work, visit_people))


async def _requested(ask: Ask, work: UnitOfWork, _: str) -> SymptomsPanel:
    return await symptoms.panel(ask, work, await read_visit_people(work))


ROUTES = (
    RouteSpec("GET", "/visits/{visit}/scales/{scale}", show, Action.SCALE_ANSWER),
    RouteSpec("POST", "/visits/{visit}/scales/{scale}", answer, Action.SCALE_ANSWER, afterwards=_sent),
    RouteSpec("POST", "/visits/{visit}/scales/{scale}/request", request, Action.SCALE_REQUEST, afterwards=_requested),
)
