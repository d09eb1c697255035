"""The compliance officer's list: decisions, or refused accesses, with filters, page by page, and the plot of blocks."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, timedelta

from compliance.reports import reports
from compliance.reports.officer_list.order import NEWEST, PEOPLE, SORTED_BY
from compliance.reports.reports import Filter, ListedDecision, RefusalFilter, RefusalRow
from compliance.reports.reports import ListPage as ReportPage
from compliance.shared.vocabulary import Action
from emr.people.model import Person
from server.application.unit_of_work import UnitOfWork
from server.audit.health.faults import faults
from server.http.endpoint import Answer, Ask, RouteSpec
from server.presenters.frames import frame
from server.presenters.log_words import ACTION_WORDS, MODALITY_WORDS, amount_words, counted_words
from server.presenters.visit_parts import viewer_zone
from server.routes.officer import log_filters, log_look, log_rows
from server.routes.officer.log_filters import REFUSED, SCHEDULES, TIME, LogQuery, href
from server.routes.officer.log_verification import banner
from server.routes.staff.visits import zone_words
from visit_ui.pages.officer.log import BlockedPlot, Direction, Log, LogChoices, LogFilters, LogPages, PlotRow, SortHead
from visit_ui.pages.shell.parts import Option

PER_PAGE = 25
PLOT_WEEKS = 12
PLOT_ROWS = 5
PERIOD_AND_PERSON = "Refused accesses can be filtered by period and prescriber only. The other filters do not apply."
ONE_PATIENT = "Only decisions about one patient, {}."
TOGETHER = "Decisions are grouped by {}, newest first. This log holds no names, so they are not in alphabetical order."
Listed = ReportPage[ListedDecision] | ReportPage[RefusalRow]
NOTHING: ReportPage[ListedDecision] = ReportPage((), None, None)


async def show(ask: Ask, work: UnitOfWork) -> Answer:
    """GET: decisions beside the entry that `page` names, in the order asked for; without it the first ones."""
    zone = await viewer_zone(work)
    filters = log_filters.given(ask)
    asked = await log_filters.asked(ask, work, filters, zone, ask.query("page"))
    page, summary = await _listed(work, asked)
    prescribers = await log_rows.prescribers(work)
    notes = (*asked.notes, *_said_of(asked))
    return Log(
        frame=await frame(ask, work, "Prescribing log"),
        filters=filters,
        choices=await _choices(ask, work, prescribers.values()),
        state=await banner(ask),
        faults=tuple((await faults(work.conn, ask.app_context.redis, ask.now)).values()),
        summary=summary,
        plot=await _plot(ask, work, asked.where, zone) if asked.where and asked.where.among is None else None,
        worth_a_look=await log_look.found(ask, work, asked),
        look_days=ask.app_context.references.worth_a_look.period.days,
        rows=await log_rows.rows(work.conn, page.rows, prescribers),
        pages=_pages(asked, page),
        heads=() if asked.refused else heads(filters),
        refusals=asked.refused,
        listed=asked.where is not None,
        zone_words=zone_words(zone, ask.now),
        errors=asked.errors,
        notes=notes,
        presence_href="/log/presence",
    )


async def _listed(work: UnitOfWork, asked: LogQuery) -> tuple[Listed, str]:
    """The page and what is said above it."""
    if asked.where is None:
        return NOTHING, "nothing is listed"
    return await (_refusals if asked.refused else _decisions)(work, asked, asked.where)


async def _decisions(work: UnitOfWork, asked: LogQuery, where: Filter) -> tuple[Listed, str]:
    page = await reports.decisions(work.conn, where, asked.cursor, per_page=PER_PAGE, order=asked.order)
    counts = await reports.counts(work.conn, where)
    return page, counted_words(counts, where.outcome)


async def _refusals(work: UnitOfWork, asked: LogQuery, where: Filter) -> tuple[Listed, str]:
    """Accesses refused in the period; the filter by prescriber is then the one by who tried."""
    tried = RefusalFilter(where.since, where.until, where.prescriber_id)
    page = await reports.refusals(work.conn, tried, asked.cursor, per_page=PER_PAGE)
    return page, amount_words(await reports.refusals_counted(work.conn, tried), "refused access", "refused accesses")


def _pages(asked: LogQuery, page: Listed) -> LogPages:
    filters = asked.filters
    return LogPages(
        first=href(filters) if page.newer else None,
        back=href(filters, page.newer) if page.newer else None,
        on=href(filters, page.older) if page.older else None,
        by_time=asked.order == NEWEST,
    )


def heads(filters: LogFilters) -> tuple[SortHead, ...]:
    """The columns that can be sorted: what a click does next, up, down, and back to the newest first; people are only
    put together.
    """
    return tuple(_head(filters, column) for column in ("time", *SORTED_BY))


def _head(filters: LogFilters, column: str) -> SortHead:
    if column in PEOPLE:
        together = filters.sort == column
        return SortHead(
            column, "other" if together else "none", href(replace(filters, sort="" if together else column))
        )
    newest = column == TIME and not filters.sort  # how the list begins
    direction: Direction = "descending" if newest or filters.sort == f"-{column}" else "none"
    after = column
    if filters.sort == column:
        direction, after = "ascending", "" if column == TIME else f"-{column}"
    elif direction == "descending" and column != TIME:
        after = ""
    return SortHead(column, direction, href(replace(filters, sort=after)))


async def _choices(ask: Ask, work: UnitOfWork, prescribers: Iterable[Person]) -> LogChoices:
    looks = ask.app_context.references.worth_a_look.by_id.values()
    return LogChoices(
        prescribers=tuple(Option(str(one.id), one.signature) for one in prescribers),
        ingredients=tuple(Option(one, one.capitalize()) for one in await reports.ingredients(work.conn)),
        schedules=tuple(Option(one, "Name unknown" if one == "unknown" else one) for one in SCHEDULES),
        actions=tuple(Option(one.value, words) for one, words in ACTION_WORDS.items()),
        modalities=tuple(Option(one.value, words) for one, words in MODALITY_WORDS.items()),
        states=tuple(Option(one, one) for one in await reports.states(work.conn)),
        rules=tuple(Option(one, one) for one in await reports.rules(work.conn)),
        outcomes=(Option("allow", "Allowed"), Option("block", "Blocked"), Option(REFUSED, "Access refused")),
        looks=tuple(Option(one.id, one.title) for one in looks),
    )


def _said_of(asked: LogQuery) -> Iterable[str]:
    """What a reader has to know of the list that was asked for."""
    if asked.refused and _unused(asked.filters):
        yield PERIOD_AND_PERSON
    if asked.patient:
        yield ONE_PATIENT.format(asked.patient)
    if asked.order.by in PEOPLE:
        yield TOGETHER.format(asked.order.by)


def _unused(filters: LogFilters) -> bool:
    """Whether a filter is set that says nothing about a refused access."""
    allowed = {"from", "to", "prescriber", "outcome", "sort"}
    return any(value for name, value in filters.query().items() if name not in allowed)


async def _plot(ask: Ask, work: UnitOfWork, where: Filter, zone: str) -> BlockedPlot | None:
    """Twelve weeks up to the end of the period asked for."""
    end = where.until or ask.now
    since = end - timedelta(weeks=PLOT_WEEKS)
    plot = await reports.blocked_by_week(work.conn, where, since=since.astimezone(UTC), weeks=PLOT_WEEKS)
    if not plot.series:
        return None
    rows = [
        PlotRow(
            drug=" + ".join(one.ingredients).capitalize() or "Name unknown",
            schedule=None if one.schedule == "unknown" else one.schedule,
            counts=one.weeks,
            total=one.total,
            unknown=one.schedule == "unknown",
        )
        for one in plot.series
    ]
    shown = sorted(rows, key=lambda row: (row.unknown, -row.total))[:PLOT_ROWS]
    return BlockedPlot(
        tuple(plot.starts), tuple(shown), max(max(row.counts) for row in rows), sum(row.total for row in rows)
    )


ROUTES = (RouteSpec("GET", "/log", show, Action.LOG_READ, read=True),)
