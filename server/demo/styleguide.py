"""The styleguide: every component in every state, and every page by name. Demo only; shows samples, no record."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from emr.shared.errors import NotFound
from server.auth.sign_in_pages import bare_frame
from visit_ui import samples
from visit_ui.environment import render
from visit_ui.samples.shell.styleguide import styleguide as every_component


async def styleguide(request: Request) -> Response:
    """GET /styleguide, or one sample page by ``?sample=``."""
    wanted = request.query_params.get("sample")
    if wanted is None:
        return HTMLResponse(render(every_component(bare_frame("Styleguide"))))
    found = samples.all_samples().get(wanted)
    if found is None:
        raise NotFound
    return HTMLResponse(render(found))
