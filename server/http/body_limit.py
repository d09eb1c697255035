"""What a request may carry: so much and no more, and in the one encoding our pages use. ASGI middleware.

Refused before anything is read: a body whose length says that it is too long, and a body in another encoding (some
encodings decode to text that no database can keep). A body that does not tell its length is counted as it comes.
What still comes after the answer is thrown away by the server as it arrives, so that the asker reads the answer.
"""

from email.message import Message as HeaderParser
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.problem_pages import problem_response
from visit_ui.texts import _

# The longest form of ours is a note: 60,000 letters, which a form can write as three bytes each.
MOST_BYTES = 256 * 1024
TOO_LONG = _("This is more than one of our forms can hold.")
OTHER_ENCODING = _("This was sent in an encoding that we cannot read. Our pages send UTF-8.")


class Bodies:
    """Answers 413 or 415 instead of the application, which sees neither."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = None
        if _length(headers) > MOST_BYTES:
            refused = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("This is too long"), TOO_LONG
        elif not _is_utf8(headers.get("content-type", "")):
            refused = HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _("This cannot be read"), OTHER_ENCODING
        if refused is None:
            await self.app(scope, _counted(receive), send)
            return
        answer = problem_response(Request(scope), *refused, _("Nothing was changed. Go back and try again."))
        await answer(scope, receive, send)


def _counted(receive: Receive) -> Receive:
    """``receive`` that raises 413, which the refusals answer, once too much has come."""
    came = 0

    async def counting() -> Message:
        nonlocal came
        message = await receive()
        if message["type"] == "http.request":
            came += len(message.get("body", b""))
            if came > MOST_BYTES:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LONG)
        return message

    return counting


def _length(headers: Headers) -> int:
    """What the request says; 0 when it says nothing. A length that is no number is the server's to refuse."""
    said = headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else MOST_BYTES + 1 if said else 0


def _is_utf8(content_type: str) -> bool:
    parser = HeaderParser()
    parser["content-type"] = content_type
    charset = parser.get_param("charset")
    return charset is None or (isinstance(charset, str) and charset.strip().lower() in {"utf-8", "utf8"})
