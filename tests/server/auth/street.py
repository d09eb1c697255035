"""A street with two houses: a clinic and a provider, each a real server on a port of its own, and visitors' browsers.

Everybody is on ``localhost``: hosts such as ``ada.localhost`` are called by address with their ``Host`` header, since
not every resolver knows them (Chromium does, and one test uses it).
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from types import SimpleNamespace
from urllib.parse import urljoin, urlsplit
from uuid import UUID, uuid5

import httpx2
import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from server.auth import actor
from server.auth.attempts import Attempts
from server.auth.errors import IdentityError
from server.auth.oidc import Oidc
from server.auth.pages import PlainPages
from server.auth.routes import SignInService
from server.auth.sessions import Sessions, SignedInPerson
from server.auth.settings import LimitSettings, OidcSettings, SessionSettings
from server.demo.provider import DemoProvider, Member, ProviderSettings, new_key, plain_cards
from server.http import csrf
from server.http.headers import HeaderSettings, SecurityHeaders
from server.http.origin import is_same_origin
from server.http.rate_limits import RateLimits

ADA, DREW, SAM = Member("ada", "Ada Lindqvist"), Member("drew", "Dr. Drew Marsh"), Member("sam", "Sam")
CAST = (ADA, DREW, SAM)
KEY = new_key()
SECRET = "only-for-this-test"
PEOPLE = UUID("c1111111-0000-4000-8000-000000000000")
ROLES = {"ada": frozenset({"patient"}), "drew": frozenset({"prescriber", "supervisor"})}


def person_of(subject: str) -> UUID:
    return uuid5(PEOPLE, subject)


async def find_person(issuer: str, subject: str) -> SignedInPerson | None:
    """Ada and Drew belong to the clinic; Sam is known to the provider alone."""
    roles = ROLES.get(subject)
    return SignedInPerson(person_of(subject), roles) if roles else None


@dataclass(slots=True)
class Clock:
    """The time, moved by hand."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the test run keeps its own


def bound() -> socket.socket:
    """A listening socket: whoever connects waits until its server runs."""
    line = socket.socket()
    line.bind(("127.0.0.1", 0))
    line.listen(64)
    return line


@asynccontextmanager
async def serving(*houses: tuple[ASGIApp, socket.socket]) -> AsyncIterator[None]:
    """Each application on its socket, until the block ends; they end together, since each takes a moment."""
    servers = [
        _Server(
            uvicorn.Config(
                app, lifespan="off", log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=2
            )
        )
        for app, _ in houses
    ]
    async with asyncio.TaskGroup() as tasks:
        for server, (_, line) in zip(servers, houses, strict=True):
            tasks.create_task(server.serve(sockets=[line]))
        try:
            yield
        finally:
            for server in servers:
                server.should_exit = True


@dataclass(slots=True)
class Switch:
    """An application that can be away: while ``away``, it answers 503 to everything."""

    app: ASGIApp
    away: bool = False
    requests: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        answer: ASGIApp = PlainTextResponse("away", status_code=503) if self.away else self.app
        await answer(scope, receive, send)


@dataclass(slots=True)
class Street:
    """Both houses. ``clinic`` and ``issuer`` are addresses on different ports, so different origins."""

    clinic: str
    issuer: str
    port: int
    clock: Clock
    provider: DemoProvider
    oidc: Oidc
    sessions: Sessions
    sign_in: SignInService
    redis: Redis
    http: httpx2.AsyncClient
    provider_house: Switch

    def host(self, name: str) -> str:
        return f"http://{name}.localhost:{self.port}"


async def _home(request: Request) -> Response:
    session = await actor.current(request)
    if session is None:
        return PlainTextResponse("nobody", status_code=401)
    return JSONResponse({"person": str(session.person_id), "roles": sorted(session.roles), "csrf": session.csrf_token})


async def _change(request: Request) -> Response:
    app_context = request.app.state.app_context
    await csrf.check(request, await actor.current(request), app_context.oidc.settings.public_origins)
    form = await request.form()
    return PlainTextResponse(f"changed {form.get('what', '')}")


async def _call(socket: WebSocket) -> None:
    if not is_same_origin(socket.headers, socket.app.state.app_context.oidc.settings.public_origins):
        await socket.close(1008)
        return
    await socket.accept()
    await socket.send_text("welcome")
    await socket.close()


def clinic_app(sign_in: SignInService, provider_origin: str) -> Starlette:
    """A clinic with nothing in it but its door."""
    settings = HeaderSettings(
        sign_in.oidc.settings.public_origins, (provider_origin, *sign_in.oidc.settings.public_origins)
    )
    app = Starlette(
        routes=[
            Route("/sign-in", sign_in.sign_in),
            Route("/sign-in/start", sign_in.start),
            Route("/sign-in/callback", sign_in.callback),
            Route("/sign-out", sign_in.sign_out, methods=["POST"]),
            Route("/signed-out", sign_in.signed_out),
            Route("/no-access", sign_in.no_access),
            Route("/back-channel-logout", sign_in.back_channel_logout, methods=["POST"]),
            Route("/session/remaining", sign_in.remaining),
            Route("/session/stay", sign_in.stay, methods=["POST"]),
            Route("/home", _home),
            Route("/change", _change, methods=["POST"]),
            WebSocketRoute("/call", _call),
        ],
        middleware=[Middleware(SecurityHeaders, settings=settings)],
        exception_handlers={IdentityError: sign_in.refused},
    )
    app.state.app_context = SimpleNamespace(sessions=sign_in.sessions, oidc=sign_in.oidc)
    return app


@asynccontextmanager
async def street(
    redis: Redis,
    *,
    limits: LimitSettings | None = None,
    max_age_s: int | None = None,
) -> AsyncIterator[Street]:
    """Both houses open."""
    ours, theirs = bound(), bound()
    port, their_port = ours.getsockname()[1], theirs.getsockname()[1]
    issuer = f"http://localhost:{their_port}/demo/oidc"
    origins = (f"http://localhost:{port}", *(f"http://{each.subject}.localhost:{port}" for each in CAST))
    clock = Clock()
    provider = DemoProvider(ProviderSettings(issuer, "titrate", SECRET, origins), CAST, KEY, plain_cards, clock)
    async with httpx2.AsyncClient(timeout=60, trust_env=False, verify=False) as http:
        oidc = Oidc(OidcSettings(issuer, "titrate", SECRET, origins, max_age_s=max_age_s), http)
        sessions = Sessions(redis, SessionSettings())
        sign_in = SignInService(
            oidc,
            sessions,
            Attempts(redis),
            RateLimits(redis, limits or LimitSettings()),
            find_person,
            PlainPages(),
            clock,
        )
        cards = Route("/demo/oidc/cards", provider.front)  # at "/" in the demo, where clinic and provider share a port
        other = Switch(Starlette(routes=[cards, *provider.routes()]))
        clinic = clinic_app(sign_in, f"http://localhost:{their_port}")
        async with serving((clinic, ours), (other, theirs)):
            yield Street(origins[0], issuer, port, clock, provider, oidc, sessions, sign_in, redis, http, other)


@dataclass(slots=True)
class Browser:
    """What a browser does about redirects, cookies and Origin; insists on the rules of ``__Host-`` cookies."""

    http: httpx2.AsyncClient
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    set_cookies: list[str] = field(default_factory=list)
    url: str = ""

    async def get(self, url: str, *, follow: bool = True, headers: dict[str, str] | None = None) -> httpx2.Response:
        return await self._go("GET", url, None, follow=follow, headers=headers)

    async def post(
        self,
        url: str,
        data: dict[str, str] | None = None,
        *,
        origin: str | None = "",
        follow: bool = True,
        headers: dict[str, str] | None = None,
    ) -> httpx2.Response:
        """``origin``: empty for the page's own, None to send none."""
        sent = dict(headers or {})
        if origin is not None:
            parts = urlsplit(url)
            sent["origin"] = origin or f"{parts.scheme}://{parts.netloc}"
        return await self._go("POST", url, data or {}, follow=follow, headers=sent)

    def cookie(self, host: str, name: str = actor.SESSION_COOKIE) -> str | None:
        return self.cookies.get(host, {}).get(name)

    async def _go(
        self, method: str, url: str, data: dict[str, str] | None, *, follow: bool, headers: dict[str, str] | None
    ) -> httpx2.Response:
        for _ in range(10):
            answer = await self._one(method, url, data, headers or {})
            self.url = url
            if not follow or answer.status_code not in {302, 303}:
                return answer
            method, data, headers, url = "GET", None, {}, urljoin(url, answer.headers["location"])
        raise AssertionError("redirects without end")

    async def _one(
        self, method: str, url: str, data: dict[str, str] | None, headers: dict[str, str]
    ) -> httpx2.Response:
        parts = urlsplit(url)
        host = parts.hostname or ""
        sent = {"host": parts.netloc, **headers}
        jar = self.cookies.setdefault(host, {})
        if jar:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        called = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
        request = httpx2.Request(method, called, data=data, headers=sent)
        answer = await self.http.send(request)
        for line in answer.headers.get_list("set-cookie"):
            self.set_cookies.append(line)
            for name, morsel in SimpleCookie(line).items():
                assert not name.startswith("__Host-") or (
                    morsel["secure"] and morsel["path"] == "/" and not morsel["domain"]
                ), "a browser would refuse this cookie"
                if morsel["max-age"] == "0" or "1970" in morsel["expires"]:
                    jar.pop(name, None)
                else:
                    jar[name] = morsel.value
        return answer
