"""After a safety answer: help that stays on the patient's pages, and that somebody of the clinic has seen it."""

from compliance.shared.vocabulary import Action
from emr.people import queries as people_records
from emr.questionnaires import use_cases as answering
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters.frames import short_name
from server.presenters.help import help_now
from server.presenters.visit_parts import VisitPeople, read_visit_people, viewer_zone, visit_context
from visit_ui.pages.patient.my_safety import MySafety, Seen


async def fragment(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> MySafety:
    """What the patient reads; nothing for anybody else, and nothing of what was answered."""
    mine = ask.person_id == visit_people.visit.patient
    alerts = await answering.alerts(work.conn, visit_people.visit.id) if mine else ()
    last = alerts[-1].acknowledged if alerts else None
    by = (await people_records.people(work.conn, [last.by]))[last.by] if last else None
    return MySafety(
        visit=visit_context(ask, visit_people, await viewer_zone(work)),
        help_now=help_now(),
        sees=short_name(visit_people.attending or visit_people.prescriber),
        answered=bool(alerts),
        seen=Seen(short_name(by), last.at) if last and by else None,
    )


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment, live."""
    return await fragment(ask, work, await read_visit_people(work))


ROUTES = (RouteSpec("GET", "/visits/{visit}/my-safety", show, Action.SCALE_READ),)
