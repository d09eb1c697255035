"""What somebody reads whose change was not answered: it may have been saved, and sending it again is safe.

"Nothing was changed" would be a guess there, also when this try certainly changed nothing: the one before it may have.
The page carries what was sent, with its key; the browser's way back would make a new form with another key.
"""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from server.http import csrf
from server.http.problem_pages import problem_response
from visit_ui.pages.shell.entry import SendAgain
from visit_ui.texts import _

MAY_BE_SAVED = _("It may or may not have been saved. What you typed is still here.")
SEND_AGAIN = _("Wait a moment, then send it again. It will be saved only once, no matter how often you send it.")

_MARK = "titrate.change"


def mark(request: Request) -> None:
    """This request asks for a change that happens once. Also seen from outside the application."""
    request.scope[_MARK] = request


def change_of(scope: Scope) -> Request | None:
    """The request for a change that a failure belongs to; None: for anything else."""
    found = scope.get(_MARK)
    return found if isinstance(found, Request) else None


async def not_answered(change: Request, status: HTTPStatus, heading: str) -> Response:
    """The answer to a change of which nobody knows here whether it was made."""
    return problem_response(
        change, status, heading, MAY_BE_SAVED, SEND_AGAIN, again=await send_again(change), keep_form=True
    )


async def send_again(change: Request) -> SendAgain:
    """A form that sends the same to the same place. A form that cannot be read any more is sent empty: a refusal."""
    try:
        form = await change.form(max_fields=csrf.MAX_FIELDS, max_files=0)
    except Exception:  # whatever was wrong with it, the failure that is told here came first
        return SendAgain(change.url.path, ())
    fields = tuple((name, text) for name, text in form.multi_items() if isinstance(text, str))
    query = f"?{change.url.query}" if change.url.query else ""
    return SendAgain(change.url.path + query, fields)
