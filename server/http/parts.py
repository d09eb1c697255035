"""A part of a page for a browser that asked for it without script: the same part, as a page with the way back.

So a form works, or is refused with what was typed, when the scripts have not come or do not run.
"""

from collections.abc import Iterable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from compliance.shared.vocabulary import Role
from server.auth.sign_in_pages import bare_frame
from server.http.answers import Created, Fields, PageWithStatus, Redirect
from server.http.errors import is_part
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.problem import PartPage
from visit_ui.texts import _

FinalAnswer = Page | PageWithStatus | Redirect | Created | Fields | Response


def is_staff(roles: Iterable[Role]) -> bool:
    """Whether somebody works here: a page of theirs needs no help line."""
    return not set(roles) <= {Role.PATIENT, Role.GUEST}


def standing_alone(request: Request, answer: FinalAnswer, token: str, *, staff: bool) -> FinalAnswer:
    """The answer as it is, to a page that asks for its part; else the part as a page. ``token``: of the session."""
    if is_part(request):
        return answer
    match answer:
        case Redirect() | Fields() | Response():
            return answer
        case Created(page) | PageWithStatus(page):
            return replace(answer, page=_whole(request, page, token, staff=staff))
        case page:
            return _whole(request, page, token, staff=staff)


def _whole(request: Request, page: Page, token: str, *, staff: bool) -> Page:
    if hasattr(page, "frame"):  # it is a page already
        return page
    visit = request.path_params.get("visit")
    back = f"/visits/{visit}" if visit else "/home"
    return PartPage(replace(bare_frame(_("Part of a page")), csrf_token=token), page, back, with_help=not staff)
