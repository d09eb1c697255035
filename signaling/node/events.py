"""What the hub of a media process hears of besides envelopes, and why a media connection ended, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from signaling.bus.envelopes import Envelope, Presence
from signaling.ids import ConnectionId, ParticipantId, PeerId, RoomId, WebId

FAILURES: Mapping[str, str] = {
    "fingerprint": "The key of this connection is not the one that was announced; it was closed.",
    "no_path": "No way was found from this browser to the media server.",
    "dtls": "The encrypted connection could not be made.",
    "silent": "Nothing was heard from this browser for too long.",
    "error": "The media server closed this connection.",
    "closed": "The browser closed its connection.",
}
"""By the reason that `peer.Peer.run` returns."""


@dataclass(frozen=True, slots=True)
class PeerStateChanged:
    """What the relay tells of a peer: see `relay.Relay`; 'limited' and 'free' of its line."""

    peer: PeerId
    state: str
    kbps: int = 0


@dataclass(frozen=True, slots=True)
class ReturnTimedOut:
    """An away person did not come back."""

    room: RoomId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class WebGone:
    """A web process died: so did its sockets."""

    web: WebId


@dataclass(frozen=True, slots=True)
class ConnectionFaulted:
    """Something unforeseen happened in what this socket was to be told."""

    connection: ConnectionId


@dataclass(frozen=True, slots=True)
class RoomTakenOver:
    """A room that this media process takes over, and who was in it with the one before: they may come back."""

    room: RoomId
    visit: str
    people: tuple[Presence, ...]


@dataclass(frozen=True, slots=True)
class RoomMoved:
    """Another media process has taken this room."""

    room: RoomId


NodeEvent = Envelope | PeerStateChanged | ReturnTimedOut | WebGone | ConnectionFaulted | RoomTakenOver | RoomMoved
