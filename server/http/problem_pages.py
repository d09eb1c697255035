"""What a refusal looks like: a whole page for a browser that navigates, a short notice for a part of a page."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from server.auth.sign_in_pages import bare_frame
from visit_ui.environment import render
from visit_ui.pages.shell.entry import ErrorPage, SendAgain
from visit_ui.pages.shell.problem import ProblemNotice
from visit_ui.texts import _


def problem_response(
    request: Request,
    status: HTTPStatus,
    heading: str,
    sentence: str,
    remedy: str,
    *,
    again: SendAgain | None = None,
    keep_form: bool = False,
) -> Response:
    """The refusal in the form that the asker can use. Its words hold no patient data, as the errors do not.

    ``again``: the change that a whole page offers to send again. ``keep_form``: a part of a page stays as it is, and
    the words are said beside it.
    """
    if request.headers.get("hx-request") == "true":
        notice = ProblemNotice(heading, sentence, remedy, keep_form=keep_form)
        return HTMLResponse(render(notice), status_code=status)
    if "text/html" in request.headers.get("accept", "text/html"):
        home = _("Go to your first page"), "/home"
        page = ErrorPage(bare_frame(heading), heading, sentence, remedy, *home, again=again)
        return HTMLResponse(render(page), status_code=status)
    return JSONResponse({"error": heading, "what": sentence, "remedy": remedy}, status_code=status)
