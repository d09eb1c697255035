"""The compliance officer's list: decisions, or refused accesses, with filters, page by page, and the plot of blocks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, timedelta
from urllib.parse import urlencode
from uuid import UUID

from compliance import reports
from compliance.officer_list.amount import Amount
from compliance.officer_list.cursor import Cursor, parse
from compliance.reports import DecisionRow, Filter, RefusalFilter, RefusalRow
from compliance.reports import Page as ReportPage
from compliance.vocabulary import Action, Modality, Outcome, PrescribingAction, Role
from emr.ids import PersonId
from emr.person import Person
from emr.records import people as people_records
from server import accounts
from server.asking import Answer, Ask, Row
from server.frames import frame
from server.log_health.faults import faults
from server.routes.log_verification import banner
from server.routes.log_words import ACTION_WORDS, MODALITY_WORDS, badge_of, where_words
from server.routes.periods import period
from server.routes.visit_parts import viewer_zone
from server.routes.visits import zone_words
from server.work import Work
from visit_ui.pages.log import BlockedPlot, Log, LogChoices, LogFilters, LogRow, PlotRow
from visit_ui.pages.parts import Badge, FieldError, Option

PER_PAGE = 25
PLOT_WEEKS = 12
PLOT_ROWS = 5
REFUSED = "refuse"
SCHEDULES = ("I", "II", "III", "IV", "V", "none", "unknown")
NO_SUCH_PAGE = "That address names no page of this list. These are the newest entries."
PERIOD_AND_PERSON = (
    "Refused accesses are narrowed by period and prescriber alone: the other filters do not apply to them."
)
Listed = ReportPage[DecisionRow] | ReportPage[RefusalRow]


async def show(ask: Ask, work: Work) -> Answer:
    """GET: decisions beside the entry that `page` names, newest first, with filters; without it the newest ones."""
    zone = await viewer_zone(work)
    filters = LogFilters(*(ask.query(name) for name in LogFilters.NAMES))
    where, errors = _filter(filters, zone)
    cursor, notes = _cursor(ask.query("page"))
    refused = filters.outcome == REFUSED
    if refused and _unused(filters):
        notes = (*notes, PERIOD_AND_PERSON)
    page, summary = await (_refusals if refused else _decisions)(work, where, cursor)
    prescribers = await _prescribers(work)
    return Log(
        frame=await frame(ask, work, "Prescribing log"),
        filters=filters,
        choices=await _choices(work, prescribers.values()),
        state=await banner(ask),
        faults=tuple((await faults(work.conn, ask.house.redis, ask.now)).values()),
        summary=summary,
        plot=await _plot(ask, work, where, zone),
        rows=await _rows(work, page.rows, prescribers),
        newest_href=_href(filters) if page.newer else None,
        newer_href=_href(filters, page.newer) if page.newer else None,
        older_href=_href(filters, page.older) if page.older else None,
        refusals=refused,
        zone_words=zone_words(zone, ask.now),
        errors=errors,
        notes=notes,
        presence_href="/log/presence",
    )


def _cursor(text: str) -> tuple[Cursor | None, tuple[str, ...]]:
    """The page that is asked for; what names none is said, and the newest page shown."""
    try:
        return (parse(text) if text else None), ()
    except ValueError:
        return None, (NO_SUCH_PAGE,)


async def _decisions(work: Work, where: Filter, cursor: Cursor | None) -> tuple[Listed, str]:
    page = await reports.decisions(work.conn, where, cursor, per_page=PER_PAGE)
    counts = await reports.counts(work.conn, where)
    blocked = f"{_said(counts.decisions, 'decision', 'decisions')}, {_said(counts.blocked)} blocked"
    unknown = f", {_said(counts.unknown_names)} of them for a name not known" if counts.unknown_names.number else ""
    return page, blocked + unknown


async def _refusals(work: Work, where: Filter, cursor: Cursor | None) -> tuple[Listed, str]:
    """Accesses refused in the period; the filter by prescriber is then the one by who tried."""
    asked = RefusalFilter(where.since, where.until, where.prescriber_id)
    page = await reports.refusals(work.conn, asked, cursor, per_page=PER_PAGE)
    return page, _said(await reports.refusals_counted(work.conn, asked), "refused access", "refused accesses")


def _said(amount: Amount, one: str = "", many: str = "") -> str:
    """``about 240,000 decisions``."""
    return f"{amount.sureness} {amount.number:,} {one if amount.number == 1 else many}".strip()


async def _choices(work: Work, prescribers: Iterable[Person]) -> LogChoices:
    return LogChoices(
        prescribers=tuple(Option(str(one.id), one.signature) for one in prescribers),
        ingredients=tuple(Option(one, one.capitalize()) for one in await reports.ingredients(work.conn)),
        schedules=tuple(Option(one, "Name unknown" if one == "unknown" else one) for one in SCHEDULES),
        actions=tuple(Option(one.value, words) for one, words in ACTION_WORDS.items()),
        modalities=tuple(Option(one.value, words) for one, words in MODALITY_WORDS.items()),
        states=tuple(Option(one, one) for one in await reports.states(work.conn)),
        outcomes=(Option("allow", "Allowed"), Option("block", "Blocked"), Option(REFUSED, "Access refused")),
    )


async def _rows(
    work: Work, rows: Sequence[DecisionRow | RefusalRow], prescribers: Mapping[PersonId, Person]
) -> tuple[LogRow, ...]:
    tried = [PersonId(row.actor_id) for row in rows if isinstance(row, RefusalRow) and row.actor_id]
    people = {**prescribers, **await people_records.people(work.conn, tried)}
    return tuple(_row(row, people) if isinstance(row, DecisionRow) else _refusal(row, people) for row in rows)


def _filter(filters: LogFilters, zone: str) -> tuple[Filter, tuple[FieldError, ...]]:
    """What was asked, typed; what cannot be used is left open and said."""
    since, until, errors = period(filters.start, filters.end, zone)
    return (
        Filter(
            since=since,
            until=until,
            prescriber_id=_uuid(filters.prescriber),
            outcome=Outcome(filters.outcome) if filters.outcome in set(Outcome) else None,
            schedule=filters.schedule if filters.schedule in SCHEDULES else None,
            action=PrescribingAction(filters.action) if filters.action in set(PrescribingAction) else None,
            modality=Modality(filters.modality) if filters.modality in set(Modality) else None,
            state=filters.state or None,
            ingredient=filters.ingredient or None,
        ),
        errors,
    )


def _unused(filters: LogFilters) -> bool:
    """Whether a filter is set that says nothing about a refused access."""
    return any((filters.ingredient, filters.schedule, filters.action, filters.modality, filters.state))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


async def _prescribers(work: Work) -> dict[PersonId, Person]:
    ids = [one.person_id for one in await accounts.accounts(work.conn) if Role.PRESCRIBER in one.roles]
    return dict(await people_records.people(work.conn, ids))


async def _plot(ask: Ask, work: Work, where: Filter, zone: str) -> BlockedPlot | None:
    """Twelve weeks up to the end of the period asked for."""
    end = where.until or ask.now
    since = end - timedelta(weeks=PLOT_WEEKS)
    plot = await reports.blocked_by_week(work.conn, where, since=since.astimezone(UTC), weeks=PLOT_WEEKS)
    if not plot.series:
        return None
    rows = [
        PlotRow(
            drug=" + ".join(one.ingredients).capitalize() or "Name not known",
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


def _row(row: DecisionRow, prescribers: Mapping[PersonId, Person]) -> LogRow:
    who = prescribers.get(PersonId(row.prescriber_id))
    return LogRow(
        entry=row.entry_id,
        sealed=row.sealed,
        at=row.decided_at,
        prescriber=who.signature if who else "not on record",
        patient_code=row.patient_code,
        asked=f"{ACTION_WORDS[row.action]} {row.product}",
        schedule=None if row.schedule == "unknown" else row.schedule,
        where=where_words(row.modality, row.state),
        rule=f"{row.pack_id} {row.pack_version}",
        outcome=badge_of(row.outcome, row.schedule),
        href=f"/log/{row.id}",
    )


def _refusal(row: RefusalRow, people: Mapping[PersonId, Person]) -> LogRow:
    """An access that was refused: who tried what. No medicine is part of it."""
    who = people.get(PersonId(row.actor_id)) if row.actor_id else None
    return LogRow(
        entry=row.entry_id,
        sealed=row.sealed,
        at=row.occurred_at,
        prescriber=who.signature if who else "not on record",
        patient_code=row.patient_code or "nobody's record",
        asked=f"{row.action.replace('.', ', ').replace('_', ' ')}, as {row.actor_role.replace('_', ' ')}",
        schedule="",
        where="",
        rule=row.rule,
        outcome=Badge("Refused", "warning", "ban"),
        href=None,
    )


def _href(filters: LogFilters, cursor: Cursor | None = None) -> str:
    """The list with the same filters, beside an entry or from the newest one on."""
    query = {name: value for name, value in filters.query().items() if value}
    if cursor is not None:
        query["page"] = cursor.text
    return f"/log?{urlencode(query)}" if query else "/log"


ROWS = (Row("GET", "/log", show, Action.LOG_READ, read=True),)
