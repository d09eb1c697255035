"""The handlers of signing in and out. Methods of one object, so that the route table only names them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from server.auth import actor
from server.auth.attempts import KEEP_S, Attempts, StartedSignIn, UnknownPerson, new_browser_mark
from server.auth.errors import (
    ForgedRequest,
    IdentityError,
    ProviderUnavailable,
    SignInFailed,
    TokenRefused,
    TooManyRequests,
)
from server.auth.oidc import SIGNED_OUT_PATH, Oidc
from server.auth.pages import SignInPages
from server.auth.sessions import Session, Sessions, SignedInPerson, key_of
from server.auth.tokens import MAX_TOKEN_CHARS, IdToken
from server.http import csrf
from server.http.origin import own_origin
from server.http.rate_limits import RateLimit, RateLimits
from visit_ui.texts import _

FindPerson = Callable[[str, str], Awaitable[SignedInPerson | None]]
HOME = "/home"
_MAX_HINT_CHARS = 100
_STATUS: dict[type[IdentityError], int] = {TooManyRequests: 429, ProviderUnavailable: 503, ForgedRequest: 403}


def safe_next(value: str | None) -> str:
    """A path of ours to go to after sign-in; anything that a browser could read as another site becomes ``/home``.

    Browsers drop tabs and line breaks from addresses and read ``\\`` as ``/``, so both are refused, not cleaned.
    """
    if not value or not value.startswith("/") or value.startswith("//") or len(value) > 2000:
        return HOME
    if "\\" in value or any(character <= " " or character == "\x7f" for character in value):
        return HOME
    try:
        parts = urlsplit(value)
    except ValueError:
        return HOME
    if parts.scheme or parts.netloc or parts.path.startswith("/sign-"):
        return HOME
    return value


def start_url(next_path: str = HOME) -> str:
    """Where a sign-in that ends at ``next_path`` begins."""
    return "/sign-in/start" if next_path == HOME else f"/sign-in/start?{urlencode({'next': next_path})}"


@dataclass(frozen=True, slots=True)
class SignInService:
    """Everything the handlers work with.

    ``find_person``: (issuer, subject) -> the person here, or None for "signed in there, nobody here".
    ``clock``: an aware UTC now.
    """

    oidc: Oidc
    sessions: Sessions
    attempts: Attempts
    limits: RateLimits
    find_person: FindPerson
    pages: SignInPages
    clock: Callable[[], datetime] = actor.clock

    async def sign_in(self, request: Request) -> Response:
        """GET /sign-in: a page that leads to the provider; somebody already signed in goes on."""
        next_path = safe_next(request.query_params.get("next"))
        if await actor.of_cookie(request, self.sessions, self.clock()) is not None:
            return _see_other(next_path)
        return HTMLResponse(self.pages.sign_in(start_url(next_path)))

    async def start(self, request: Request) -> Response:
        """GET /sign-in/start?next=&login_hint=: send the browser to the provider."""
        now, address = self.clock(), address_of(request)
        try:
            await self.limits.count(RateLimit.START, address, now, browser=actor.shown(request))
            await self.limits.check(RateLimit.FAILURE, address, now, browser=actor.shown(request))
            origin = self._origin(request)
            hint = request.query_params.get("login_hint", "")[:_MAX_HINT_CHARS]
            url, attempt = await self.oidc.begin(origin, now, login_hint=hint or None)
        except IdentityError as error:
            return self.refused(request, error)
        browser = request.cookies.get(actor.BROWSER_COOKIE) or new_browser_mark()
        await self.attempts.keep(browser, StartedSignIn(attempt, safe_next(request.query_params.get("next"))))
        response = _see_other(url)
        actor.set_cookie(response, actor.BROWSER_COOKIE, browser, max_age_s=KEEP_S)
        return response

    async def callback(self, request: Request) -> Response:
        """GET /sign-in/callback: the provider's answer; a session, or why there is none."""
        now, address = self.clock(), address_of(request)
        try:
            await self.limits.check(RateLimit.FAILURE, address, now, browser=actor.shown(request))
            try:
                begun = await self._attempt(request)
                token = await self.oidc.finish(request.query_params, begun.attempt, now)
            except SignInFailed as error:
                if error.code != "declined":
                    await self.limits.count(RateLimit.FAILURE, address, now, browser=actor.shown(request))
                raise
            return await self._enter(request, token, begun.next_path, now)
        except IdentityError as error:
            return self.refused(request, error)

    async def sign_out(self, request: Request) -> Response:
        """POST /sign-out: end the session here, then at the provider. Works for strangers too."""
        now = self.clock()
        session = await actor.of_cookie(request, self.sessions, now)
        if session is not None:
            await csrf.check(request, session, self.oidc.settings.public_origins)
            await self.sessions.end(session.key)
            return await self._leave(request, session.id_token, now)
        # Nobody is signed in here. A stranger's way out needs no token: nothing of ours hangs on it.
        csrf.check_origin(request, self.oidc.settings.public_origins)
        browser = request.cookies.get(actor.BROWSER_COOKIE, "")
        stranger = await self.attempts.stranger(browser, forget=True) if browser else None
        if stranger is None:
            return self._out(_see_other(SIGNED_OUT_PATH))
        return await self._leave(request, stranger.id_token, now)

    async def signed_out(self, request: Request) -> Response:
        """GET /signed-out: where the provider sends people back to."""
        return HTMLResponse(self.pages.signed_out())

    async def no_access(self, request: Request) -> Response:
        """GET /no-access: known to the provider, not here. Says what an administrator needs to let them in."""
        browser = request.cookies.get(actor.BROWSER_COOKIE, "")
        stranger = await self.attempts.stranger(browser) if browser else None
        if stranger is None:
            return _see_other("/sign-in")
        return HTMLResponse(self.pages.no_access(stranger.issuer, stranger.subject), status_code=403)

    async def back_channel_logout(self, request: Request) -> Response:
        """POST /back-channel-logout: the provider ended sessions; the token is the only proof it needs.

        200 or, for anything wrong, 400 (OpenID Connect Back-Channel Logout 1.0, section 2.8).
        """
        now = self.clock()
        headers = {"Cache-Control": "no-store"}
        try:
            await self.limits.count(RateLimit.LOGOUT_TOKEN, address_of(request), now)
            await self._obey_logout(await _logout_token(request), now)
        except TooManyRequests as error:
            headers["Retry-After"] = str(error.retry_after_s)
            return JSONResponse({"error": "slow_down"}, status_code=429, headers=headers)
        except ProviderUnavailable:
            return JSONResponse({"error": "temporarily_unavailable"}, status_code=503, headers=headers)
        except TokenRefused as error:
            return JSONResponse(
                {"error": "invalid_request", "error_description": error.code}, status_code=400, headers=headers
            )
        return Response(status_code=200, headers=headers)

    async def remaining(self, request: Request) -> Response:
        """GET /session/remaining: seconds left, as JSON; asking is not activity. 401 when it has ended."""
        now = self.clock()
        session = await actor.of_cookie(request, self.sessions, now)
        return self._time_left(session, now)

    async def stay(self, request: Request) -> Response:
        """POST /session/stay: somebody is there. 401 when the session has ended; raises ``ForgedRequest``."""
        now = self.clock()
        session = await actor.of_cookie(request, self.sessions, now)
        if session is not None:
            await csrf.check(request, session, self.oidc.settings.public_origins)
            await self.sessions.touch(session.key, now)
            session = await self.sessions.read(session.key, now)
        return self._time_left(session, now)

    def refused(self, request: Request, error: Exception) -> Response:
        """A page that says what happened and how to begin again; the error's kind decides the status.

        Also the application's exception handler for ``IdentityError``.
        """
        assert isinstance(error, IdentityError)
        headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyRequests) else {}
        status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)
        return HTMLResponse(self.pages.problem(error.sentence, error.code, status), status_code=status, headers=headers)

    async def _attempt(self, request: Request) -> StartedSignIn:
        """The attempt this answer belongs to: same browser, same state, same address of ours, first time."""
        browser = request.cookies.get(actor.BROWSER_COOKIE, "")
        state = request.query_params.get("state", "")
        begun = await self.attempts.take(browser, state) if browser and state else None
        if begun is None or begun.attempt.origin != self._origin(request):
            raise SignInFailed("state", _("This sign-in did not start here, or it took too long."))
        return begun

    async def _enter(self, request: Request, token: IdToken, next_path: str, now: datetime) -> Response:
        """A fresh session id whatever the browser sent (no fixation); the browser's old session ends."""
        old = request.cookies.get(actor.SESSION_COOKIE)
        if old:
            await self.sessions.end(key_of(old))
        person = await self.find_person(token.issuer, token.subject)
        if person is None:
            await self.limits.count(RateLimit.FAILURE, address_of(request), now, browser=actor.shown(request))
            browser = request.cookies[actor.BROWSER_COOKIE]
            await self.attempts.keep_stranger(browser, UnknownPerson(token.issuer, token.subject, token.raw))
            return self._out(_see_other("/no-access"))
        session_id = await self.sessions.begin(person, token, now)
        response = _see_other(next_path)
        actor.set_cookie(response, actor.SESSION_COOKIE, session_id)
        return response

    async def _leave(self, request: Request, id_token: str, now: datetime) -> Response:
        try:
            url = await self.oidc.logout_url(id_token, self._origin(request), now)
        except IdentityError:
            # Our own session has ended; a provider that is away must not keep anybody on this page.
            url = None
        return self._out(_see_other(url or SIGNED_OUT_PATH))

    async def _obey_logout(self, raw: str, now: datetime) -> None:
        token = await self.oidc.logout_token(raw, now)
        keep = token.expires_at - now + timedelta(seconds=2 * self.oidc.settings.leeway_s)
        if not await self.attempts.first_use(token.jti, token.issuer, int(keep.total_seconds())):
            raise TokenRefused("jti")
        if token.sid is not None:
            await self.sessions.end_sid(token.issuer, token.sid, token.subject)
        elif token.subject is not None:
            await self.sessions.end_subject(token.issuer, token.subject)

    def _time_left(self, session: Session | None, now: datetime) -> Response:
        if session is None:
            # The cookie stays: another window may have signed in meanwhile, and this answer may arrive after that one.
            return JSONResponse({"idle_s": 0, "absolute_s": 0}, status_code=401)
        left = self.sessions.remaining(session, now)
        # A page left open learns whether the same person is back, and the token of the session they have now.
        return JSONResponse(
            {
                "viewer": str(session.person_id),
                "csrf_token": session.csrf_token,
                "idle_s": left.idle_s,
                "absolute_s": left.absolute_s,
                "warn_s": self.sessions.settings.warn_s,
            }
        )

    def _origin(self, request: Request) -> str:
        origin = own_origin(request.headers.get("host"), self.oidc.settings.public_origins)
        if origin is None:
            raise SignInFailed("address", _("You cannot sign in at this web address of the clinic."))
        return origin

    def _out(self, response: Response) -> Response:
        actor.clear_cookie(response, actor.SESSION_COOKIE)
        return response


def address_of(connection: HTTPConnection) -> str:
    """The address that counts for limits: the peer's, as the server (told which proxies to trust) sees it."""
    return connection.client.host if connection.client else "unknown"


def _see_other(url: str) -> Response:
    return RedirectResponse(url, status_code=303)


async def _logout_token(request: Request) -> str:
    """The one field of a logout request, whose sender is anybody: no more is read than a token can be."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > 2 * MAX_TOKEN_CHARS:
            raise TokenRefused("form")
    try:
        values = parse_qs(body.decode("ascii", "replace"), max_num_fields=10).get("logout_token", [])
    except ValueError as error:
        raise TokenRefused("form") from error
    if len(values) != 1:
        raise TokenRefused("form")
    return values[0]
