"""The application: its routes, its middleware, its refusals. What happens behind each stands in its own module."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.application.demo_parts import DemoParts
from server.application.unit_of_work import NotAllowed
from server.auth.sign_in import open_sign_in, sign_in_routes
from server.calls import socket as sockets
from server.http import errors as refusals
from server.http.body_limit import Bodies
from server.http.catch_all import CatchAll
from server.http.endpoint import routes
from server.http.headers import SecurityHeaders, header_settings
from server.http.health.readiness import Readiness
from server.http.health.routes import health_routes
from server.live.stream import Live, stream
from server.platform.settings import Settings
from server.processes.resources import open_app_context
from server.routes import ROUTES
from signaling.web.gateway import Gateway
from visit_ui import assets


def make_app(settings: Settings, *, demo: DemoParts | None = None) -> Starlette:
    """The web process's application. Everything it holds is opened at start and closed at the end."""
    origins = (settings.public_url,) if demo is None else demo.public_origins(settings)
    is_demo = demo is not None

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app_context = await stack.enter_async_context(
                open_app_context(settings, demo=is_demo, public_origins=origins)
            )
            app.state.app_context = app_context
            app.state.sign_in = await stack.enter_async_context(open_sign_in(app_context))
            live = app.state.live = await stack.enter_async_context(Live.open(app_context))
            app.state.readiness = await stack.enter_async_context(Readiness.open(app_context, live))
            app.state.gateway = await stack.enter_async_context(Gateway.open(app_context.bus))
            yield

    app = Starlette(
        routes=_routes(settings, demo=demo),
        middleware=[
            Middleware(SecurityHeaders, settings=header_settings(settings, origins, demo=is_demo)),
            Middleware(CatchAll),
            Middleware(Bodies),
        ],
        exception_handlers=dict(refusals.handlers(NotAllowed)),
        lifespan=lifespan,
    )
    # It would redirect /day/ to /day on whatever host the request names; an address of ours has one spelling.
    app.router.redirect_slashes = False
    return app


def _routes(settings: Settings, *, demo: DemoParts | None) -> list[BaseRoute]:
    return [
        *health_routes(),
        Mount(assets.PREFIX, Static(directory=assets.FOLDER), name="static"),
        *sign_in_routes(),
        *([Route("/", front)] if demo is None else demo.routes(settings)),
        Route("/live", stream),
        WebSocketRoute("/visits/{visit}/call", sockets.call),
        *routes(ROUTES),
    ]


class Static(StaticFiles):
    """Our own styles, scripts and fonts. An address with this release's version may be kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file behind an address, with or without a version in it."""
        version, file = assets.split(path)
        response = await super().get_response(file, scope)
        kept = version == assets.version()
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response


async def front(request: Request) -> Response:
    """GET /: there is no page without a person."""
    return RedirectResponse("/home", status_code=303)
