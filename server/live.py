"""The live stream: tells a page which part of itself to read again. It carries topic names and nothing else.

Server-sent events, one stream for each page: the browser reconnects by itself, and what was announced meanwhile is
made good because a page re-reads its parts when the stream opens again (see docs/adr/0004-live-pages.md).
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import StreamingResponse

from compliance.vocabulary import Action
from emr.ids import PersonId, VisitId
from server import announcing
from server import work as working
from server.actors import Subject, listened_to
from server.asking import signed_in, subject_of_visit, uuid_of
from server.database import UNREACHABLE
from server.house import House
from server.identity.errors import TooManyRequests
from server.identity.sessions import Session
from signaling.bus import BusError

log = logging.getLogger(__name__)

# Proxies and browsers drop a silent stream; this also bounds how long an ended session keeps listening.
HEARTBEAT_S = 10.0
# One for each open page; a browser that speaks HTTP/1.1 opens six at most to one host. Each holds a Redis connection.
MOST_STREAMS = 30


async def stream(request: Request) -> StreamingResponse:
    """GET /live: topics of the person's own pages; with ``?visit=``, if they take part in it, of the visit; with
    ``?desk=1`` of the front desk's.

    Raises ``TooManyRequests`` for a session that has many streams open already.
    """
    house: House = request.app.state.house
    now = house.clock()
    session = await signed_in(request, house, now)
    if house.streams[session.key] >= MOST_STREAMS:
        raise TooManyRequests("streams", round(HEARTBEAT_S))
    asked = request.query_params.get("visit")
    subject = await subject_of_visit(house, VisitId(uuid_of(asked))) if asked else Subject()
    at_desk = Action.DESK_READ if request.query_params.get("desk") else Action.LIVE_LISTEN
    action = Action.VISIT_READ if asked else at_desk
    async with working.begin(house, PersonId(session.person_id), action, subject):
        listener = Listener(house, session, action, subject)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = _events(listener, request.query_params.get("seen"))
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens, to what, by which right."""

    house: House
    session: Session
    action: Action
    subject: Subject

    @property
    def keys(self) -> tuple[str, ...]:
        """What is listened to."""
        return listened_to(PersonId(self.session.person_id), self.subject, self.action)

    async def is_signed_in(self) -> bool:
        """Whether the session still lives. Listening is no activity."""
        return await self.house.sessions.read(self.session.key, self.house.clock()) is not None

    async def may_listen(self) -> bool:
        """Whether the right still holds: somebody may be taken off a visit while their page is open.

        While the database is away nobody can say: the stream goes on, and the next beat asks again.
        """
        person_id = PersonId(self.session.person_id)
        try:
            async with self.house.database.connect() as conn:
                return await working.would_allow(self.house, conn, person_id, self.action, self.subject)
        except UNREACHABLE:
            return True


class Pending:
    """Topics that the page has yet to hear, each once: a page that reads slowly need not hear one twice."""

    def __init__(self) -> None:
        self._topics: dict[str, None] = {}
        self._some = asyncio.Event()

    def add(self, topic: str) -> None:
        """Something changed."""
        self._topics[topic] = None
        self._some.set()

    async def take(self, wait_s: float) -> tuple[str, ...]:
        """All that changed, in order; empty when nothing did in that time."""
        try:
            async with asyncio.timeout(wait_s):
                await self._some.wait()
        except TimeoutError:
            return ()
        topics = tuple(self._topics)
        self._topics.clear()
        self._some.clear()
        return topics


async def _events(listener: Listener, seen: str | None) -> AsyncIterator[str]:
    streams, key = listener.house.streams, listener.session.key
    streams[key] += 1
    try:
        async with listener.house.bus.listening(listener.keys) as names, asyncio.TaskGroup() as group:
            yield "retry: 1000\n\n"
            pending = Pending()
            line = group.create_task(_collect(names, pending))
            try:
                async for topics in _topics(listener, seen, pending):
                    yield "".join(_changed(topic) for topic in topics) or ": still here\n\n"
            finally:
                line.cancel()
    except* BusError:
        log.warning("redis is away: a live stream ends, and its page opens another")
    finally:
        streams[key] -= 1
        if not streams[key]:
            del streams[key]


async def _topics(listener: Listener, seen: str | None, pending: Pending) -> AsyncIterator[tuple[str, ...]]:
    """What changed, and nothing at each beat, as long as the listener may hear it."""
    # Compared only now that nothing goes unheard any more: what came before is in the count.
    missed = seen is not None and seen != await announcing.mark(listener.house, listener.keys)
    topics: tuple[str, ...] = announcing.TOPICS if missed else ()
    # When it ends the browser comes back, is refused, and says so.
    while await listener.is_signed_in() and (topics or await listener.may_listen()):
        yield topics
        topics = await pending.take(HEARTBEAT_S)


def _changed(topic: str) -> str:
    return f"event: changed\ndata: {topic}\n\n"


async def _collect(names: AsyncIterator[str], pending: Pending) -> None:
    async for topic in names:
        pending.add(topic)
