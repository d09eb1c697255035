"""The web process's side of calls: owns sockets only, checks tickets, passes typed messages both ways over the bus."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic

from signaling.bus.bus import Bus, BusError
from signaling.bus.envelopes import Closed, HangUp, Opened, SocketMessage, Tell
from signaling.errors import CloseCode, Closing, NoMedia, SocketClosed, TicketRefused
from signaling.ids import ConnectionId, NodeId, RoomId, WebId
from signaling.protocol import VERSION, Hello
from signaling.tickets import Ticket
from signaling.web.connection import Connection, Socket

log = logging.getLogger(__name__)

BEAT_S = 1.0
UNSAID = 10_000
"""Pages that are gone while Redis is away and of which the media processes are told later; older ones are forgotten."""
LOOK_S = 0.2
LATE_S = 0.4
"""A media process whose lease ended is asked after again for so long, by this process's own clock, before its calls
are given up: Redis may have stood still, and with it every beat. One that is known to have ended is not waited for.
"""
MEDIA_WITHIN_S = 4.0
"""A page that comes while no media process lives is kept waiting for so long: one is being started again."""

TicketCheck = Callable[[str], Ticket]
"""`tickets.check` with everything but the text filled in by the route: key, time, and the visit and person it
serves.
"""


class Gateway:
    """One for each web process; `open` starts and ends its three tasks, `serve` is called for each socket."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._web = WebId(secrets.token_hex(6))
        self._connections: dict[ConnectionId, tuple[Connection, NodeId]] = {}
        self._unsaid: deque[tuple[NodeId, ConnectionId]] = deque(maxlen=UNSAID)
        self._missing: dict[NodeId, float] = {}
        self._waiting: set[asyncio.Future[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, bus: Bus) -> AsyncIterator["Gateway"]:
        """A running gateway; at the end every socket is closed with NO_MEDIA, which pages answer by coming back."""
        gateway = cls(bus)
        tasks = [
            asyncio.create_task(gateway._read(), name="gateway read"),
            asyncio.create_task(gateway._beat(), name="gateway beat"),
            asyncio.create_task(gateway._watch_media(), name="gateway watch"),
        ]
        try:
            yield gateway
        finally:
            for connection, _ in gateway._connections.values():
                connection.hang_up(CloseCode.NO_MEDIA)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(BusError):
                await bus.leases.retire_web(gateway._web)

    @property
    def sockets(self) -> int:
        """How many sockets are in a call."""
        return len(self._connections)

    async def serve(
        self,
        socket: Socket,
        check: TicketCheck,
        still_allowed: Callable[[], Awaitable[bool]],
        joining: Callable[[Ticket], Awaitable[bool]],
    ) -> None:
        """Serve one accepted socket until it ends; it is closed on return.

        `joining(ticket)` is asked once, when there is a media process and before the room hears of this person: False
        closes with NO_MEDIA, which the page answers by coming back; it may raise `Closing` with a reason of its own, as
        `still_allowed` may. `still_allowed()` is asked every two seconds (session alive, visit not ended, still a
        participant): False closes with NOT_ALLOWED. Nothing is raised, whatever a page does; what nobody foresaw closes
        this socket with FAILED. Canceling closes the socket.
        """
        connection = Connection(ConnectionId(secrets.token_hex(8)), socket, self._bus.faults)
        try:
            await self._serve(connection, check, still_allowed, joining)
        except SocketClosed:
            pass
        except Closing as closing:
            await connection.close(closing.close)
        except BusError as error:
            log.warning("bus: %s", error)
            await connection.close(CloseCode.NO_MEDIA)
        except Exception as error:
            self._bus.faults.note("socket", error)
            await connection.close(CloseCode.FAILED)

    async def _serve(
        self,
        connection: Connection,
        check: TicketCheck,
        still_allowed: Callable[[], Awaitable[bool]],
        joining: Callable[[Ticket], Awaitable[bool]],
    ) -> None:
        hello = await connection.hello()
        ticket = await self._admit(hello, check)
        node = await self._node_for(ticket.room)
        if not await joining(ticket):
            raise Closing(CloseCode.NO_MEDIA)
        self._connections[connection.id] = (connection, node)

        async def said(text: str) -> None:
            await self._bus.to_media(node, SocketMessage(connection.id, text))

        try:
            await self._bus.to_media(node, self._opened(connection.id, ticket, hello))
            await connection.run(said, still_allowed)
        finally:
            del self._connections[connection.id]
            await asyncio.shield(self._closed(node, connection.id))

    async def _admit(self, hello: Hello, check: TicketCheck) -> Ticket:
        if hello.version != VERSION:
            raise Closing(CloseCode.VERSION)
        try:
            ticket = check(hello.ticket)
        except TicketRefused as error:
            raise Closing(CloseCode.TICKET_REFUSED) from error
        if ticket.room != hello.room:
            raise Closing(CloseCode.UNKNOWN_ROOM)
        if await self._bus.has_ended(ticket.room):
            raise Closing(CloseCode.ENDED)
        return ticket

    async def _node_for(self, room: RoomId) -> NodeId:
        until = monotonic() + MEDIA_WITHIN_S
        while True:
            try:
                return await self._bus.leases.claim(room)
            except NoMedia as error:
                if not await self._media_comes(until - monotonic()):
                    raise Closing(CloseCode.NO_MEDIA) from error

    async def _media_comes(self, within_s: float) -> bool:
        """Wait for a media process that lives."""
        come = asyncio.get_running_loop().create_future()
        self._waiting.add(come)
        try:
            await asyncio.wait((come,), timeout=max(0.0, within_s))
        finally:
            self._waiting.discard(come)
        return come.done()

    def _opened(self, connection: ConnectionId, ticket: Ticket, hello: Hello) -> Opened:
        return Opened(
            web=self._web,
            connection=connection,
            room=ticket.room,
            visit=ticket.visit,
            participant=ticket.participant,
            part=ticket.part,
            rights=ticket.rights,
            resume=hello.resume,
        )

    async def _closed(self, node: NodeId, connection: ConnectionId) -> None:
        try:
            await self._bus.to_media(node, Closed(connection))
        except BusError:  # or the room would go on holding somebody whose page is gone: said with the next beat
            self._unsaid.append((node, connection))

    async def _read(self) -> None:
        position = "0"
        while True:
            try:
                for delivered in await self._bus.for_web(self._web, position):
                    position = delivered.position
                    self._deliver(delivered.envelope)
            except BusError as error:
                log.warning("bus: %s", error)
                await asyncio.sleep(0.5)
            except Exception as error:
                self._bus.faults.note("reading", error)
                await asyncio.sleep(0.5)

    def _deliver(self, envelope: object) -> None:
        if not isinstance(envelope, Tell | HangUp):
            return
        found = self._connections.get(envelope.connection)
        if found is None:
            return
        match envelope:
            case Tell():
                found[0].tell(envelope.text)
            case HangUp():
                found[0].hang_up(_close_code(envelope.code))

    async def _beat(self) -> None:
        """Say that this web process lives, and whose page is gone if that could not be said before."""
        while True:
            try:
                await self._bus.leases.web_alive(self._web)
                while self._unsaid:
                    await self._bus.to_media(self._unsaid[0][0], Closed(self._unsaid[0][1]))
                    self._unsaid.popleft()
            except BusError as error:
                log.warning("bus: %s", error)
            except Exception as error:
                self._bus.faults.note("beat", error)
            await asyncio.sleep(BEAT_S)

    async def _watch_media(self) -> None:
        """See whether the media processes of our sockets still live, and whether one has come that is waited for."""
        while True:
            if self._connections or self._waiting:
                try:
                    await self._look()
                except BusError:  # said by the beat
                    self._missing.clear()
                except Exception as error:
                    self._bus.faults.note("watching", error)
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        began = monotonic()
        living = {state.node for state in await self._bus.leases.nodes()}
        now = monotonic()
        if now - began > LATE_S:  # Redis stood still: who is missing is only late
            self._missing.clear()
        for come in self._waiting if living else ():
            if not come.done():
                come.set_result(None)
        missing = {node for _, node in self._connections.values()} - living
        self._missing = {node: self._missing.get(node, now) for node in missing}
        for node, since in list(self._missing.items()):
            if now - since < LATE_S and not await self._bus.leases.is_retired(node):
                continue
            for connection, held_by in list(self._connections.values()):
                if held_by == node:
                    connection.hang_up(CloseCode.NO_MEDIA)


def _close_code(number: int) -> CloseCode:
    """The close of that number; FAILED for one of another version."""
    try:
        return CloseCode(number)
    except ValueError:
        return CloseCode.FAILED
