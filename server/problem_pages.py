"""What a refusal looks like: a whole page for a browser that navigates, a short notice for a part of a page."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from server.sign_in_pages import bare_frame
from visit_ui.environment import render
from visit_ui.pages.entry import ErrorPage
from visit_ui.pages.problem import ProblemNotice


def problem_response(request: Request, status: HTTPStatus, heading: str, sentence: str, remedy: str) -> Response:
    """The refusal in the form that the asker can use. Holds no patient data, as the errors do not."""
    if request.headers.get("hx-request") == "true":
        notice = ProblemNotice(heading, sentence, remedy)
        return HTMLResponse(render(notice), status_code=status)
    if "text/html" in request.headers.get("accept", "text/html"):
        page = ErrorPage(bare_frame(heading), status, heading, sentence, remedy, "Go to your first page", "/home")
        return HTMLResponse(render(page), status_code=status)
    return JSONResponse({"error": heading, "what": sentence, "remedy": remedy}, status_code=status)
