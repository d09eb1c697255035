"""Safety answers that nobody has acknowledged, over the visit: who acknowledges one says what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from compliance.shared.vocabulary import Action
from emr.questionnaires import use_cases as answering
from emr.questionnaires.alert import Alert
from emr.shared.errors import Invalid
from emr.shared.ids import AlertId
from emr.shared.together import together
from server.application.actors import person_key, visit_key
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, Created, PageWithStatus, RouteSpec
from server.presenters import alert_words
from server.presenters.visit_parts import (
    VisitPeople,
    call_back_words,
    read_visit_people,
    stated_place,
    statement_of,
    viewer_zone,
    visit_context,
)
from visit_ui.pages.visit.danger import AlertNote
from visit_ui.pages.visit.panels import AlertStrip, SafetyAlert


async def alerts(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment: safety answers that nobody has acknowledged."""
    return await strip(ask, work, await read_visit_people(work))


async def acknowledge(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: a clinician takes a safety answer up, and says what was done."""
    visit_people = await read_visit_people(work)
    done = ask.form.text("what_was_done")
    if not done:
        shown = await strip(ask, work, visit_people, error="Enter what was done, in a few words.")
        return PageWithStatus(shown, 422)
    try:
        await answering.acknowledge(
            work.context, visit_people.visit.id, visit_people.visit.patient, AlertId(ask.path_id("alert")), done
        )
    except Invalid as error:
        return PageWithStatus(await strip(ask, work, visit_people, error=" ".join(error.fields.values())), 422)
    for key in (
        visit_key(visit_people.visit.id),
        person_key(visit_people.visit.prescriber),
        person_key(visit_people.visit.patient),
    ):
        work.announce(key, "alerts")
    return Created(await strip(ask, work, visit_people))


async def _taken_up(ask: Ask, work: UnitOfWork, _: str) -> AlertStrip:
    return await strip(ask, work, await read_visit_people(work))


async def acknowledge_too_long(ask: Ask, work: UnitOfWork, wrong: Mapping[str, str]) -> Answer:
    """What was done as it was typed, and how much fits. The alert stays open."""
    typed = str(ask.path_id("alert")), ask.form.text("what_was_done")
    shown = await strip(ask, work, await read_visit_people(work), error=" ".join(wrong.values()))
    return PageWithStatus(replace(shown, typed=typed), 422)


async def strip(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, error: str | None = None) -> AlertStrip:
    stated, (alerts, told), zone = await together(
        work.conn, statement_of(work, visit_people.visit), _open_alerts(work, visit_people), viewer_zone(work)
    )
    found = [
        SafetyAlert(str(alert.id), words.scale, words.question, words.answer, alert.raised_at, told[alert.id])
        for alert in alerts
        for words in (alert_words.described(ask, alert),)
    ]
    return AlertStrip(
        visit=visit_context(ask, visit_people, zone),
        alerts=tuple(found),
        location=stated_place(stated) if stated else None,
        call_back=call_back_words(visit_people.patient, stated),
        error=error,
    )


async def _open_alerts(
    work: UnitOfWork, visit_people: VisitPeople
) -> tuple[Sequence[Alert], Mapping[AlertId, tuple[AlertNote, ...]]]:
    """Those that nobody has acknowledged, and what was said of each."""
    every = await answering.alerts_of_patient(work.conn, visit_people.visit.patient)
    alerts = [alert for alert in every if alert.acknowledged is None]
    return alerts, await alert_words.told(work, alerts)


ROUTES = (
    RouteSpec("GET", "/visits/{visit}/alerts", alerts, Action.ALERT_READ),
    RouteSpec(
        "POST",
        "/visits/{visit}/alerts/{alert}/acknowledge",
        acknowledge,
        Action.ALERT_ACKNOWLEDGE,
        form="alert",
        again=acknowledge_too_long,
        afterwards=_taken_up,
    ),
)
