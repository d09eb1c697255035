"""The rooms of one media process: takes envelopes and peer news in turn, lets `room` decide, carries the effects out.

One task alone changes rooms. What goes out waits in a bounded queue for the writer, so that a slow Redis never
stops the relay. Whatever fails while one person is served ends at most that person's socket, which may come back: no
task here ends by it, and nobody else's call.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import count

from signaling import faults, protocol
from signaling.bus.bus import Bus, BusError
from signaling.bus.envelopes import Closed, EndRoom, HangUp, NodeState, Opened, Presence, RoomEvent, Said, Tell
from signaling.errors import BadOffer, CloseCode, Closing, Refusal, RefusalCode, SignalingError
from signaling.ids import ConnectionId, NodeId, ParticipantId, PeerId, RoomId, WebId
from signaling.node.events import FAILURES, Broken, Moved, News, PeerNews, Taken, TimeIsUp, WebGone
from signaling.node.heart import Heart
from signaling.node.outbox import Outbox
from signaling.protocol import RETURN_WITHIN_S, Answer, Media, Network, Refused, ServerMessage
from signaling.room import room
from signaling.room.room import Member, Room
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
        self._clock = clock
        self._relay: Relay | None = None
        self._rooms: dict[RoomId, Room] = {}
        self._seen: set[RoomId] = set()  # rooms that were here before: nothing of them is taken over
        self._sockets: dict[ConnectionId, tuple[WebId, RoomId]] = {}
        self._peer_rooms: dict[PeerId, RoomId] = {}
        self._timers: dict[tuple[RoomId, ParticipantId], asyncio.TimerHandle] = {}
        self._inbox: asyncio.Queue[News] = asyncio.Queue(QUEUE)
        self._outbox = Outbox()
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
                self._relay = Relay(self._port, tasks, lambda peer, state: self._post(PeerNews(peer, state)))
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
                faults.note("reading", error)
                await asyncio.sleep(0.5)

    async def _take_over(self, first: Opened) -> None:
        """Whoever was in the room of a media process that died is away: joined once, and leaves when not back."""
        self._seen.add(first.room)
        people = await self._bus.presence(first.room)
        if people:
            await self._inbox.put(Taken(first.room, first.visit, people))

    def _state(self) -> NodeState:
        return NodeState(self._node, len(self._rooms), self.relay.peers, faults.total())

    async def _tend(self) -> None:
        """Renew claims, ask after the web processes, say who is present; at once when the lease had ended."""
        for turn in count():
            try:
                for moved in await self._bus.leases.keep(self._node, list(self._rooms)):
                    self._post(Moved(moved))
                if turn % WEB_CHECK_ROUNDS == 0:
                    await self._ask_after_webs()
                if turn % PRESENCE_ROUNDS == 0:
                    for present in list(self._rooms.values()):
                        await self._bus.set_presence(present.id, _presence(present))
                self._bus_answered()
            except BusError as error:
                self._bus_failed(error)
            except Exception as error:
                faults.note("tending", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(TEND_S):
                    await self._lapsed.wait()
            self._lapsed.clear()

    async def _ask_after_webs(self) -> None:
        """A web process is gone that is silent twice: at the first time Redis may have stood still."""
        webs = {web for web, _ in self._sockets.values()}
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
            news = await self._inbox.get()
            try:
                self._handle(news)
            except Exception as error:
                faults.note(type(news).__name__, error)
                if isinstance(news, Opened | Said | Closed):
                    self._post(Broken(news.connection))

    # One piece of news

    def _handle(self, news: News) -> None:
        match news:
            case Opened():
                self._opened(news)
            case Said():
                self._said(news)
            case Closed():
                self._closed(news.connection)
            case EndRoom():
                self._apply(news.room, room.end)
            case Taken():
                self._taken(news)
            case Moved():
                self._hand_over(news.room)
            case WebGone():
                for connection in [c for c, (web, _) in self._sockets.items() if web == news.web]:
                    self._lost(connection)
            case TimeIsUp():
                self._timers.pop((news.room, news.participant), None)
                self._apply(news.room, lambda r: room.forget(r, news.participant))
            case PeerNews():
                self._peer_news(news)
            case Broken():
                self._put_out(news.connection, CloseCode.FAILED)
            case _:
                pass

    def _opened(self, news: Opened) -> None:
        timer = self._timers.pop((news.room, news.participant), None)
        if timer is not None:
            timer.cancel()
        self._sockets[news.connection] = (news.web, news.room)
        self._rooms.setdefault(news.room, Room(news.room, news.visit))
        member = Member(news.participant, news.part, news.rights, news.connection)
        self._apply(news.room, lambda r: room.join(r, member, news.resume))

    def _taken(self, news: Taken) -> None:
        if news.room in self._rooms:
            return
        self._rooms[news.room] = Room(news.room, news.visit)
        people = [(ParticipantId(one.participant), one.part) for one in news.people]
        self._apply(news.room, lambda r: room.taken(r, people))

    def _said(self, news: Said) -> None:
        found = self._sockets.get(news.connection)
        if found is None:
            return
        try:
            message = protocol.parse(news.text)
        except Closing as error:
            self._put_out(news.connection, error.close)
        except Refusal as refusal:
            self._send(news.connection, protocol.refused(refusal, protocol.request_id(news.text)))
        else:
            self._apply(found[1], lambda r: room.receive(r, news.connection, message))

    def _closed(self, connection: ConnectionId) -> None:
        found = self._sockets.pop(connection, None)
        if found is not None:
            self._apply(found[1], lambda r: room.closed(r, connection))

    def _lost(self, connection: ConnectionId) -> None:
        """A socket of a dead web process; should it live after all, its page is told to come back."""
        web, _ = self._sockets[connection]
        self._outbox.put(lambda: self._bus.to_web(web, HangUp(connection, CloseCode.NO_MEDIA)))
        self._closed(connection)

    def _put_out(self, connection: ConnectionId, code: CloseCode) -> None:
        """Close a socket that did not ask for it; its person is away and may come back."""
        found = self._sockets.get(connection)
        if found is not None:
            self._hang_up(connection, code)
            self._apply(found[1], lambda r: room.closed(r, connection))

    def _hand_over(self, id: RoomId) -> None:
        """Let go of a room that another media process has: what is known of it is that one's to say."""
        now = self._rooms.pop(id, None)
        if now is not None:
            after, effects = room.hand_over(now)
            for effect in effects:
                self._carry_out(after, effect)

    def _peer_news(self, news: PeerNews) -> None:
        id = self._peer_rooms.get(news.peer)
        if id is None or id not in self._rooms:
            self._peer_rooms.pop(news.peer, None)
            return
        member = next((m for m in self._rooms[id].members if m.peer == news.peer), None)
        connection = None if member is None else member.connection
        if news.state == "changed":
            self._wire(self._rooms[id])
        elif news.state in ("limited", "free"):
            if connection is not None:
                self._send(connection, Network(news.state == "limited", news.kbps))
        elif news.state == "connected":
            self._apply(id, lambda r: room.peer_connected(r, news.peer))
            if connection is not None:
                self._send(connection, Media(news.peer, "connected"))
        else:
            del self._peer_rooms[news.peer]
            self._apply(id, lambda r: room.peer_lost(r, news.peer))
            if connection is not None:
                message = FAILURES.get(news.state, FAILURES["error"])
                self._send(connection, Media(news.peer, "failed", news.state, message))

    # Effects

    def _apply(self, id: RoomId, step: Callable[[Room], room.Step]) -> None:
        if id not in self._rooms:
            return
        before = self._rooms[id]
        after, effects = step(before)
        self._rooms[id] = after
        for effect in effects:
            try:
                self._carry_out(after, effect)
            except Exception as error:
                faults.note(type(effect).__name__, error)
                if isinstance(effect, room.Send | room.Negotiate):
                    self._post(Broken(effect.connection))
        after = self._rooms[id]
        if after is not before:
            self._wire(after)
            people = _presence(after)
            self._outbox.put(lambda: self._bus.set_presence(id, people))  # nobody, too: before somebody else has it
        if not after.members:
            del self._rooms[id]
            self._outbox.put(lambda: self._bus.release(self._node, id))

    def _carry_out(self, now: Room, effect: room.Effect) -> None:
        match effect:
            case room.Send():
                self._send(effect.connection, effect.message)
            case room.Hangup():
                self._hang_up(effect.connection, effect.code)
            case room.Negotiate():
                self._negotiate(now, effect)
            case room.DropPeer():
                self._peer_rooms.pop(effect.peer, None)
                self.relay.drop(effect.peer)
            case room.AwaitReturn():
                news = TimeIsUp(now.id, effect.participant)
                loop = asyncio.get_running_loop()
                timer = loop.call_later(RETURN_WITHIN_S, self._post, news)
                self._timers[(now.id, effect.participant)] = timer
            case room.Note():
                at = self._clock().isoformat()
                event = RoomEvent(now.id, now.visit, effect.participant, effect.part, effect.what.value, at)
                self._outbox.put(lambda: self._bus.record(event))

    def _negotiate(self, now: Room, effect: room.Negotiate) -> None:
        member = now.member(effect.participant)
        if member is None:
            return
        try:
            peer, sdp = self.relay.negotiate(effect.offer.sdp, member.rights, member.peer)
        except BadOffer as error:
            refused = protocol.refused(Refusal(RefusalCode.BAD_OFFER), effect.offer.id)
            self._send(effect.connection, Refused(refused.id, refused.code, f"{refused.message} ({error})"))
            return
        self._peer_rooms[peer] = now.id
        self._rooms[now.id], effects = room.negotiated(now, effect.participant, peer)
        for further in effects:
            self._carry_out(self._rooms[now.id], further)
        self._send(effect.connection, Answer(effect.offer.id, peer, sdp))

    def _wire(self, now: Room) -> None:
        peer_of = {member.participant: member.peer for member in now.members}
        wiring = {m.peer: tuple(peer_of.get(p) if p else None for p in m.slots) for m in now.members if m.peer}
        try:
            self.relay.wire(wiring)
        except Exception as error:
            faults.note("wiring", error)

    def _limited(self, peer: PeerId, limited: bool, kbps: int) -> None:
        self._post(PeerNews(peer, "limited" if limited else "free", kbps))

    def _send(self, connection: ConnectionId, message: ServerMessage) -> None:
        found = self._sockets.get(connection)
        if found is not None:
            text = protocol.serialize(message)
            tell = Tell(connection, text)
            self._outbox.put(lambda: self._bus.to_web(found[0], tell), lambda: self._post(Broken(connection)))

    def _hang_up(self, connection: ConnectionId, code: CloseCode) -> None:
        found = self._sockets.pop(connection, None)
        if found is not None:
            self._outbox.put(lambda: self._bus.to_web(found[0], HangUp(connection, code)))

    def _post(self, news: News) -> None:
        try:
            self._inbox.put_nowait(news)
        except asyncio.QueueFull:
            log.error("inbox full: %s lost", type(news).__name__)

    async def _farewell(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        try:
            async with asyncio.timeout(2):
                await self._outbox.empty()
                for connection, (web, _) in self._sockets.items():
                    await self._bus.to_web(web, HangUp(connection, CloseCode.NO_MEDIA))
                for id in self._rooms:  # who is present stays known to whoever takes the room
                    await self._bus.leases.release(self._node, id)
                await self._bus.leases.retire(self._node)
        except (BusError, TimeoutError, SignalingError) as error:
            log.warning("bus: %s", error)


def _presence(now: Room) -> tuple[Presence, ...]:
    return tuple(Presence(m.participant, m.part, m.audio, m.video, m.connection is None) for m in now.members)
