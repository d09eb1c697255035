"""Each kind of refusal and its answer, in one table: status, heading, what to do. Nothing below knows HTTP."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from compliance.audit.errors import InvalidEntry
from compliance.shared.errors import ComplianceError
from emr.shared.errors import Conflict, Invalid, NotFound, Refused
from server.auth.errors import ForgedRequest, IdentityError, TooManyRequests
from server.http.idempotency import resending
from server.http.idempotency.commit import OutcomeUnknown
from server.http.idempotency.key import KeyMissing, KeyReused
from server.http.problem_pages import problem_response
from server.platform.database_clock import ClockWrong
from visit_ui.texts import Text, _, marked

log = logging.getLogger("titrate")


class SignInFirst(Exception):
    """Nobody is signed in. ``to`` is where signing in begins."""

    def __init__(self, to: str) -> None:
        super().__init__()
        self.to = to


class PatientMismatch(Exception):
    """The form was made for another patient than the visit is: nothing may be done with it."""


@dataclass(frozen=True, slots=True)
class HttpRefusal:
    """An answer: status, a heading, a sentence (None: the error's own, which holds no patient data), what to do.

    ``unsure``: what was asked for may have happened, now or at an earlier try; a change is told so, and can be sent
    again. ``keep_form``: a part of a page stays as it is.
    """

    status: HTTPStatus
    heading: str
    sentence: str | None
    remedy: str
    unsure: bool = False
    keep_form: bool = False


NOT_HERE = HttpRefusal(
    HTTPStatus.NOT_FOUND,
    _("There is nothing here"),
    _("The address may be out of date, or the page may belong to someone else."),
    _("Go back to your first page and start from there."),
)

REFUSALS: dict[type[Exception], HttpRefusal] = {
    NotFound: NOT_HERE,
    PatientMismatch: HttpRefusal(
        HTTPStatus.CONFLICT,
        _("This form was for another patient"),
        _("Nothing was changed."),
        _("Close this window, open the visit again, and make the change there."),
    ),
    Refused: HttpRefusal(HTTPStatus.CONFLICT, _("This cannot be done now"), None, _("Nothing was changed.")),
    Conflict: HttpRefusal(
        HTTPStatus.CONFLICT,
        _("Someone changed this in the meantime"),
        None,
        _("Reload the page to see it as it is now."),
    ),
    Invalid: HttpRefusal(
        HTTPStatus.UNPROCESSABLE_ENTITY, _("Something needs correcting"), None, _("Go back and correct it.")
    ),
    ForgedRequest: HttpRefusal(
        HTTPStatus.FORBIDDEN, _("This page is out of date"), None, _("Reload the page and try again.")
    ),
    TooManyRequests: HttpRefusal(HTTPStatus.TOO_MANY_REQUESTS, _("Too many tries"), None, _("Nothing was changed.")),
    IdentityError: HttpRefusal(HTTPStatus.BAD_REQUEST, _("Signing in did not work"), None, _("Start again.")),
    ComplianceError: HttpRefusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("The prescribing rules cannot be read"),
        _("Nothing is prescribed without them."),
        _("Tell the administrator."),
    ),
    InvalidEntry: HttpRefusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("The log could not be written"),
        _("Nothing is done that the log cannot hold."),
        _("Tell the administrator."),
    ),
    ClockWrong: HttpRefusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("The server's clock is wrong"),
        _("Nothing was changed."),
        _("Tell the administrator. What you typed can be sent again once the clock is right."),
        keep_form=True,
    ),
    PoolTimeout: HttpRefusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("We are very busy right now"),
        _("Nothing was changed."),
        _("Try again in a moment."),
        unsure=True,
    ),
    OutcomeUnknown: HttpRefusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("This was not confirmed"),
        _("We lost the connection to the record."),
        _("Your call continues. Try again in a moment."),
        unsure=True,
    ),
    KeyMissing: HttpRefusal(
        HTTPStatus.BAD_REQUEST,
        _("This page is out of date"),
        _("We could not tell this from what you sent before, so it was not accepted."),
        _("Reload the page and check whether your change is there. If it is not, make it again."),
        keep_form=True,
    ),
    KeyReused: HttpRefusal(
        HTTPStatus.CONFLICT,
        _("This form was sent before"),
        _("What you sent first was saved. What you sent now is different and was not saved."),
        _("Copy what you typed, open the page again, check what is there now, and make the change from there."),
        keep_form=True,
    ),
    # OSError: where no connection comes about, SQLAlchemy passes the system's own errors on as they are.
    **dict.fromkeys(
        (DBAPIError, OSError),
        HttpRefusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            _("The record cannot be reached"),
            _("Nothing was changed."),
            _("Your call continues. Try again in a moment."),
            unsure=True,
        ),
    ),
    RedisError: HttpRefusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("Sign-in cannot be checked now"),
        _("Nothing was changed."),
        _("Try again in a moment."),
        unsure=True,
    ),
}

ErrorHandler = Callable[[Request, Exception], Awaitable[Response]]


def handlers(not_allowed: type[Exception]) -> Mapping[type[Exception], ErrorHandler]:
    """Starlette's exception handlers. A refused stranger sees the same page as somebody who mistyped an address.

    What is not in the table is nobody's doing: see ``catch_all``.
    """
    table = {kind: _answer(refusal) for kind, refusal in REFUSALS.items()}
    return {
        **table,
        not_allowed: _answer(NOT_HERE),
        SignInFirst: _sign_in_first,
        HTTPException: _of_starlette,
    }


def _answer(refusal: HttpRefusal) -> ErrorHandler:
    async def answer(request: Request, error: Exception) -> Response:
        if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, ClockWrong):  # said there
            log.error("%s answered %s", type(error).__name__, refusal.status.value)
        if refusal.unsure and (change := resending.change_of(request.scope)):
            return await resending.not_answered(change, refusal.status, refusal.heading)
        response = problem_response(
            request,
            refusal.status,
            refusal.heading,
            _sentence(refusal, error),
            refusal.remedy,
            keep_form=refusal.keep_form,
        )
        if isinstance(error, TooManyRequests):
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response

    return answer


def _sentence(refusal: HttpRefusal, error: Exception) -> str:
    if refusal.sentence is not None:
        return refusal.sentence
    own = getattr(error, "message", None) or getattr(error, "sentence", None) or str(error)
    if isinstance(error, Invalid):
        return " ".join(error.fields.values())
    return own if isinstance(own, Text) else marked(str(own))


def is_part(request: Request) -> bool:
    """Whether a page asks for a part of itself, or sends something; else a person opens an address."""
    return bool(request.headers.get("hx-request")) or "text/html" not in request.headers.get("accept", "")


async def _sign_in_first(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInFirst)
    if is_part(request):
        return problem_response(
            request,
            HTTPStatus.UNAUTHORIZED,
            _("You are signed out"),
            _("What you typed is kept on this page."),
            _("Sign in again in another tab."),
        )
    return RedirectResponse(error.to, status_code=303)


async def _of_starlette(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        refusal = NOT_HERE
    else:
        status = HTTPStatus(error.status_code)
        ours = error.detail != status.phrase  # else it is the name of a number
        what = error.detail if ours else _("This page cannot accept what was sent.")
        refusal = HttpRefusal(status, _("This cannot be done"), what, _("Go back and try again."))
    response = problem_response(request, refusal.status, refusal.heading, refusal.sentence or "", refusal.remedy)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response
