"""A room: who is in the call and what each message does. Pure: `step(room, ...) -> (room, effects)`; the hub
carries effects out.

Identity comes from the ticket, never from a message; a message counts only from the socket that now stands for its
person.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from signaling.errors import CloseCode, Refusal, RefusalCode
from signaling.ids import ConnectionId, ParticipantId, PeerId, RoomId
from signaling.protocol import (
    MAX_PEOPLE,
    PING_EVERY_S,
    SILENCE_S,
    SLOTS,
    VERSION,
    ClientMessage,
    Leave,
    Offer,
    Person,
    Roster,
    Sending,
    ServerMessage,
    Unheard,
    Unseen,
    Welcome,
    refused,
)
from signaling.room import topology
from signaling.tickets import Right

OFFERING = frozenset(Right)
"""Any right suffices to open a media connection; each line of it is checked on its own."""


@dataclass(frozen=True, slots=True)
class RoomMember:
    """One person. `connection` None: away, may return. `peer` None: no media connection yet."""

    participant: ParticipantId
    part: str
    rights: frozenset[Right]
    connection: ConnectionId | None
    peer: PeerId | None = None
    audio: bool = False
    video: bool = False
    connected: bool = False
    unheard: Unheard | None = None
    unseen: Unseen | None = None
    slots: topology.Slots = topology.NO_SLOTS


@dataclass(frozen=True, slots=True)
class Room:
    """Members in order of arrival."""

    id: RoomId
    visit: str
    members: tuple[RoomMember, ...] = ()

    def by_connection(self, connection: ConnectionId) -> RoomMember | None:
        """The member whose current socket this is."""
        return next((m for m in self.members if m.connection == connection), None)

    def member(self, participant: ParticipantId) -> RoomMember | None:
        """The member with this id."""
        return next((m for m in self.members if m.participant == participant), None)


class RoomEventKind(StrEnum):
    """What the web process records of a room."""

    JOINED = "joined"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Send:
    """Put a message into the outbox of a socket."""

    connection: ConnectionId
    message: ServerMessage


@dataclass(frozen=True, slots=True)
class CloseConnection:
    """Say goodbye on a socket and close it."""

    connection: ConnectionId
    code: CloseCode


@dataclass(frozen=True, slots=True)
class Negotiate:
    """Answer this offer; the member's rights and slots are in the room."""

    participant: ParticipantId
    connection: ConnectionId
    offer: Offer


@dataclass(frozen=True, slots=True)
class DropPeer:
    """Close a media connection."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class AwaitReturn:
    """Call `forget` for this person after RETURN_WITHIN_S."""

    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class NotifyServer:
    """Tell the server that somebody joined or left."""

    participant: ParticipantId
    part: str
    what: RoomEventKind


RoomEffect = Send | CloseConnection | Negotiate | DropPeer | AwaitReturn | NotifyServer
Step = tuple[Room, tuple[RoomEffect, ...]]


def join(room: Room, newcomer: RoomMember, resume: PeerId | None) -> Step:
    """Enter, or take over from the person's earlier socket, which is told so.

    `resume` keeps a media connection that still lives.
    """
    assert newcomer.connection is not None
    old = room.member(newcomer.participant)
    if old is None and len(room.members) >= MAX_PEOPLE:
        return room, (CloseConnection(newcomer.connection, CloseCode.ROOM_FULL),)
    effects: list[RoomEffect] = []
    resumed = old is not None and old.peer is not None and old.peer == resume
    if old is None:
        member = newcomer
        members = (*room.members, newcomer)
        effects.append(NotifyServer(newcomer.participant, newcomer.part, RoomEventKind.JOINED))
    else:
        member = replace(newcomer, slots=old.slots)
        if old.connection is not None:
            effects.append(CloseConnection(old.connection, CloseCode.REPLACED))
        if resumed:
            member = replace(old, connection=newcomer.connection, part=newcomer.part, rights=newcomer.rights)
        elif old.peer is not None:
            effects.append(DropPeer(old.peer))
        members = tuple(member if m is old else m for m in room.members)
    room = _rewired(replace(room, members=members))
    effects.append(Send(newcomer.connection, _welcome(member, resumed)))
    effects.extend(_rosters(room))
    return room, tuple(effects)


def taken(room: Room, people: Iterable[tuple[ParticipantId, str]]) -> Step:
    """Take over an empty room from a media process that died: its people, with their parts, may come back to it."""
    members = tuple(RoomMember(who, part, frozenset(), None) for who, part in people)
    return replace(room, members=members), tuple(AwaitReturn(member.participant) for member in members)


def receive(room: Room, connection: ConnectionId, message: ClientMessage) -> Step:
    """One message from a socket. From a socket that stands for nobody here it does nothing but hang up."""
    member = room.by_connection(connection)
    if member is None:
        return room, (CloseConnection(connection, CloseCode.REPLACED),)
    match message:
        case Offer():
            if not member.rights & OFFERING:
                return room, (_refuse(connection, message.id),)
            return room, (Negotiate(member.participant, connection, message),)
        case Sending():
            audio, video = message.audio, message.video  # who may not be heard or seen is not missed either
            needed = {Right.PUBLISH_AUDIO: audio or message.unheard, Right.PUBLISH_VIDEO: video or message.unseen}
            if any(wanted and right not in member.rights for right, wanted in needed.items()):
                return room, (_refuse(connection, message.id),)
            unheard, unseen = None if audio else message.unheard, None if video else message.unseen
            room = _with(room, replace(member, audio=audio, video=video, unheard=unheard, unseen=unseen))
            return room, tuple(_rosters(room))
        case Leave():
            gone, effects = _remove(room, member)
            return gone, (CloseConnection(connection, CloseCode.LEFT), *effects)
        case _:  # hello and ping are answered by the web process and never come here
            return room, ()


def closed(room: Room, connection: ConnectionId) -> Step:
    """A socket is gone without `leave`: its person is away and may come back within RETURN_WITHIN_S."""
    member = room.by_connection(connection)
    if member is None:
        return room, ()
    room = _with(room, replace(member, connection=None))
    return room, (AwaitReturn(member.participant), *_rosters(room))


def forget(room: Room, participant: ParticipantId) -> Step:
    """The time to come back is over: an away person is removed; one who came back is not touched."""
    member = room.member(participant)
    if member is None or member.connection is not None:
        return room, ()
    return _remove(room, member)


def negotiated(room: Room, participant: ParticipantId, peer: PeerId) -> Step:
    """A media connection was made for this person; an earlier one is dropped."""
    member = room.member(participant)
    if member is None:
        return room, (DropPeer(peer),)
    stale = (DropPeer(member.peer),) if member.peer not in (None, peer) and member.peer else ()
    connected = member.connected and member.peer == peer
    return _with(room, replace(member, peer=peer, connected=connected)), stale


def peer_lost(room: Room, peer: PeerId) -> Step:
    """A media connection failed; its person stays and may offer a new one."""
    return _connected(room, peer, False)


def peer_connected(room: Room, peer: PeerId) -> Step:
    """A media connection stands: the others may show this person."""
    return _connected(room, peer, True)


def end(room: Room) -> Step:
    """The visit is over: everybody is told and has left, every peer is closed."""
    left = tuple(NotifyServer(member.participant, member.part, RoomEventKind.LEFT) for member in room.members)
    return replace(room, members=()), (*_closing(room, CloseCode.ENDED), *left)


def hand_over(room: Room) -> Step:
    """Another media process has the room: everybody is on the way there, so nobody has left."""
    return replace(room, members=()), tuple(_closing(room, CloseCode.NO_MEDIA))


def _closing(room: Room, code: CloseCode) -> Iterator[RoomEffect]:
    for member in room.members:
        if member.connection is not None:
            yield CloseConnection(member.connection, code)
        if member.peer is not None:
            yield DropPeer(member.peer)


def _connected(room: Room, peer: PeerId, connected: bool) -> Step:
    member = next((m for m in room.members if m.peer == peer), None)
    if member is None:
        return room, ()
    room = _with(room, replace(member, peer=peer if connected else None, connected=connected))
    return room, tuple(_rosters(room))


def _remove(room: Room, member: RoomMember) -> Step:
    room = _rewired(replace(room, members=tuple(m for m in room.members if m is not member)))
    drop = () if member.peer is None else (DropPeer(member.peer),)
    note = NotifyServer(member.participant, member.part, RoomEventKind.LEFT)
    return room, (*drop, note, *_rosters(room))


def _rewired(room: Room) -> Room:
    """Slots brought up to date: everybody who may receive gets everybody else (the echo of a device check:
    oneself).
    """
    ids = [m.participant for m in room.members]
    members = []
    for member in room.members:
        others = [p for p in ids if p != member.participant] if Right.SUBSCRIBE in member.rights else []
        wanted = [*others, member.participant] if Right.ECHO in member.rights else others
        members.append(replace(member, slots=topology.assign(member.slots, wanted)))
    return replace(room, members=tuple(members))


def _rosters(room: Room) -> Iterator[Send]:
    for member in room.members:
        if member.connection is not None:
            yield Send(member.connection, Roster(tuple(_person(other, member.slots) for other in room.members)))


def _person(member: RoomMember, slots: topology.Slots) -> Person:
    slot = slots.index(member.participant) if member.participant in slots else None
    sends, lacks = (member.audio, member.video), (member.unheard, member.unseen)
    return Person(member.participant, member.part, *sends, member.connection is None, member.connected, slot, *lacks)


def _welcome(member: RoomMember, resumed: bool) -> Welcome:
    return Welcome(VERSION, member.participant, member.part, member.rights, SLOTS, PING_EVERY_S, SILENCE_S, resumed)


def _with(room: Room, member: RoomMember) -> Room:
    members = tuple(member if m.participant == member.participant else m for m in room.members)
    return replace(room, members=members)


def _refuse(connection: ConnectionId, id: int) -> Send:
    return Send(connection, refused(Refusal(RefusalCode.NOT_PERMITTED), id))
