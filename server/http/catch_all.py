"""Unhandled exceptions: the asker gets a page, the log a kind and a place, and nobody a traceback. ASGI middleware.

A traceback ends with the error's message, and a message can quote what a patient wrote. Starlette's own handler for
unexpected errors raises them on, and the server would print them; so they are caught further in, here.
"""

import logging
from contextlib import suppress
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.idempotency import resending
from server.http.problem_pages import problem_response
from visit_ui.texts import _

log = logging.getLogger("titrate")

INTERNAL_ERROR = 1011


class CatchAll:
    """Answers 500, or closes a socket with 1011. An answer that was half sent breaks off."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        begun = False

        async def noticing(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noticing)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception as error:  # the one place that must stop everything
            log.error("unexpected %s at %s", type(error).__name__, place_of(error))
            if scope["type"] == "websocket":
                with suppress(Exception):  # the socket may be closed already
                    await send({"type": "websocket.close", "code": INTERNAL_ERROR})
            elif not begun:
                await _answer(scope, receive, send)


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    """A change may have been committed before whatever came: it can be sent again, and is told so."""
    status, heading = HTTPStatus.INTERNAL_SERVER_ERROR, _("Something went wrong on our side")
    if change := resending.change_of(scope):
        answer = await resending.not_answered(change, status, heading)
    else:
        remedy = _("Try again. If it happens twice, tell the clinic.")
        answer = problem_response(Request(scope), status, heading, _("Nothing was changed."), remedy)
    await answer(scope, receive, send)


def place_of(error: BaseException) -> str:
    """The file and line that raised it; of a group, its first error's."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    return f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown place"
