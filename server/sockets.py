"""The call's WebSocket: checks who may be here, then hands the socket to the gateway."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from compliance.vocabulary import Action
from emr.desk import Desk
from emr.errors import NotFound
from emr.ids import PersonId, VisitId
from emr.presence.joining import join_call
from emr.records import presence as presence_records
from emr.records import visits as visit_records
from emr.visit import Status
from server import announcing, call_events
from server import work as working
from server.actors import Subject, visit_key
from server.asking import subject_of_visit, uuid_of
from server.database import UNREACHABLE
from server.house import House
from server.identity import actor as identity
from server.identity.errors import TooManyRequests
from server.identity.limits import Rule
from server.identity.origin import is_same_origin
from server.identity.routes import address_of
from server.identity.sessions import Session
from signaling import tickets
from signaling.errors import SocketClosed
from signaling.tickets import Ticket

# A WebSocket close before acceptance is an HTTP 403 to the browser: it tells a stranger nothing.
REFUSED = 1008
# A call does not end because the database restarts; for longer than this nobody can say who may be in it.
GRACE = timedelta(seconds=60)


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
    house: House = socket.app.state.house
    now = house.clock()
    session = await identity.current(socket, now)
    if session is None or not is_same_origin(socket.headers, house.public_origins):
        with suppress(TooManyRequests):  # refused in any case; counted like a stranger's request for a page
            await house.limits.count(Rule.REFUSAL, address_of(socket), now)
        await socket.close(REFUSED)
        return
    try:
        subject = await subject_of_visit(house, VisitId(uuid_of(str(socket.path_params["visit"]))))
        async with working.begin(house, PersonId(session.person_id), Action.VISIT_JOIN, subject, now=now) as work:
            assert subject.visit_id is not None
            visit = await visit_records.get(work.conn, subject.visit_id)
    except (NotFound, working.NotAllowed):
        await socket.close(REFUSED)
        return
    if visit is None or not visit.remote:  # a visit in person has no call, whatever ticket somebody shows
        await socket.close(REFUSED)
        return
    try:
        await socket.accept()
    except OSError:  # the browser went away meanwhile; an error of its own kind would be taken for the record's
        return

    def check(text: str) -> Ticket:
        return tickets.check(
            text,
            key=house.ticket_key,
            now=house.clock(),
            visit=str(subject.visit_id),
            participant=str(session.person_id),
        )

    last_yes = now

    async def still_allowed() -> bool:
        nonlocal last_yes
        at = house.clock()
        try:
            allowed = await _still_allowed(house, session, subject, at)
        except (RedisError, *UNREACHABLE):
            return at - last_yes < GRACE
        last_yes = at
        return allowed

    async def joining(ticket: Ticket) -> bool:
        """Keeps who joins, before anybody hears of them: it ends their check-ins. A device check is no call."""
        if ticket.room != visit.room:
            return True
        try:
            async with house.database.begin() as conn:
                at, person = house.clock(), PersonId(session.person_id)
                desk = Desk(conn, person, at)
                await join_call(desk, visit)
                await call_events.write(desk, "call.ticket")
                ended = await presence_records.visits_checked_in(conn, person, at)
            for other in ended:
                await announcing.announce(house, visit_key(other), "presence")
        except (RedisError, *UNREACHABLE):
            return False
        return True

    await socket.app.state.gateway.serve(StarletteSocket(socket), check, still_allowed, joining)


async def _still_allowed(house: House, session: Session, subject: Subject, now: datetime) -> bool:
    """Whether the session lives, the visit is not over, and the person still takes part. A live call is activity."""
    if not await house.sessions.touch(session.key, now):
        return False
    assert subject.visit_id is not None
    async with house.database.connect() as conn:
        visit = await visit_records.get(conn, subject.visit_id)
        allowed = await working.would_allow(house, conn, PersonId(session.person_id), Action.VISIT_JOIN, subject)
    return allowed and visit is not None and visit.status in (Status.SCHEDULED, Status.WAITING, Status.IN_PROGRESS)
