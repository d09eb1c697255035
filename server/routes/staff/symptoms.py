"""The Symptoms tab: each scale over time with the dose steps drawn over it, the last answers, and sending a scale."""

from datetime import date, datetime

from compliance.shared.vocabulary import Action
from emr.questionnaires import use_cases as answering
from emr.questionnaires.model import Scale
from emr.questionnaires.response import Response, ScaleRequest
from emr.shared.together import together
from emr.visits.model import VisitStatus
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters import timelines
from server.presenters.visit_parts import VisitPeople, patients_day, read_visit_people, viewer_zone, visit_context
from visit_ui.pages.visit.panels import ItemAnswer, RequestState, ScaleCard, ScaleResult, SymptomsPanel


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment."""
    return await panel(ask, work, await read_visit_people(work))


async def panel(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> SymptomsPanel:
    """The tab, for the visit that was read."""
    zone, drawn, every = await together(
        work.conn,
        viewer_zone(work),
        timelines.read(work, visit_people.visit.patient),
        answering.asked_in(work.conn, visit_people.visit.id),
    )
    asked = {one.scale: one for one in every}
    known = ask.app_context.references.scales
    order = dict.fromkeys([*known.before_visit, *(one.scale for one in drawn.responses), *asked])
    today = patients_day(visit_people, ask.now)
    began = visit_people.visit.admitted_at
    cards = tuple(_card(known.get(scale), asked.get(scale), drawn, today, began) for scale in order)
    open_states = (VisitStatus.SCHEDULED, VisitStatus.WAITING, VisitStatus.IN_PROGRESS)
    may = visit_people.visit.status in open_states and work.may(Action.SCALE_REQUEST)
    return SymptomsPanel(visit_context(ask, visit_people, zone), cards, may_request=may)


def _card(
    scale: Scale, asked: ScaleRequest | None, drawn: "timelines.Drawn", today: date, began: datetime | None
) -> ScaleCard:
    mine = [one for one in drawn.responses if one.scale == scale.id]
    return ScaleCard(
        scale=scale.id,
        name=scale.short,
        about=f"{scale.name}, {scale.recall}",
        chart=timelines.chart(f"symptoms-{scale.id}", scale, drawn, today),
        latest=_result(scale, mine[-1]) if mine else None,
        request=_state(asked, began),
        requested_at=asked.at if asked else None,
    )


def _state(asked: ScaleRequest | None, began: datetime | None) -> RequestState:
    if asked is None:
        return RequestState.NOT_ASKED
    if not asked.open:
        return RequestState.ANSWERED if asked.answered_since(began) else RequestState.ANSWERED_BEFORE
    return RequestState.STARTED if asked.answers else RequestState.REQUESTED


def _result(scale: Scale, response: Response) -> ScaleResult:
    items = []
    for item in scale.items:
        value = response.answers.get(item.id)
        if value is None:
            continue
        words = next((option.label for option in item.options if option.value == value), str(value))
        is_safety = any(rule.item == item.id for rule in scale.safety)
        items.append(ItemAnswer(item.text, words, value, is_safety))
    return ScaleResult(response.total, scale.high, response.severity, response.answered_at, tuple(items))


ROUTES = (RouteSpec("GET", "/visits/{visit}/symptoms", show, Action.SCALE_READ),)
