"""The tasks of one media process: reads envelopes, hears of peers, and gives both to its rooms in turn.

One task alone changes rooms (`rooms`). What goes out waits in a bounded queue for the writer, so that a slow Redis
never stops the relay. Whatever fails while one person is served ends at most that person's socket, which may come
back: no task here ends by it, and nobody else's call.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import count

from signaling.bus.bus import Bus, BusError
from signaling.bus.envelopes import Closed, HangUp, NodeState, Opened, SocketMessage
from signaling.errors import CloseCode, SignalingError
from signaling.ids import NodeId, PeerId, RoomId, WebId
from signaling.node.events import ConnectionFaulted, NodeEvent, PeerStateChanged, RoomMoved, RoomTakenOver, WebGone
from signaling.node.heart import Heart
from signaling.node.outbox import Outbox
from signaling.node.rooms import Rooms
from signaling.sfu.relay import Relay
from signaling.sfu.udp_port import Port

log = logging.getLogger(__name__)

QUEUE = 10_000
TEND_S = 1.0
WEB_CHECK_ROUNDS = 2
PRESENCE_ROUNDS = 3


class Hub:
    """Run once by `media.run`."""

    def __init__(self, node: NodeId, name: str, bus: Bus, port: Port, clock: Callable[[], datetime]) -> None:
        self._node = node
        self._lapsed = asyncio.Event()
        self._heart = Heart(name, node, bus, self._lapsed.set)
        self._silent_webs: frozenset[WebId] = frozenset()
        self._bus = bus
        self._port = port
        self._relay: Relay | None = None
        self._seen: set[RoomId] = set()  # rooms that were here before: nothing of them is taken over
        self._inbox: asyncio.Queue[NodeEvent] = asyncio.Queue(QUEUE)
        self._outbox = Outbox(bus.faults)
        self._rooms = Rooms(node, bus, self._outbox, lambda: self.relay, self._post, clock)
        self._bus_away = False

    @property
    def rooms(self) -> int:
        """How many rooms have somebody in them."""
        return len(self._rooms)

    @property
    def relay(self) -> Relay:
        """The relay; there while `run` runs."""
        assert self._relay is not None
        return self._relay

    async def run(self, ready: Callable[[], None]) -> None:
        """Until cancelled. Calls `ready` once this node is announced; at the end says goodbye to every socket."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._relay = Relay(self._port, tasks, lambda peer, state: self._post(PeerStateChanged(peer, state)))
                tasks.create_task(self._relay.keep_time(self._limited), name="time")
                tasks.create_task(self._read(), name="read")
                tasks.create_task(self._outbox.run(), name="write")
                tasks.create_task(self._heart.run(self._state, ready), name="beat")
                tasks.create_task(self._tend(), name="tend")
                tasks.create_task(self._work(), name="work")
        finally:
            await self._farewell()

    # Tasks

    async def _read(self) -> None:
        position = "0"
        while True:
            try:
                for delivered in await self._bus.for_media(self._node, position):
                    position = delivered.position
                    envelope = delivered.envelope
                    if isinstance(envelope, Opened) and await self._bus.has_ended(envelope.room):
                        await self._bus.to_web(envelope.web, HangUp(envelope.connection, CloseCode.ENDED))
                    elif envelope is not None:
                        if isinstance(envelope, Opened) and envelope.room not in self._seen:
                            await self._take_over(envelope)
                        await self._inbox.put(envelope)
            except BusError as error:
                self._bus_failed(error)
                await asyncio.sleep(0.5)
            except Exception as error:
                self._bus.faults.note("reading", error)
                await asyncio.sleep(0.5)

    async def _take_over(self, first: Opened) -> None:
        """Whoever was in the room of a media process that died is away: joined once, and leaves when not back."""
        self._seen.add(first.room)
        people = await self._bus.presence(first.room)
        if people:
            await self._inbox.put(RoomTakenOver(first.room, first.visit, people))

    def _state(self) -> NodeState:
        return NodeState(self._node, len(self._rooms), self.relay.peers, self._bus.faults.total())

    async def _tend(self) -> None:
        """Renew claims, ask after the web processes, say who is present; at once when the lease had ended."""
        for turn in count():
            try:
                for moved in await self._bus.leases.keep(self._node, self._rooms.ids):
                    self._post(RoomMoved(moved))
                if turn % WEB_CHECK_ROUNDS == 0:
                    await self._ask_after_webs()
                if turn % PRESENCE_ROUNDS == 0:
                    for id, people in self._rooms.present():
                        await self._bus.set_presence(id, people)
                self._bus_answered()
            except BusError as error:
                self._bus_failed(error)
            except Exception as error:
                self._bus.faults.note("tending", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(TEND_S):
                    await self._lapsed.wait()
            self._lapsed.clear()

    async def _ask_after_webs(self) -> None:
        """A web process is gone that is silent twice: at the first time Redis may have stood still."""
        webs = {web for web, _ in self._rooms.sockets.values()}
        silent = webs - await self._bus.leases.living_webs(webs)
        for web in silent & self._silent_webs:
            self._post(WebGone(web))
        self._silent_webs = frozenset(silent)

    def _bus_failed(self, error: Exception) -> None:
        if not self._bus_away:
            log.warning("bus: %s; trying again until it answers", error)
        self._bus_away = True

    def _bus_answered(self) -> None:
        if self._bus_away:
            log.warning("bus: it answers again")
        self._bus_away = False

    async def _work(self) -> None:
        while True:
            node_event = await self._inbox.get()
            try:
                self._rooms.handle(node_event)
            except Exception as error:
                self._bus.faults.note(type(node_event).__name__, error)
                if isinstance(node_event, Opened | SocketMessage | Closed):
                    self._post(ConnectionFaulted(node_event.connection))

    def _limited(self, peer: PeerId, limited: bool, kbps: int) -> None:
        self._post(PeerStateChanged(peer, "limited" if limited else "free", kbps))

    def _post(self, node_event: NodeEvent) -> None:
        try:
            self._inbox.put_nowait(node_event)
        except asyncio.QueueFull:
            log.error("inbox full: %s lost", type(node_event).__name__)

    async def _farewell(self) -> None:
        self._rooms.wait_no_more()
        try:
            async with asyncio.timeout(2):
                await self._outbox.empty()
                for connection, (web, _) in self._rooms.sockets.items():
                    await self._bus.to_web(web, HangUp(connection, CloseCode.NO_MEDIA))
                for id in self._rooms.ids:  # who is present stays known to whoever takes the room
                    await self._bus.leases.release(self._node, id)
                await self._bus.leases.retire(self._node)
        except (BusError, TimeoutError, SignalingError) as error:
            log.warning("bus: %s", error)
