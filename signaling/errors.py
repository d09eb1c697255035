"""What can go wrong in a call, by what the caller should do about it.

A *protocol error* (`Closing`) says goodbye and closes the socket with its code; a *refusal* (`Refusal`) is answered
and the call goes on. Codes are for machines and never change meaning; sentences are for people and hold no patient
data.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum


class SignalingError(Exception):
    """Base of every error of this package. `code` is stable; the message is a sentence for people."""

    code: str = "signaling"


class CloseCode(IntEnum):
    """WebSocket close codes (4000-4999 are an application's own, RFC 6455 section 7.4.2)."""

    LEFT = 4000
    BAD_MESSAGE = 4400
    TICKET_REFUSED = 4401
    SIGNED_OUT = 4402
    NOT_ALLOWED = 4403
    UNKNOWN_ROOM = 4404
    SILENT = 4408
    REPLACED = 4409
    ENDED = 4410
    TOO_LARGE = 4413
    ROOM_FULL = 4423
    VERSION = 4426
    TOO_MANY = 4429
    FAILED = 4500
    NO_MEDIA = 4503
    NOT_RECORDED = 4507


CLOSE_SENTENCES: Mapping[CloseCode, str] = {
    CloseCode.LEFT: "You left the call.",
    CloseCode.BAD_MESSAGE: "The server could not read a message of this page. Reload the page.",
    CloseCode.TICKET_REFUSED: "This page's invitation to the call is no longer valid. Reload the page.",
    CloseCode.SIGNED_OUT: "You are signed out. Sign in again, and you are back in this visit.",
    CloseCode.NOT_ALLOWED: "You may not be in this call any more. Ask your clinic.",
    CloseCode.UNKNOWN_ROOM: "This call does not exist.",
    CloseCode.SILENT: "Nothing was heard from this page for too long.",
    CloseCode.REPLACED: "You joined this call from another window; this one let go of it.",
    CloseCode.ENDED: "The visit has ended.",
    CloseCode.TOO_LARGE: "A message of this page was too large.",
    CloseCode.ROOM_FULL: "This call already has as many people as it can hold.",
    CloseCode.VERSION: "This page is older or newer than the server. Reload the page.",
    CloseCode.TOO_MANY: "This page sent too many messages.",
    CloseCode.FAILED: "Something went wrong in the server. The page will try again by itself.",
    CloseCode.NO_MEDIA: "No media server is available right now. The page will try again by itself.",
    CloseCode.NOT_RECORDED: (
        "Who joins a visit is recorded, and the clinic cannot record it right now. The page will try again by itself."
    ),
}


class RefusalCode(StrEnum):
    """Why a request was answered with no while the call goes on."""

    BAD_OFFER = "bad_offer"
    NOT_PERMITTED = "not_permitted"
    UNKNOWN_TYPE = "unknown_type"


REFUSAL_SENTENCES: Mapping[RefusalCode, str] = {
    RefusalCode.BAD_OFFER: "The server could not use the media description of this browser.",
    RefusalCode.NOT_PERMITTED: "You do not have the right to do this in this call.",
    RefusalCode.UNKNOWN_TYPE: "The server does not know this kind of message.",
}


class Closing(SignalingError):
    """A protocol error: say goodbye and close. Carries the close code; its sentence is the one of that code."""

    def __init__(self, close: CloseCode, detail: str = "") -> None:
        super().__init__(detail or CLOSE_SENTENCES[close])
        self.close = close
        self.code = close.name.lower()


class Refusal(SignalingError):
    """A refusal: answer the request `id` and go on."""

    def __init__(self, refusal: RefusalCode, detail: str = "") -> None:
        super().__init__(detail or REFUSAL_SENTENCES[refusal])
        self.refusal = refusal
        self.code = refusal.value


class TicketRefused(SignalingError):
    """The ticket is forged, expired, or for another visit, room or person. The page should fetch a fresh one."""

    code = "ticket_refused"


class BadOffer(SignalingError):
    """A session description that this server cannot answer."""

    code = "bad_offer"


class NoMedia(SignalingError):
    """No media process is alive. Try again after a moment."""

    code = "no_media"


class SocketClosed(SignalingError):
    """The other side of a socket is gone; raised by the web process's adapter of its socket."""

    code = "socket_closed"
