"""Tickets: what a page shows to enter a call. Signed, short, bound to one visit, room, person and set of rights.

A ticket is `v1.<payload>.<mac>`: base64url JSON and its HMAC-SHA-256 under the web processes' common key. It proves
that the page was given out by this server; it does not replace the session, which the web process checks beside it,
again and again.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from signaling import wire
from signaling.errors import TicketRefused
from signaling.ids import ParticipantId, RoomId

PREFIX = "v1"
MAX_LENGTH = 2048
DEFAULT_TTL_S = 6 * 3600  # a page may reconnect by itself during a long day; the session is checked beside it


class Right(StrEnum):
    """What a ticket allows in the call."""

    PUBLISH_AUDIO = "publish_audio"
    PUBLISH_VIDEO = "publish_video"
    SUBSCRIBE = "subscribe"
    ECHO = "echo"  # the device check: hear and see oneself through the relay


FULL_RIGHTS = frozenset({Right.PUBLISH_AUDIO, Right.PUBLISH_VIDEO, Right.SUBSCRIBE})
SELF_TEST_RIGHTS = frozenset({Right.PUBLISH_AUDIO, Right.PUBLISH_VIDEO, Right.ECHO})


@dataclass(frozen=True, slots=True)
class Ticket:
    """A checked ticket. `expires` in whole seconds since 1970 (UTC)."""

    visit: str
    room: RoomId
    participant: ParticipantId
    part: str
    rights: frozenset[Right]
    expires: int


def mint(
    key: bytes,
    *,
    visit: str,
    room: str,
    participant: str,
    part: str,
    rights: frozenset[Right],
    now: datetime,
    ttl_s: int = DEFAULT_TTL_S,
) -> str:
    """A ticket text for `participant`, who plays `part` (for example 'patient', 'prescriber', 'guest') in `visit`."""
    expires = int((now + timedelta(seconds=ttl_s)).timestamp())
    ticket = Ticket(visit, RoomId(room), ParticipantId(participant), part, rights, expires)
    payload = _b64(wire.dumps(ticket).encode())
    return f"{PREFIX}.{payload}.{_b64(_mac(key, payload))}"


def check(text: str, *, key: bytes, now: datetime, visit: str | None = None, participant: str | None = None) -> Ticket:
    """The ticket in `text`.

    Raises TicketRefused unless signed by `key`, unexpired, and for `visit` and `participant` where given.
    """
    parts = text.split(".")
    if len(text) > MAX_LENGTH or not text.isascii() or len(parts) != 3 or parts[0] != PREFIX:
        raise TicketRefused("This is not a ticket.")
    try:
        mac = _unb64(parts[2])
    except ValueError as error:
        raise TicketRefused("This is not a ticket.") from error
    if not hmac.compare_digest(mac, _mac(key, parts[1])):
        raise TicketRefused("The ticket is not signed by this server.")
    try:
        ticket = wire.decode(Ticket, _unb64(parts[1]).decode())
    except ValueError as error:
        raise TicketRefused("This is not a ticket.") from error
    if ticket.expires <= now.timestamp():
        raise TicketRefused("The ticket has expired.")
    if visit not in (None, ticket.visit) or participant not in (None, ticket.participant):
        raise TicketRefused("The ticket is for another visit or person.")
    return ticket


def _mac(key: bytes, payload: str) -> bytes:
    return hmac.new(key, f"{PREFIX}.{payload}".encode(), hashlib.sha256).digest()


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error
