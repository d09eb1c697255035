"""The call's WebSocket: checks who may be here, then hands the socket to the gateway."""

import logging
from contextlib import suppress
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from compliance.shared.vocabulary import Action
from emr.shared.errors import NotFound
from emr.shared.ids import PersonId, VisitId
from emr.visits.model import Visit
from server.application import unit_of_work as working
from server.application.actors import Subject
from server.application.context import AppContext
from server.auth import actor as identity
from server.auth.errors import TooManyRequests
from server.auth.routes import address_of
from server.auth.sessions import Session
from server.calls.line import CallConnection
from server.http.endpoint import uuid_of
from server.http.idempotency.commit import OutcomeUnknown
from server.http.origin import is_same_origin
from server.http.rate_limits import RateLimit
from server.platform.database import UNREACHABLE
from server.platform.database_clock import ClockWrong
from signaling import protocol
from signaling.errors import CloseCode, SocketClosed

log = logging.getLogger("titrate")

# A WebSocket close before acceptance is an HTTP 403 to the browser: it tells a stranger nothing.
REFUSED = 1008


@dataclass(frozen=True, slots=True)
class StarletteSocket:
    """A Starlette socket as the gateway wants one."""

    socket: WebSocket

    async def receive_text(self) -> str:
        """The next text. Raises ``SocketClosed`` when the browser is gone or sends something that is not text."""
        try:
            return await self.socket.receive_text()
        except (WebSocketDisconnect, KeyError, RuntimeError) as error:
            raise SocketClosed from error

    async def send_text(self, text: str) -> None:
        """Send a text. Raises ``SocketClosed`` when the browser is gone."""
        try:
            await self.socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise SocketClosed from error

    async def close(self, code: int, reason: str) -> None:
        """Close; closing a closed socket is nothing."""
        try:
            await self.socket.close(code, reason)
        except RuntimeError:
            return


async def call(socket: WebSocket) -> None:
    """WebSocket /visits/{visit}/call: a participant's line to the call, and the device check's."""
    app_context: AppContext = socket.app.state.app_context
    now = app_context.clock()
    session = await identity.current(socket, now)
    if session is None or not is_same_origin(socket.headers, app_context.public_origins):
        with suppress(TooManyRequests):  # refused in any case; counted
            await app_context.limits.count(RateLimit.SOCKET, address_of(socket), now, browser=identity.shown(socket))
        await socket.close(REFUSED)
        return
    try:
        subject, visit = await _authorize(app_context, session, str(socket.path_params["visit"]))
    except (NotFound, working.NotAllowed):
        await socket.close(REFUSED)
        return
    except (ClockWrong, OutcomeUnknown, *UNREACHABLE) as error:
        log.error("nobody can say who may join a call: %s", type(error).__name__)
        await _say_later(socket)
        return
    if not visit.remote:  # a visit in person has no call, whatever ticket somebody shows
        await socket.close(REFUSED)
        return
    try:
        await socket.accept()
    except OSError:  # the browser went away meanwhile; an error of its own kind would be taken for the record's
        return
    line = CallConnection(app_context, session, subject, visit.room)
    await socket.app.state.gateway.serve(StarletteSocket(socket), line.check, line.still_allowed, line.joining)


async def _authorize(app_context: AppContext, session: Session, visit: str) -> tuple[Subject, Visit]:
    """Raises ``NotFound`` and ``NotAllowed``, which is recorded."""
    asked = Subject(visit_id=VisitId(uuid_of(visit)))
    async with working.begin(app_context, PersonId(session.person_id), Action.VISIT_JOIN, asked) as work:
        return work.subject, await work.visit()


async def _say_later(socket: WebSocket) -> None:
    """Let the page know why, which a refused handshake cannot: it says so and comes back by itself."""
    code = CloseCode.NOT_RECORDED
    with suppress(OSError, RuntimeError, WebSocketDisconnect):
        await socket.accept()
        await socket.send_text(protocol.serialize(protocol.goodbye(code)))
        await socket.close(int(code), code.name.lower())
