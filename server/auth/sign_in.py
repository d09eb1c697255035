"""How signing in is put together, and its routes. The handlers themselves stand in ``auth.routes``."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.application.context import AppContext
from server.auth import accounts
from server.auth.attempts import Attempts
from server.auth.oidc import Oidc
from server.auth.routes import SignInService
from server.auth.sessions import SignedInPerson
from server.auth.settings import OidcSettings
from server.auth.sign_in_pages import Pages

# The provider is asked while a person waits; beyond this they had better try again.
PROVIDER_TIMEOUT_S = 10.0


@asynccontextmanager
async def open_sign_in(app_context: AppContext) -> AsyncIterator[SignInService]:
    """Signing in to this server, with its own connection pool to the provider."""
    settings = app_context.settings
    oidc = OidcSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        public_origins=app_context.public_origins,
    )
    async with httpx2.AsyncClient(timeout=PROVIDER_TIMEOUT_S, trust_env=not app_context.demo) as http:

        async def find_person(issuer: str, subject: str) -> SignedInPerson | None:
            async with app_context.database.connect() as conn:
                person_id = await accounts.person_of(conn, issuer, subject)
                roles = await accounts.roles_of(conn, person_id) if person_id else frozenset()
            return SignedInPerson(person_id, frozenset(role.value for role in roles)) if person_id else None

        yield SignInService(
            oidc=Oidc(oidc, http),
            sessions=app_context.sessions,
            attempts=Attempts(app_context.redis),
            limits=app_context.limits,
            find_person=find_person,
            pages=Pages(settings.oidc_name),
            clock=app_context.clock,
        )


def sign_in_routes() -> list[Route]:
    """The routes of signing in and out. They decide nothing about records, so they need no action."""
    return [
        Route("/sign-in", _handler(lambda sign_in: sign_in.sign_in)),
        Route("/sign-in/start", _handler(lambda sign_in: sign_in.start)),
        Route("/sign-in/callback", _handler(lambda sign_in: sign_in.callback)),
        Route("/sign-out", _handler(lambda sign_in: sign_in.sign_out), methods=["POST"]),
        Route("/signed-out", _handler(lambda sign_in: sign_in.signed_out)),
        Route("/no-access", _handler(lambda sign_in: sign_in.no_access)),
        Route("/back-channel-logout", _handler(lambda sign_in: sign_in.back_channel_logout), methods=["POST"]),
        Route("/session/remaining", _handler(lambda sign_in: sign_in.remaining)),
        Route("/session/stay", _handler(lambda sign_in: sign_in.stay), methods=["POST"]),
    ]


SignInHandler = Callable[[Request], Awaitable[Response]]


def _handler(choose: Callable[[SignInService], SignInHandler]) -> SignInHandler:
    async def enter(request: Request) -> Response:
        return await choose(request.app.state.sign_in)(request)

    return enter
