"""What web and media processes say to each other on Redis streams. Pure: dataclasses and their text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeVar

from signaling import wire
from signaling.ids import ConnectionId, NodeId, ParticipantId, PeerId, RoomId, WebId
from signaling.tickets import Right

# From a web process to the media process that holds the room


@dataclass(frozen=True, slots=True)
class Opened:
    """A socket with a good ticket wants to enter."""

    kind: ClassVar[str] = "opened"
    web: WebId
    connection: ConnectionId
    room: RoomId
    visit: str
    participant: ParticipantId
    part: str
    rights: frozenset[Right]
    resume: PeerId | None


@dataclass(frozen=True, slots=True)
class SocketMessage:
    """A socket's message, as text that the web process could parse."""

    kind: ClassVar[str] = "said"
    connection: ConnectionId
    text: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A socket is gone."""

    kind: ClassVar[str] = "closed"
    connection: ConnectionId


@dataclass(frozen=True, slots=True)
class EndRoom:
    """The visit ended."""

    kind: ClassVar[str] = "end_room"
    room: RoomId


# From a media process to a web process


@dataclass(frozen=True, slots=True)
class Tell:
    """Send this text on a socket."""

    kind: ClassVar[str] = "tell"
    connection: ConnectionId
    text: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Say goodbye on a socket and close it with `code`."""

    kind: ClassVar[str] = "hang_up"
    connection: ConnectionId
    code: int


Envelope = Opened | SocketMessage | Closed | EndRoom | Tell | HangUp
KINDS: Mapping[str, type[Envelope]] = {
    kind.kind: kind for kind in (Opened, SocketMessage, Closed, EndRoom, Tell, HangUp)
}


# Kept in Redis for others to read


@dataclass(frozen=True, slots=True)
class NodeState:
    """A media process that is alive, and how busy it is. `faults`: see `signaling.faults`."""

    node: NodeId
    rooms: int
    peers: int
    faults: int = 0


@dataclass(frozen=True, slots=True)
class Presence:
    """One person in a room now. `away`: their socket is gone, they may come back within seconds."""

    participant: ParticipantId
    part: str
    audio: bool
    video: bool
    away: bool


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """Somebody joined or left (`what`), or the media process that held the room is gone. `at` is ISO 8601, UTC."""

    room: RoomId
    visit: str
    participant: ParticipantId
    part: str
    what: str
    at: str

    @property
    def happened_at(self) -> datetime:
        """`at` as an aware time."""
        return datetime.fromisoformat(self.at)


T = TypeVar("T")


def pack(envelope: Envelope) -> dict[str, str]:
    """The fields of a stream entry."""
    return {"kind": envelope.kind, "body": wire.dumps(envelope)}


def unpack(fields: dict[str, str]) -> Envelope:
    """The envelope in a stream entry. Raises ValueError for one that this version does not know."""
    try:
        return wire.decode(KINDS[fields["kind"]], fields["body"])
    except KeyError as error:
        raise ValueError("unknown envelope") from error
