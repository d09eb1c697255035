"""The signed log as a file that a stranger verifies without this server."""

from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from compliance.audit.export import bundle_lines
from compliance.shared.vocabulary import Action
from server.application.context import AppContext
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import ASKS, After, Answer, Ask, RouteSpec

LINES_AT_ONCE = 200


async def export(ask: Ask, work: UnitOfWork) -> Answer:
    """POST: the bundle of `docs/log.md`, as a download. That it was taken is on record before the first line leaves."""

    async def download() -> StreamingResponse:
        name = f"titrate-log-{ask.now:%Y-%m-%dT%H%MZ}.jsonl"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(_chunks(ask.app_context), media_type="application/jsonl", headers=headers)

    return After(download)


async def _chunks(app_context: AppContext) -> AsyncIterator[bytes]:
    """Its lines, many at a time: a log of years is neither held in memory nor sent a line a packet."""
    held: list[str] = []
    async with app_context.database.connect() as conn:
        async for line in bundle_lines(conn):
            held.append(line)
            if len(held) == LINES_AT_ONCE:
                yield "".join(held).encode()
                held.clear()
    yield "".join(held).encode()


ROUTES = (RouteSpec("POST", "/log/export", export, Action.LOG_EXPORT, read=True, keyless=ASKS),)
