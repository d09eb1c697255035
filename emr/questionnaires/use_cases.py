"""Use cases of scales: ask, answer item by item or at once, read the course; and the alerts answers raise.

A safety answer counts when it is given, not when the form is finished. So nothing here raises for an unfinished
form: what was answered is kept, its alert stands, and the result says what is missing. A caller that
rolled back on an unfinished form would lose the one answer that must not be lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.questionnaires import model as scales
from emr.questionnaires import repository as records
from emr.questionnaires.alert import Acknowledgment, Alert
from emr.questionnaires.events import (
    AlertAcknowledged,
    SafetyAlertRaised,
    ScaleAnswered,
    ScaleItemAnswered,
    ScaleRequested,
)
from emr.questionnaires.model import Scale
from emr.questionnaires.response import Answered, Response, ScaleRequest
from emr.shared import text as words
from emr.shared.context import UseCaseContext
from emr.shared.errors import NotFound, Refused
from emr.shared.ids import AlertId, PersonId, ResponseId, VisitId
from emr.shared.marks import N_
from emr.visits.guard import visit_of
from emr.visits.model import Visit, VisitStatus


async def request(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, scale_id: str) -> ScaleRequest:
    """Ask the patient to answer a scale, before the visit or in it. One that is open already is not asked twice.

    Raises `NotFound` for a scale that cannot be asked, `Refused` when the visit is over.
    """
    visit = await visit_of(context.conn, visit_id, patient_id, lock=True)
    if visit.status not in (VisitStatus.SCHEDULED, VisitStatus.WAITING, VisitStatus.IN_PROGRESS):
        raise Refused("wrong_state", "This visit is over; nothing can be asked in it.")
    return await ask(context, visit, scale_id)


async def ask(context: UseCaseContext, visit: Visit, scale_id: str) -> ScaleRequest:
    """As `request`, for a visit that the caller has read and locked."""
    scale = scales.load().get(scale_id)
    for asked in (await records.asked(context.conn, [visit.id])).get(visit.id, ()):
        if asked.scale == scale.id and asked.open:
            return asked
    asked = await records.add_request(context.conn, visit.id, visit.patient, scale.id, context.actor, context.now)
    context.events.append(ScaleRequested(patient=visit.patient, visit=visit.id, request=asked.request, scale=scale.id))
    return asked


async def asked_in(conn: AsyncConnection, visit_id: VisitId) -> tuple[ScaleRequest, ...]:
    """Everything asked in a visit, in the order asked, finished or not."""
    return (await records.asked(conn, [visit_id])).get(visit_id, ())


async def form(conn: AsyncConnection, visit_id: VisitId, patient_id: PersonId, scale_id: str) -> ScaleRequest:
    """The latest request of that scale in the visit, with the answers so far. Raises `NotFound` if never asked."""
    await visit_of(conn, visit_id, patient_id)
    return await _latest(conn, visit_id, scale_id)


async def answer_item(
    context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, scale_id: str, item: str, value: int
) -> Answered:
    """Keep one answer as it is given; an alert it raises stands at once. The form is not finished by this.

    Raises `NotFound` when the scale was not asked or has no such item and option, `Refused` when it is
    finished. Answering the same again changes nothing.
    """
    scale = scales.load().get(scale_id)
    if not scales.usable(scale, {item: value}):
        raise NotFound("unknown_answer", N_("There is no such question or answer in this questionnaire."))
    asked = await _open_form(context, visit_id, patient_id, scale_id)
    if not asked.open:
        raise Refused("already_answered", N_("This questionnaire is finished."))
    return await _keep(context, scale, asked, {item: value})


async def answer(
    context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, scale_id: str, answers: Mapping[str, int]
) -> Answered:
    """Answer the whole scale: item id -> value, joined to what was answered before. Commit whatever comes back.

    When scored items are missing the answers are kept and `missing` says which; else `response` holds total and
    severity. Sending a finished form again with the same answers returns the same response. Raises `NotFound`
    when the scale was not asked, `Refused` when it is finished with other answers.
    """
    scale = scales.load().get(scale_id)
    asked = await _open_form(context, visit_id, patient_id, scale_id)
    given = scales.usable(scale, answers)
    if asked.response is not None:
        if all(asked.response.answers.get(item) == value for item, value in given.items()):
            return Answered(asked, {}, (), _crisis(scale, asked.answers))
        raise Refused("already_answered", N_("This questionnaire is finished. Your answers stay as you gave them."))
    kept = await _keep(context, scale, asked, given)
    if kept.missing:
        return kept
    return replace(kept, asked=await _finish(context, scale, kept.asked))


async def _open_form(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, scale_id: str) -> ScaleRequest:
    """The latest request of that scale, its visit locked, so that two tabs answer one after the other.

    The visit may be over: an answer begun in it must not be lost because somebody ended the call.
    """
    visit = await visit_of(context.conn, visit_id, patient_id, lock=True)
    if visit.status is VisitStatus.CANCELLED:
        raise Refused("wrong_state", N_("This visit was canceled."))
    return await _latest(context.conn, visit_id, scale_id)


async def _latest(conn: AsyncConnection, visit_id: VisitId, scale_id: str) -> ScaleRequest:
    """The open request of that scale if there is one, else the last."""
    matching = [asked for asked in await asked_in(conn, visit_id) if asked.scale == scale_id]
    if not matching:
        raise NotFound("not_asked", N_("This questionnaire was not asked for in this visit."))
    return next((asked for asked in matching if asked.open), matching[-1])


async def _keep(context: UseCaseContext, scale: Scale, asked: ScaleRequest, given: Mapping[str, int]) -> Answered:
    new = {item: value for item, value in given.items() if asked.answers.get(item) != value}
    numbers = await records.add_answers(context.conn, asked.request, new, context.actor, context.now)
    for item, number in numbers.items():
        context.events.append(
            ScaleItemAnswered(
                patient=asked.patient,
                visit=asked.visit,
                request=asked.request,
                scale=scale.id,
                item=item,
                answer=number,
            )
        )
    answers = {**asked.answers, **new}
    alerts = [await _alarm(context, scale, asked, item, value) for item, value in new.items()]
    missing = dict.fromkeys(scales.lacking(scale, answers), N_("Choose one of the answers."))
    raised = tuple(alert for alert in alerts if alert is not None)
    return Answered(replace(asked, answers=answers), missing, raised, _crisis(scale, answers))


def _crisis(scale: Scale, answers: Mapping[str, int]) -> bool:
    return any(scale.alarms(item, value) is not None for item, value in answers.items())


async def _alarm(context: UseCaseContext, scale: Scale, asked: ScaleRequest, item: str, value: int) -> Alert | None:
    """PHQ-9 item 9 of 1 or more, and whatever else the reference file names, raises an alert (once per answer)."""
    rule = scale.alarms(item, value)
    if rule is None:
        return None
    alert = Alert(
        id=AlertId(uuid4()),
        patient=asked.patient,
        visit=asked.visit,
        scale=scale.id,
        item=item,
        value=value,
        urgency=rule.urgency,
        raised_at=context.now,
        acknowledged=None,
    )
    if not await records.raise_alert(context.conn, alert, asked.request):
        return None
    context.events.append(SafetyAlertRaised(patient=asked.patient, visit=asked.visit, alert=alert.id))
    return alert


async def _finish(context: UseCaseContext, scale: Scale, asked: ScaleRequest) -> ScaleRequest:
    score = scales.score(scale, asked.answers)
    response = Response(
        id=ResponseId(uuid4()),
        request=asked.request,
        patient=asked.patient,
        visit=asked.visit,
        scale=scale.id,
        reference_version=scales.load().version,
        answers=asked.answers,
        total=score.total,
        severity=score.severity,
        prorated=score.prorated,
        answered_at=context.now,
        answered_by=context.actor,
    )
    if not await records.add_response(context.conn, response):
        raise Refused("already_answered", N_("This questionnaire is finished."))
    context.events.append(ScaleAnswered(patient=asked.patient, visit=asked.visit, response=response.id, scale=scale.id))
    return replace(asked, response=response)


async def history(conn: AsyncConnection, patient_id: PersonId, scale_id: str | None = None) -> tuple[Response, ...]:
    """Finished responses of one scale (None: of all), oldest first; what the curve is drawn from."""
    return await records.history(conn, patient_id, scale_id)


async def alerts(conn: AsyncConnection, visit_id: VisitId) -> tuple[Alert, ...]:
    """The visit's safety alerts, oldest first, acknowledged or not."""
    return (await records.alerts_of_visits(conn, [visit_id])).get(visit_id, ())


async def alerts_of_patient(conn: AsyncConnection, patient_id: PersonId) -> tuple[Alert, ...]:
    """The patient's safety alerts of all visits, oldest first, acknowledged or not."""
    return await records.alerts_of_patient(conn, patient_id)


async def open_alerts(conn: AsyncConnection, prescriber_id: PersonId) -> tuple[Alert, ...]:
    """Safety alerts that nobody has acknowledged, of all the prescriber's visits, oldest first."""
    return await records.open_alerts(conn, prescriber_id)


async def acknowledge(
    context: UseCaseContext,
    visit_id: VisitId,
    patient_id: PersonId,
    alert_id: AlertId,
    what_was_done: str | None = None,
) -> Alert:
    """A clinician acknowledges the alert. If somebody did before, theirs stands and is what comes back.

    Raises `NotFound` when the alert is of another patient or visit.
    """
    await visit_of(context.conn, visit_id, patient_id)
    alert = await records.alert(context.conn, alert_id)
    if alert is None or alert.visit != visit_id or alert.patient != patient_id:
        raise NotFound
    taken = Acknowledgment(context.actor, context.now, words.optional("what_was_done", what_was_done, 2000))
    if await records.acknowledge(context.conn, alert_id, taken):
        context.events.append(AlertAcknowledged(patient=patient_id, visit=visit_id, alert=alert_id))
        return replace(alert, acknowledged=taken)
    return await records.alert(context.conn, alert_id) or alert
