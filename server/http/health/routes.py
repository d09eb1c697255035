"""GET /health/live, /health/ready and /health (the same as ready). No right is needed, and nothing secret is said."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from server.http.health.readiness import Readiness

# Set by a proxy: then a stranger may be asking, who hears whether it is ready and no more.
FORWARDED = ("x-forwarded-for", "forwarded")


async def live(request: Request) -> JSONResponse:
    """GET /health/live: the process runs. For whoever would start it anew; asks no engine."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> JSONResponse:
    """GET /health/ready: whether pages can be served, in less than two seconds. 503 when not; the answer says why."""
    readiness: Readiness = request.app.state.readiness
    found = await readiness.look()
    said = {"status": "ready" if found.ready else "not ready"}
    if not any(name in request.headers for name in FORWARDED):
        said |= found.details
    return JSONResponse(said, status_code=200 if found.ready else 503)


def health_routes() -> list[Route]:
    """Their routes."""
    return [Route("/health", ready), Route("/health/ready", ready), Route("/health/live", live)]
