"""The Overview tab: what changed since the last visit, what the patient wrote, the timeline, the medicines."""

from collections.abc import Sequence

from compliance.shared.vocabulary import Action
from emr.chart import looking_back
from emr.chart import overview as changes
from emr.chart import reading as charts
from emr.chart.overview import Trend
from emr.diary import use_cases as diary
from emr.shared.clinic_time import words
from emr.shared.clinic_time.days import day_of
from emr.shared.together import together
from emr.visits import queries as visit_records
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters import timelines
from server.presenters.home_words import day_words
from server.presenters.visit_parts import VisitPeople, patients_day, read_visit_people, viewer_zone, visit_context
from server.routes.staff import medicine_list
from visit_ui.pages.visit.medicines import MedicineRow
from visit_ui.pages.visit.panels import AgendaItem, ChangeLine, OverviewPanel
from visit_ui.texts import _

ICONS = {
    Trend.SAME: "minus",
    Trend.UP: "arrow-up",
    Trend.DOWN: "arrow-down",
    Trend.NEW: "plus",
    Trend.OVER: "check",
    Trend.TAKING: "pill",
}


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET fragment."""
    return await panel(ask, work, await read_visit_people(work))


async def panel(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> OverviewPanel:
    """The tab, for the visit that was read."""
    zone, drawn, rows, found, questions = await together(
        work.conn,
        viewer_zone(work),
        timelines.read(work, visit_people.visit.patient),
        _rows(ask, work, visit_people),
        looking_back.snapshot(work.conn, visit_people.visit),
        diary.agenda(work.conn, visit_people.visit.patient, visit_people.visit.id),
    )
    at_once, more = changes.first(changes.changes(found))
    scales = ask.app_context.references.scales
    main = scales.get(scales.before_visit[0])
    return OverviewPanel(
        visit=visit_context(ask, visit_people, zone),
        since=found.since_day,
        changes=_told(at_once),
        more_changes=_told(more),
        agenda=tuple(AgendaItem(one.text, day_of(one.written_at, zone)) for one in questions),
        chart=timelines.chart("overview", main, drawn, patients_day(visit_people, ask.now), doses_alone=True),
        medicines=rows,
        none_confirmed=False,
        may_prescribe=medicine_list.may_prescribe(work, visit_people),
    )


async def _rows(ask: Ask, work: UnitOfWork, visit_people: VisitPeople) -> tuple[MedicineRow, ...]:
    return await medicine_list.rows(
        ask, work, visit_people, await charts.entries(work.conn, visit_people.visit.patient)
    )


def _told(lines: Sequence[changes.ChartChange]) -> tuple[ChangeLine, ...]:
    return tuple(ChangeLine(ICONS[one.direction], medicine_list.capital(one.title), one.detail) for one in lines)


async def next_visit_words(work: UnitOfWork, visit_people: VisitPeople, zone: str) -> str | None:
    """ "Thursday, December 3 at 9:30 AM", or None."""
    ahead = await visit_records.ahead(work.conn, visit_people.visit.patient, work.now, 5)
    after = [one for one in ahead if one.id != visit_people.visit.id and one.scheduled_start > work.now]
    if not after:
        return None
    start = after[0].scheduled_start
    return _("%(day)s at %(time)s", day=day_words(start, work.now, zone), time=words.clock(start, zone))


ROUTES = (RouteSpec("GET", "/visits/{visit}/overview", show, Action.PATIENT_READ),)
