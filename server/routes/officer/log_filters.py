"""What the officer's list is narrowed to and sorted by: words of an address become typed values, and back."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from compliance.reports import reports
from compliance.reports.officer_list.cursor import Cursor, parse
from compliance.reports.officer_list.order import NEWEST, PEOPLE, SORTED_BY, SortOrder
from compliance.reports.reports import Filter
from compliance.reports.worth_a_look import clauses
from compliance.reports.worth_a_look.rules import PatternKind, PatternRule
from compliance.shared.masking import patient_code
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction
from emr.medications import queries as changes
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Ask
from server.http.forms import whole
from server.presenters.periods import period
from server.routes.officer.log_doses import NOTHING_PRESCRIBED, doses, reversed_
from visit_ui.pages.officer.log import LogFilters
from visit_ui.pages.shell.parts import FieldError

SCHEDULES = ("I", "II", "III", "IV", "V", "none", "unknown")
REFUSED = "refuse"
TIME = "time"
MOST_WARNED = 500
NO_SUCH_PAGE = "That address is not a page of this list. These are the first entries."
NO_SUCH_ENTRY = "No decision has that entry number, so nothing is listed."


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What was asked for. `where` is None when it cannot be listed: the errors, or a note, say why.

    `patient`: the mask of the patient whose decisions alone are asked for; empty: everybody's.
    """

    filters: LogFilters
    where: Filter | None
    order: SortOrder
    cursor: Cursor | None
    errors: tuple[FieldError, ...] = ()
    notes: tuple[str, ...] = ()
    patient: str = ""

    @property
    def refused(self) -> bool:
        """Whether refused accesses are asked for, and no decisions."""
        return self.filters.outcome == REFUSED


def given(ask: Ask) -> LogFilters:
    """The filters of an address, as text."""
    return LogFilters(*(ask.query(name) for name in LogFilters.NAMES))


def posted(ask: Ask) -> LogFilters:
    """The same out of a form."""
    return LogFilters(*(ask.form.text(name) for name in LogFilters.NAMES))


async def asked(ask: Ask, work: UnitOfWork, filters: LogFilters, zone: str, page: str = "") -> LogQuery:
    """Filters as typed values. What cannot be used is left open and said; a period that ends before it begins, or a
    dose from more to less, is refused, since nothing can be in it. Only what was prescribed has a dose.
    """
    since, until, of_days = period(filters.start, filters.end, zone)
    dosed, of_doses = doses(filters.dose_from, filters.dose_to)
    errors = of_days + of_doses
    order = NEWEST if filters.outcome == REFUSED else order_of(filters.sort)
    cursor, notes = _cursor(page, order)
    if (since and until and until <= since) or reversed_(dosed):
        return LogQuery(filters, None, order, None, errors)
    where = _filter(filters, since, until)
    if dosed != (None, None):
        if where.outcome is DecisionOutcome.BLOCK:
            return LogQuery(filters, None, order, None, errors, (NOTHING_PRESCRIBED,))
        where = replace(where, outcome=DecisionOutcome.ALLOW, among=changes.dosed(*dosed, since, until))
    patient = ""
    if filters.patient_of:
        of = whole(filters.patient_of)
        person = await reports.patient_of(work.conn, of) if of else None
        if person is None:
            return LogQuery(filters, None, order, None, errors, (NO_SUCH_ENTRY,))
        where, patient = replace(where, patient_id=person), patient_code(person)
    if rule := ask.app_context.references.worth_a_look.by_id.get(filters.look):
        where = await looking(ask, work, where, rule)
    return LogQuery(filters, where, order, cursor, errors, notes, patient)


async def looking(ask: Ask, work: UnitOfWork, where: Filter, rule: PatternRule) -> Filter:
    """The filter narrowed to what a rule of what is worth a look finds, in the days that the rules look at."""
    until = where.until or ask.now
    earliest = until - ask.app_context.references.worth_a_look.period
    since = max(where.since, earliest) if where.since else earliest
    warned: tuple[UUID, ...] = ()
    if rule.kind is PatternKind.WARNING_ANSWERED:
        warned = await changes.warned(work.conn, since, until, MOST_WARNED)
    besides = clauses.clauses(rule, ask.app_context.settings.clinic_zone, warned)
    return replace(where, since=since, besides=besides)


def _cursor(text: str, order: SortOrder) -> tuple[Cursor | None, tuple[str, ...]]:
    """The page that is asked for; what names none in this order is said, and the first page shown."""
    if not text:
        return None, ()
    try:
        found = parse(text)
    except ValueError:
        return None, (NO_SUCH_PAGE,)
    return (found, ()) if bool(found.value) == order.has_word else (None, (NO_SUCH_PAGE,))


def order_of(sort: str) -> SortOrder:
    """`time`: oldest first; `schedule`, `-schedule`: by that column, up or down; `patient`: each patient's together;
    anything else: newest first.
    """
    if sort == TIME:
        return SortOrder(ascending=True)
    if sort in PEOPLE:
        return SortOrder(sort)
    by = sort.removeprefix("-")
    return SortOrder(by, ascending=sort == by) if by in SORTED_BY else NEWEST


def _filter(filters: LogFilters, since: datetime | None, until: datetime | None) -> Filter:
    return Filter(
        since=since,
        until=until,
        prescriber_id=_uuid(filters.prescriber),
        outcome=DecisionOutcome(filters.outcome) if filters.outcome in set(DecisionOutcome) else None,
        schedule=filters.schedule if filters.schedule in SCHEDULES else None,
        action=PrescribingAction(filters.action) if filters.action in set(PrescribingAction) else None,
        modality=Modality(filters.modality) if filters.modality in set(Modality) else None,
        state=filters.state or None,
        ingredient=filters.ingredient or None,
        rule=filters.rule or None,
        entry_id=whole(filters.entry),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def href(filters: LogFilters, cursor: Cursor | None = None) -> str:
    """The list with the same filters, beside an entry or from its beginning."""
    query = {name: value for name, value in filters.query().items() if value}
    if cursor is not None:
        query["page"] = cursor.text
    return f"/log?{urlencode(query)}" if query else "/log"
