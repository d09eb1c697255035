"""Signing a note and ending a visit name every open safety answer and ask what was done. Nobody is stopped."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from compliance.shared.vocabulary import Action
from emr.danger import alert_use_cases as danger_alerts
from emr.danger.model import AlertDisposition, AlertResponse
from emr.notes import use_cases as noting
from emr.notes.model import SectionSource, Template
from emr.questionnaires.alert import Alert
from emr.shared.ids import AlertId
from emr.shared.together import together
from server.application.actors import person_key, visit_key
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters import alert_words
from server.presenters.frames import frame
from server.presenters.visit_parts import VisitPeople, read_visit_people, viewer_zone, visit_context
from visit_ui.pages.visit.danger import AlertAsked, EndVisitPage, OpenAlerts

HOW, WORDS = "how-", "alert-"


async def fragment(
    ask: Ask,
    work: UnitOfWork,
    visit_people: VisitPeople,
    where: str,
    *,
    template: Template | None = None,
    wrong: Mapping[str, str] | None = None,
) -> OpenAlerts:
    """What is asked before signing ("note") or ending ("end"); with what was typed into a form that was refused."""
    asked, zone = await together(
        work.conn, danger_alerts.to_ask(work.conn, visit_people.visit.id, visit_people.visit.patient), viewer_zone(work)
    )
    return shown(ask, visit_people, zone, asked, where, template=template, wrong=wrong)


def shown(
    ask: Ask,
    visit_people: VisitPeople,
    zone: str,
    asked: Sequence[Alert],
    where: str,
    *,
    template: Template | None = None,
    wrong: Mapping[str, str] | None = None,
) -> OpenAlerts:
    """As `fragment`, of the alerts that are asked about."""
    safety = template.section_of(SectionSource.SAFETY) if template else None
    return OpenAlerts(
        visit=visit_context(ask, visit_people, zone),
        where=where,
        alerts=tuple(
            AlertAsked(
                str(alert.id),
                words.scale,
                words.question,
                words.answer,
                alert.raised_at,
                ask.form.text(f"{HOW}{alert.id}") or AlertDisposition.DONE.value,
                ask.form.text(f"{WORDS}{alert.id}"),
                (wrong or {}).get(str(alert.id)),
            )
            for alert in asked
            for words in (alert_words.described(ask, alert),)
        ),
        safety=safety.title if safety else None,
    )


async def say(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> None:
    """Keep what the form says of each open alert. Raises `Invalid` by the id of each of which it says nothing."""
    said = await danger_alerts.say(work.context, visit_people.visit.id, visit_people.visit.patient, _given(ask))
    if said:
        for key in (
            visit_key(visit_people.visit.id),
            person_key(visit_people.visit.prescriber),
            person_key(visit_people.visit.patient),
        ):
            work.announce(key, "alerts")


async def end_page(ask: Ask, work: UnitOfWork, visit_people: VisitPeople, wrong: Mapping[str, str]) -> EndVisitPage:
    """The visit goes on: what is asked first."""
    asked = await fragment(ask, work, visit_people, "end", wrong=wrong)
    shown = await frame(ask, work, "Before the visit ends", live=True)
    return EndVisitPage(shown, visit_context(ask, visit_people, await viewer_zone(work)), asked)


def too_long(wrong: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong with fields, by the alert that each is about."""
    return {name.removeprefix(HOW).removeprefix(WORDS): words for name, words in wrong.items()}


def _given(ask: Ask) -> Mapping[AlertId, AlertResponse]:
    """What the form says, by alert; ids that are none are left out."""
    given: dict[AlertId, AlertResponse] = {}
    for name in ask.form.typed:
        if not name.startswith(WORDS):
            continue
        try:
            alert = AlertId(UUID(name.removeprefix(WORDS)))
        except ValueError:
            continue
        left = ask.form.text(f"{HOW}{alert}") == AlertDisposition.NOT_ADDRESSED.value
        given[alert] = AlertResponse(
            AlertDisposition.NOT_ADDRESSED if left else AlertDisposition.DONE, ask.form.text(name)
        )
    return given


async def in_note(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment, live."""
    visit_people = await read_visit_people(work)
    note = await noting.read(work.conn, visit_people.visit.id)
    templates = ask.app_context.references.note_templates
    chosen = templates.every[note.draft.template] if note else templates.usual(visit_people.visit.kind)
    return await fragment(ask, work, visit_people, "note", template=chosen)


async def at_end(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment, live."""
    return await fragment(ask, work, await read_visit_people(work), "end")


ROUTES = (
    RouteSpec("GET", "/visits/{visit}/note/open-alerts", in_note, Action.ALERT_READ),
    RouteSpec("GET", "/visits/{visit}/end/open-alerts", at_end, Action.ALERT_READ),
)
