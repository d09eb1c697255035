"""The rooms of one media process: what a piece of news does to one, as `room` decides, and its effects carried out.

Whatever fails while one person is served ends at most that person's socket, which may come back.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from signaling import protocol
from signaling.bus.bus import Bus
from signaling.bus.envelopes import Closed, EndRoom, HangUp, Opened, Presence, RoomEvent, SocketMessage, Tell
from signaling.errors import BadOffer, CloseCode, Closing, Refusal, RefusalCode
from signaling.ids import ConnectionId, NodeId, ParticipantId, PeerId, RoomId, WebId
from signaling.node.events import (
    FAILURES,
    ConnectionFaulted,
    NodeEvent,
    PeerStateChanged,
    ReturnTimedOut,
    RoomMoved,
    RoomTakenOver,
    WebGone,
)
from signaling.node.outbox import Outbox
from signaling.protocol import RETURN_WITHIN_S, Answer, Media, Network, Refused, ServerMessage
from signaling.room import room
from signaling.room.room import Room, RoomMember
from signaling.sfu.relay import Relay


class Rooms:
    """Changed by one task alone, which calls `handle`. `post`: a piece of news for that task."""

    def __init__(
        self,
        node: NodeId,
        bus: Bus,
        outbox: Outbox,
        relay: Callable[[], Relay],
        post: Callable[[NodeEvent], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._node = node
        self._bus = bus
        self._outbox = outbox
        self._relay = relay
        self._post = post
        self._clock = clock
        self._rooms: dict[RoomId, Room] = {}
        self._sockets: dict[ConnectionId, tuple[WebId, RoomId]] = {}
        self._peer_rooms: dict[PeerId, RoomId] = {}
        self._timers: dict[tuple[RoomId, ParticipantId], asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    @property
    def ids(self) -> list[RoomId]:
        """The rooms with somebody in them."""
        return list(self._rooms)

    @property
    def sockets(self) -> Mapping[ConnectionId, tuple[WebId, RoomId]]:
        """By socket: which web process holds it, and its room."""
        return self._sockets

    def present(self) -> list[tuple[RoomId, tuple[Presence, ...]]]:
        """Who is in each room now."""
        return [(one.id, _presence(one)) for one in self._rooms.values()]

    def wait_no_more(self) -> None:
        """For the end: nobody who is away is waited for."""
        for timer in self._timers.values():
            timer.cancel()

    # One event

    def handle(self, node_event: NodeEvent) -> None:
        """Act on one event."""
        match node_event:
            case Opened():
                self._opened(node_event)
            case SocketMessage():
                self._said(node_event)
            case Closed():
                self._closed(node_event.connection)
            case EndRoom():
                self._apply(node_event.room, room.end)
            case RoomTakenOver():
                self._room_taken_over(node_event)
            case RoomMoved():
                self._hand_over(node_event.room)
            case WebGone():
                for connection in [c for c, (web, _) in self._sockets.items() if web == node_event.web]:
                    self._lost(connection)
            case ReturnTimedOut():
                self._timers.pop((node_event.room, node_event.participant), None)
                self._apply(node_event.room, lambda r: room.forget(r, node_event.participant))
            case PeerStateChanged():
                self._peer_news(node_event)
            case ConnectionFaulted():
                self._put_out(node_event.connection, CloseCode.FAILED)
            case _:
                pass

    def _opened(self, node_event: Opened) -> None:
        timer = self._timers.pop((node_event.room, node_event.participant), None)
        if timer is not None:
            timer.cancel()
        self._sockets[node_event.connection] = (node_event.web, node_event.room)
        self._rooms.setdefault(node_event.room, Room(node_event.room, node_event.visit))
        member = RoomMember(node_event.participant, node_event.part, node_event.rights, node_event.connection)
        self._apply(node_event.room, lambda r: room.join(r, member, node_event.resume))

    def _room_taken_over(self, node_event: RoomTakenOver) -> None:
        if node_event.room in self._rooms:
            return
        self._rooms[node_event.room] = Room(node_event.room, node_event.visit)
        people = [(ParticipantId(one.participant), one.part) for one in node_event.people]
        self._apply(node_event.room, lambda r: room.taken(r, people))

    def _said(self, node_event: SocketMessage) -> None:
        found = self._sockets.get(node_event.connection)
        if found is None:
            return
        try:
            message = protocol.parse(node_event.text)
        except Closing as error:
            self._put_out(node_event.connection, error.close)
        except Refusal as refusal:
            self._send(node_event.connection, protocol.refused(refusal, protocol.request_id(node_event.text)))
        else:
            self._apply(found[1], lambda r: room.receive(r, node_event.connection, message))

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

    def _peer_news(self, node_event: PeerStateChanged) -> None:
        id = self._peer_rooms.get(node_event.peer)
        if id is None or id not in self._rooms:
            self._peer_rooms.pop(node_event.peer, None)
            return
        member = next((m for m in self._rooms[id].members if m.peer == node_event.peer), None)
        connection = None if member is None else member.connection
        if node_event.state == "changed":
            self._wire(self._rooms[id])
        elif node_event.state in ("limited", "free"):
            if connection is not None:
                self._send(connection, Network(node_event.state == "limited", node_event.kbps))
        elif node_event.state == "connected":
            self._apply(id, lambda r: room.peer_connected(r, node_event.peer))
            if connection is not None:
                self._send(connection, Media(node_event.peer, "connected"))
        else:
            del self._peer_rooms[node_event.peer]
            self._apply(id, lambda r: room.peer_lost(r, node_event.peer))
            if connection is not None:
                message = FAILURES.get(node_event.state, FAILURES["error"])
                self._send(connection, Media(node_event.peer, "failed", node_event.state, message))

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
                self._bus.faults.note(type(effect).__name__, error)
                if isinstance(effect, room.Send | room.Negotiate):
                    self._post(ConnectionFaulted(effect.connection))
        after = self._rooms[id]
        if after is not before:
            self._wire(after)
            people = _presence(after)
            self._outbox.put(lambda: self._bus.set_presence(id, people))  # nobody, too: before somebody else has it
        if not after.members:
            del self._rooms[id]
            self._outbox.put(lambda: self._bus.release(self._node, id))

    def _carry_out(self, now: Room, effect: room.RoomEffect) -> None:
        match effect:
            case room.Send():
                self._send(effect.connection, effect.message)
            case room.CloseConnection():
                self._hang_up(effect.connection, effect.code)
            case room.Negotiate():
                self._negotiate(now, effect)
            case room.DropPeer():
                self._peer_rooms.pop(effect.peer, None)
                self._relay().drop(effect.peer)
            case room.AwaitReturn():
                node_event = ReturnTimedOut(now.id, effect.participant)
                loop = asyncio.get_running_loop()
                timer = loop.call_later(RETURN_WITHIN_S, self._post, node_event)
                self._timers[(now.id, effect.participant)] = timer
            case room.NotifyServer():
                at = self._clock().isoformat()
                event = RoomEvent(now.id, now.visit, effect.participant, effect.part, effect.what.value, at)
                self._outbox.put(lambda: self._bus.record(event))

    def _negotiate(self, now: Room, effect: room.Negotiate) -> None:
        member = now.member(effect.participant)
        if member is None:
            return
        try:
            peer, sdp = self._relay().negotiate(effect.offer.sdp, member.rights, member.peer)
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
            self._relay().wire(wiring)
        except Exception as error:
            self._bus.faults.note("wiring", error)

    def _send(self, connection: ConnectionId, message: ServerMessage) -> None:
        found = self._sockets.get(connection)
        if found is not None:
            text = protocol.serialize(message)
            tell = Tell(connection, text)
            self._outbox.put(
                lambda: self._bus.to_web(found[0], tell), lambda: self._post(ConnectionFaulted(connection))
            )

    def _hang_up(self, connection: ConnectionId, code: CloseCode) -> None:
        found = self._sockets.pop(connection, None)
        if found is not None:
            self._outbox.put(lambda: self._bus.to_web(found[0], HangUp(connection, code)))


def _presence(now: Room) -> tuple[Presence, ...]:
    return tuple(Presence(m.participant, m.part, m.audio, m.video, m.connection is None) for m in now.members)
