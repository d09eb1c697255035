"""The live stream: tells a page which part of itself to read again. It carries topic names and nothing else.

Server-sent events, one stream for each page: the browser reconnects by itself, and what was announced meanwhile is
made good because a page re-reads its parts when the stream opens again (see docs/adr/0004-live-pages.md).
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from compliance.shared.vocabulary import Action
from emr.shared.ids import PersonId, VisitId
from server.application import unit_of_work as working
from server.application.actors import Subject
from server.application.context import AppContext
from server.auth import actor as identity
from server.auth.errors import TooManyRequests
from server.auth.routes import address_of
from server.auth.sessions import Session
from server.http.endpoint import uuid_of
from server.http.rate_limits import RateLimit
from server.live import announcing
from server.live.fan_out import FanOut
from server.live.listener import Listener, Rights
from server.live.pending import Pending

log = logging.getLogger(__name__)

# Proxies and browsers drop a silent stream; this also bounds how long an ended session keeps listening.
HEARTBEAT_S = 10.0
AWAY_BEAT_S = 1.0
# One for each open page; a browser that speaks HTTP/1.1 opens six at most to one host.
MOST_STREAMS = 30
# An announcement may be lost without a trace, with the process that was about to make it: a page never stays older.
READ_AGAIN_S = 120.0
# Pages of a process that ended come back one after the other.
RETRY_MS = (1_000, 3_000)


@dataclass(frozen=True, slots=True)
class Live:
    """What the streams of one process share. ``streams``: how many each session has open."""

    app_context: AppContext
    fan_out: FanOut
    rights: Rights
    streams: Counter[str] = field(default_factory=Counter)

    @classmethod
    @asynccontextmanager
    async def open(cls, app_context: AppContext) -> AsyncIterator["Live"]:
        """Until the block is left; then every stream has ended."""
        async with FanOut.open(app_context.bus) as fan_out, Rights.open(app_context) as rights:
            yield cls(app_context, fan_out, rights)


async def stream(request: Request) -> Response:
    """GET /live: topics of the person's own pages; with ``?visit=``, if they take part in it, of the visit; with
    ``?context=1`` of the front desk's.

    204 for nobody: that tells a browser to stop asking. Raises ``TooManyRequests`` for a session that has many streams
    open already.
    """
    live: Live = request.app.state.live
    app_context = live.app_context
    now = app_context.clock()
    session = await identity.current(request, now)
    if session is None:
        return await _nobody(request, app_context, now)
    if live.streams[session.key] >= MOST_STREAMS:
        raise TooManyRequests("streams", round(HEARTBEAT_S))
    listener = await _listener(request, app_context, session)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = _events(live, listener, request.query_params.get("seen"))
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _nobody(request: Request, app_context: AppContext, now: datetime) -> Response:
    """A page that lost its session may have been left open in many tabs: their streams have a budget of their own."""
    await app_context.limits.count(RateLimit.STREAM, address_of(request), now, browser=identity.shown(request))
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def _listener(request: Request, app_context: AppContext, session: Session) -> Listener:
    """Raises ``NotAllowed``, recorded, for what the person may not listen to."""
    asked = request.query_params.get("visit")
    subject = Subject(visit_id=VisitId(uuid_of(asked))) if asked else Subject()
    at_desk = Action.DESK_READ if request.query_params.get("desk") else Action.LIVE_LISTEN
    action = Action.VISIT_READ if asked else at_desk
    async with working.begin(app_context, PersonId(session.person_id), action, subject) as work:
        return Listener(session, action, work.subject)


async def _events(live: Live, listener: Listener, seen: str | None) -> AsyncIterator[str]:
    streams, key = live.streams, listener.session.key
    streams[key] += 1
    try:
        yield f"retry: {random.randint(*RETRY_MS)}\n\n"  # noqa: S311  # spreads load, guards nothing
        async with live.fan_out.listening(listener.keys) as pending:
            # Compared only now that nothing goes unheard any more: what came before is in the count.
            if seen is not None and seen != await announcing.mark(live.app_context, listener.keys):
                pending.add_all()
            async for said in _said(live, listener, pending):
                yield said
    except RedisError:
        log.info("a live stream ends while redis is away, and its page opens another")
    finally:
        streams[key] -= 1
        if not streams[key]:
            del streams[key]


async def _said(live: Live, listener: Listener, pending: Pending) -> AsyncIterator[str]:
    """What changed, and that all is well at each beat, as long as the listener may hear it.

    While Redis is away nobody can say whether the session lives: the page hears that it may be old, and no topic.
    """
    clock = asyncio.get_running_loop().time
    ask_at, read_at = clock() + HEARTBEAT_S / 2, clock() + READ_AGAIN_S * random.uniform(0.5, 1)  # noqa: S311
    topics = await pending.take(0)
    while not pending.ended:
        try:
            if not await live.rights.is_signed_in(listener.session):
                return  # the browser comes back, is told that nobody is signed in, and says so
        except (RedisError, OSError):
            yield "event: away\ndata:\n\n"
            pending.add_all()
            await asyncio.sleep(AWAY_BEAT_S)
            continue
        if clock() >= ask_at:  # at each beat, and not more often while much happens
            if not await live.rights.may_listen(listener):
                return
            ask_at = clock() + HEARTBEAT_S / 2
        if clock() >= read_at:
            pending.add_all()
            read_at = clock() + READ_AGAIN_S
        yield "".join(f"event: changed\ndata: {topic}\n\n" for topic in topics) or ": still here\n\n"
        topics = await pending.take(HEARTBEAT_S * random.uniform(0.8, 1))  # noqa: S311
