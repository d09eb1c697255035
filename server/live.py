"""The live stream: tells a page which part of itself to read again. It carries topic names and nothing else.

Server-sent events, one stream for each page: the browser reconnects by itself, and what was announced meanwhile is
made good because a page re-reads its parts when the stream opens again (see docs/adr/0004-live-pages.md).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import StreamingResponse

from compliance.vocabulary import Action
from emr.ids import PersonId, VisitId
from server import announcing
from server import work as working
from server.actors import Subject, person_key, visit_key
from server.asking import signed_in, subject_of_visit, uuid_of
from server.house import House
from server.identity.sessions import Session

# Proxies and browsers drop a silent stream; this also bounds how long an ended session keeps listening.
HEARTBEAT_S = 10.0
# Subscribing takes a moment; what was announced between rendering and now is then found by its count.
SETTLE_S = 0.25
# A page that reads slower than topics come need not hear each one twice.
OUTBOX = 64


async def stream(request: Request) -> StreamingResponse:
    """GET /live?visit=: topics of the person's own pages and, if they take part in it, of the visit."""
    house: House = request.app.state.house
    now = house.clock()
    session = await signed_in(request, house, now)
    keys = [person_key(session.person_id)]
    asked = request.query_params.get("visit")
    subject = await subject_of_visit(house, VisitId(uuid_of(asked))) if asked else Subject()
    action = Action.VISIT_READ if asked else Action.LIVE_LISTEN
    async with working.begin(house, PersonId(session.person_id), action, subject, now=now):
        if subject.visit_id is not None:
            keys.append(visit_key(subject.visit_id))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _events(house, session, keys, request.query_params.get("seen")), media_type="text/event-stream", headers=headers
    )


async def _events(house: House, session: Session, keys: list[str], seen: str | None) -> AsyncIterator[str]:
    outbox: asyncio.Queue[str] = asyncio.Queue(OUTBOX)
    async with asyncio.TaskGroup() as group:
        listeners = [group.create_task(_listen(house, key, outbox)) for key in keys]
        try:
            yield "retry: 1000\n\n"
            topic = await _next(outbox, SETTLE_S)
            if seen is not None and seen != await announcing.mark(house, keys):
                for each in announcing.TOPICS:
                    yield _changed(each)
            while True:
                if topic is not None:
                    yield _changed(topic)
                elif await house.sessions.read(session.key, house.clock()) is None:
                    return  # the browser comes back, is refused, and says so
                else:
                    yield ": still here\n\n"
                topic = await _next(outbox, HEARTBEAT_S)
        finally:
            for listener in listeners:
                listener.cancel()


def _changed(topic: str) -> str:
    return f"event: changed\ndata: {topic}\n\n"


async def _next(outbox: asyncio.Queue[str], wait_s: float) -> str | None:
    """The next topic; None when there was none in that time."""
    try:
        async with asyncio.timeout(wait_s):
            return await outbox.get()
    except TimeoutError:
        return None


async def _listen(house: House, key: str, outbox: asyncio.Queue[str]) -> None:
    async for topic in house.bus.listen(key):
        with suppress(asyncio.QueueFull):  # the page will re-read that topic anyway: one of them is in the queue
            outbox.put_nowait(topic)
