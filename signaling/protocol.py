"""Every message between a page and the server, one frozen dataclass each. Mirrors docs/protocol.md; a test compares
the two.

The channel carries ids, session descriptions and states; never a name, a medicine or any other patient data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeVar

from signaling import wire
from signaling.errors import (
    CLOSE_SENTENCES,
    REFUSAL_SENTENCES,
    CloseCode,
    Closing,
    Refusal,
    RefusalCode,
)
from signaling.ids import ParticipantId, PeerId, RoomId
from signaling.tickets import Right

VERSION = 1

MAX_MESSAGE_BYTES = 65_536
"""An offer of eight media lines with every codec of Chromium is about 25 kB."""
MESSAGES_PER_SECOND = 10
MESSAGES_BURST = 40
HELLO_WITHIN_S = 5
PING_EVERY_S = 5
SILENCE_S = 12
"""Two pings and a little: a socket this silent is closed."""
RETURN_WITHIN_S = 6
"""How long a place is kept for a person whose socket closed without `leave` (a reload takes one to two seconds)."""
MAX_PEOPLE = 4
SLOTS = MAX_PEOPLE - 1


class Unheard(StrEnum):
    """Why a page sends no sound, as far as it knows. Without the field: not known (an older page, or it asks still)."""

    MUTED = "muted"  # by the person
    LOST = "lost"  # the microphone ended, or something outside the page keeps it silent
    NONE = "none"  # none could be opened


class Unseen(StrEnum):
    """Why a page sends no picture, as far as it knows. Without the field: as `Unheard`, or a visit of sound only."""

    OFF = "off"  # by the person
    LOST = "lost"  # the camera ended, or something outside the page keeps it dark
    NONE = "none"  # none could be opened


# From the page


@dataclass(frozen=True, slots=True)
class Hello:
    """First message, within HELLO_WITHIN_S.

    `resume`: the peer of an earlier socket whose media connection still lives.
    """

    type: ClassVar[str] = "hello"
    version: int
    ticket: str
    room: RoomId
    resume: PeerId | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An SDP offer with 2 sending and 2 x SLOTS receiving media lines. Answered by `answer` or `refused`."""

    type: ClassVar[str] = "offer"
    id: int
    sdp: str


@dataclass(frozen=True, slots=True)
class Sending:
    """What this page sends now: told to the others as the state of microphone and camera.

    `unheard`: why there is no sound; beside `audio` it says nothing. `unseen`: likewise of `video`.
    """

    type: ClassVar[str] = "sending"
    id: int
    audio: bool
    video: bool
    unheard: Unheard | None = None
    unseen: Unseen | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """Leaves at once; the server closes with LEFT."""

    type: ClassVar[str] = "leave"
    id: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Every PING_EVERY_S; answered by `pong` with the same id."""

    type: ClassVar[str] = "ping"
    id: int


ClientMessage = Hello | Offer | Sending | Leave | Ping
CLIENT_MESSAGES: tuple[type[ClientMessage], ...] = (Hello, Offer, Sending, Leave, Ping)


# From the server


@dataclass(frozen=True, slots=True)
class Welcome:
    """You are in. `slots`: how many pairs of receiving media lines to offer."""

    type: ClassVar[str] = "welcome"
    version: int
    participant: ParticipantId
    part: str
    rights: frozenset[Right]
    slots: int
    ping_every_s: int
    silence_s: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class Person:
    """One person in the call. `slot`: in which of *your* slots their media arrive (None: in none).

    `away`: their socket is gone, they may come back. `connected`: their media connection stands. `unheard`: why they
    send no sound, None when they do or it is not known. `unseen`: likewise, no picture.
    """

    participant: ParticipantId
    part: str
    audio: bool
    video: bool
    away: bool
    connected: bool
    slot: int | None
    unheard: Unheard | None = None
    unseen: Unseen | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody in the call, yourself included, in order of arrival; sent whole after every change."""

    type: ClassVar[str] = "roster"
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The SDP answer to offer `id`; `peer` names the media connection for a later `resume`."""

    type: ClassVar[str] = "answer"
    id: int
    peer: PeerId
    sdp: str


@dataclass(frozen=True, slots=True)
class Media:
    """The server's view of your media connection: `connected`, or `failed` (build a new one with a new offer)."""

    type: ClassVar[str] = "media"
    peer: PeerId
    state: str
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """The line towards you: `limited` while the pictures you get are reduced to about `kbps` (audio goes first)."""

    type: ClassVar[str] = "network"
    limited: bool
    kbps: int


@dataclass(frozen=True, slots=True)
class Refused:
    """No to request `id` (None: to a message without one).

    The call goes on. `retry_s`: worth trying again after that.
    """

    type: ClassVar[str] = "refused"
    id: int | None
    code: RefusalCode
    message: str
    retry_s: int | None = None


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer to `ping`."""

    type: ClassVar[str] = "pong"
    id: int


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Last message before the server closes with `code`; `retry_s` as in `refused`."""

    type: ClassVar[str] = "goodbye"
    code: int
    message: str
    retry_s: int | None = None


ServerMessage = Welcome | Roster | Answer | Media | Network | Refused | Pong | Goodbye
SERVER_MESSAGES: tuple[type[ServerMessage], ...] = (
    Welcome,
    Roster,
    Answer,
    Media,
    Network,
    Refused,
    Pong,
    Goodbye,
)

RETRY_CLOSES_S: Mapping[CloseCode, int] = {
    CloseCode.NO_MEDIA: 0,
    CloseCode.FAILED: 2,
    CloseCode.SILENT: 1,
    CloseCode.NOT_RECORDED: 2,
}
"""Closes after which a page should come back by itself, and the least wait in seconds."""

_M = TypeVar("_M", ClientMessage, ServerMessage)


def parse(text: str) -> ClientMessage:
    """A page's message. Raises Closing (unreadable, too large) or Refusal (readable, of an unknown type)."""
    if len(text) > MAX_MESSAGE_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_MESSAGE_BYTES:
        raise Closing(CloseCode.TOO_LARGE)
    return _parse(text, _CLIENT)


def parse_server(text: str) -> ServerMessage:
    """A server's message, for clients in Python and for tests. Raises as `parse`, without its limit."""
    return _parse(text, _SERVER)


def serialize(message: ClientMessage | ServerMessage) -> str:
    """The JSON text of a message, its `type` first."""
    return wire.tagged(message.type, message)


def refused(refusal: Refusal, id: int | None, retry_s: int | None = None) -> Refused:
    """The answer to a request that was refused."""
    return Refused(id, refusal.refusal, REFUSAL_SENTENCES[refusal.refusal], retry_s)


def goodbye(code: CloseCode) -> Goodbye:
    """The last words before closing with `code`."""
    return Goodbye(int(code), CLOSE_SENTENCES[code], RETRY_CLOSES_S.get(code))


def request_id(text: str) -> int | None:
    """The `id` of a readable message, for answering one that could not be used."""
    try:
        found = wire.loads(text).get("id")
    except ValueError:
        return None
    return found if type(found) is int else None


def _parse(text: str, kinds: Mapping[str, type[_M]]) -> _M:
    try:
        value = wire.loads(text)
    except ValueError as error:
        raise Closing(CloseCode.BAD_MESSAGE, f"not JSON: {error}") from error
    name = value.get("type")
    if not isinstance(name, str):
        raise Closing(CloseCode.BAD_MESSAGE, "a message without a type")
    if name not in kinds:
        raise Refusal(RefusalCode.UNKNOWN_TYPE)
    try:
        return wire.decode(kinds[name], text)
    except ValueError as error:
        raise Closing(CloseCode.BAD_MESSAGE, f"{name}: {error}") from error


_CLIENT: Mapping[str, type[ClientMessage]] = {kind.type: kind for kind in CLIENT_MESSAGES}
_SERVER: Mapping[str, type[ServerMessage]] = {kind.type: kind for kind in SERVER_MESSAGES}
