"""The officer's list as a file for a spreadsheet: all rows that its filters find, with what the page shows of them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import StreamingResponse

from compliance.reports import reports
from compliance.reports.officer_list.csv_lines import line
from compliance.reports.officer_list.cursor import Cursor
from compliance.reports.reports import Filter, ListedDecision, ListPage, RefusalFilter, RefusalRow
from compliance.shared.vocabulary import Action
from emr.shared.errors import Invalid
from server.application.context import AppContext
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import ASKS, After, Answer, Ask, RouteSpec
from server.presenters.visit_parts import viewer_zone
from server.routes.officer import log_filters, log_rows
from server.routes.officer.log_filters import LogQuery
from server.routes.officer.log_rows import People
from visit_ui.pages.officer.log import LogRow

ROWS_AT_ONCE = 500
Listed = ListPage[ListedDecision] | ListPage[RefusalRow]
HEAD = (
    "entry", "time_utc", "prescriber", "patient_code", "asked_for", "daily_dose", "schedule", "where", "rule", "policy",
    "outcome",
)  # fmt: skip


async def download(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: the list with its filters, in its order. That it was taken is on record before the first line leaves."""
    zone = await viewer_zone(work)
    asked = await log_filters.asked(ask, work, log_filters.posted(ask), zone)
    if asked.where is None or asked.errors:
        raise Invalid({one.field: one.message for one in asked.errors} or {"patient_of": log_filters.NO_SUCH_ENTRY})
    # No farther than now: what is written while the file is on its way is in the next one.
    until = min(asked.where.until, work.now) if asked.where.until else work.now
    wanted = replace(asked, where=replace(asked.where, until=until))
    known = await log_rows.prescribers(work)

    async def stream() -> StreamingResponse:
        name = f"titrate-log-{ask.now:%Y-%m-%dT%H%MZ}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        kind = "text/csv; charset=utf-8; header=present"
        return StreamingResponse(_chunks(ask.app_context, wanted, known), media_type=kind, headers=headers)

    return After(stream)


async def _chunks(app_context: AppContext, asked: LogQuery, known: People) -> AsyncIterator[bytes]:
    """Its lines, some pages of the list at a time: each by key, so a list of years is never held in memory."""
    yield line(HEAD).encode()
    assert asked.where is not None
    async with app_context.database.connect() as conn:
        cursor = None
        while True:
            page = await _page(conn, asked, asked.where, cursor)
            rows = await log_rows.rows(conn, page.rows, known)
            yield "".join(line(_cells(one)) for one in rows).encode()
            cursor = page.older
            if cursor is None:
                return


async def _page(conn: AsyncConnection, asked: LogQuery, where: Filter, cursor: Cursor | None) -> Listed:
    if asked.refused:
        tried = RefusalFilter(where.since, where.until, where.prescriber_id)
        return await reports.refusals(conn, tried, cursor, per_page=ROWS_AT_ONCE)
    return await reports.decisions(conn, where, cursor, per_page=ROWS_AT_ONCE, order=asked.order)


def _cells(row: LogRow) -> tuple[str, ...]:
    schedule = "unknown" if row.schedule is None else row.schedule
    at = row.at.astimezone(UTC).isoformat(timespec="seconds")
    return (
        str(row.entry), at, row.prescriber, row.patient_code, row.asked, row.dose,
        schedule, row.where, row.rule, row.pack, row.outcome.word,
    )  # fmt: skip


ROUTES = (RouteSpec("POST", "/log/export-list", download, Action.LOG_EXPORT, read=True, keyless=ASKS),)
