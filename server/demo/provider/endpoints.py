"""The provider's HTTP endpoints, for Starlette: discovery, keys, authorize, token, userinfo, end-session."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from authlib.oauth2 import OAuth2Error
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from server.auth.actor import clock as now_utc
from server.auth.tokens import LOGOUT_EVENT
from server.demo.provider import authority as rules
from server.demo.provider.members import Member, ProviderSettings

# Shows the cards. Given the request and, for each subject, the address that choosing the card goes to.
ShowCards = Callable[[Request, Mapping[str, str]], Awaitable[Response]]


class DemoProvider:
    """The demo's provider: its routes, and the cards that begin a sign-in on hosts of their own."""

    def __init__(
        self,
        settings: ProviderSettings,
        cast: tuple[Member, ...],
        key: RSAKey,
        show_cards: ShowCards,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self.settings = settings
        self._cast = {member.subject: member for member in cast}
        self._show_cards = show_cards
        self._clock = clock
        self._authority = rules.Authority(settings, key, clock)

    def routes(self) -> list[Route]:
        """All endpoints, below the path of the issuer."""
        base = urlsplit(self.settings.issuer).path
        return [
            Route(f"{base}/.well-known/openid-configuration", self.discovery),
            Route(f"{base}/jwks", self.jwks),
            Route(f"{base}/authorize", self.authorize),
            Route(f"{base}/token", self.token, methods=["POST"]),
            Route(f"{base}/userinfo", self.userinfo, methods=["GET", "POST"]),
            Route(f"{base}/end-session", self.end_session, methods=["GET", "POST"]),
        ]

    def own_host_urls(self, next_path: str | None = None) -> dict[str, str]:
        """subject -> where a sign-in begins on that member's own host (``http://ada.localhost:8000/...``).

        Only for members whose host is among the client's origins; others get the first origin.
        """
        urls = {}
        for subject in self._cast:
            parts = urlsplit(self.settings.client_origins[0])
            own = f"{parts.scheme}://{subject}.{parts.netloc}"
            origin = own if own in self.settings.client_origins else self.settings.client_origins[0]
            query = {"login_hint": subject} | ({"next": next_path} if next_path else {})
            urls[subject] = f"{origin}/sign-in/start?{urlencode(query)}"
        return urls

    async def front(self, request: Request) -> Response:
        """GET /: the cards, each opening on a host of its own, so that two windows of one browser hold two people."""
        return await self._show_cards(request, self.own_host_urls())

    async def discovery(self, request: Request) -> Response:
        issuer = self.settings.issuer
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "jwks_uri": f"{issuer}/jwks",
                "end_session_endpoint": f"{issuer}/end-session",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "profile"],
                "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "name"],
                "authorization_response_iss_parameter_supported": True,
                "backchannel_logout_supported": True,
                "backchannel_logout_session_supported": True,
            }
        )

    async def jwks(self, request: Request) -> Response:
        return JSONResponse({"keys": [self._authority.key.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        """The cards; with ``login_hint``, the card's answer. Choosing a card is all the proof the demo asks for."""
        asked = await self._read(request, "authorize")
        member = self._cast.get(asked.payload.data.get("login_hint", ""))
        try:
            grant = self._authority.get_consent_grant(asked, end_user=member)
        except OAuth2Error as error:
            return self._answer(*self._authority.handle_error_response(asked, error))
        if member is None:
            query = dict(asked.payload.data)
            here = {each: f"?{urlencode({**query, 'login_hint': each})}" for each in self._cast}
            return await self._show_cards(request, here)
        return self._answer(*self._authority.create_authorization_response(asked, grant_user=member, grant=grant))

    async def token(self, request: Request) -> Response:
        asked = await self._read(request, "token")
        return self._answer(*self._authority.create_token_response(asked))

    async def userinfo(self, request: Request) -> Response:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        access = self._authority.who_has(value) if scheme.lower() == "bearer" else None
        if access is None:
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return JSONResponse({"error": "invalid_token"}, status_code=401, headers=headers)
        return JSONResponse(rules.claims_of(access.member, access.scope))

    async def end_session(self, request: Request) -> Response:
        """Back to the clinic if it proves by an ID token of ours that it is its user; else a page that says so."""
        asked = await self._read(request, "end-session")
        try:
            answer = self._authority.create_endpoint_response("end_session", asked)
        except OAuth2Error as error:
            answer = self._authority.handle_error_response(asked, error)
        if answer is None or answer[0] >= 400:
            return _page("Signed out of the demo", "Choose somebody to sign in again.", 200 if answer is None else 400)
        return RedirectResponse(dict(answer[2])["Location"], status_code=303)

    def logout_token(self, subject: str | None, sid: str | None) -> str:
        """A token that orders the clinic to end sessions (OpenID Connect Back-Channel Logout 1.0, section 2.4)."""
        now = int(self._clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self.settings.issuer,
            "aud": self.settings.client_id,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_urlsafe(16),
            "events": {LOGOUT_EVENT: {}},
        }
        claims |= {name: value for name, value in (("sub", subject), ("sid", sid)) if value}
        header = {"alg": "RS256", "kid": str(self._authority.key.kid), "typ": "logout+jwt"}
        return jwt.encode(header, claims, self._authority.key, ["RS256"])

    async def log_out_everywhere(self, http: httpx2.AsyncClient, subject: str) -> int:
        """Tell the clinic that a member signed out at the provider; returns its status."""
        uri = self._authority.client.back_channel_logout_uri
        assert uri is not None, "the provider was given no address of the clinic"
        answer = await http.post(uri, data={"logout_token": self.logout_token(subject, None)})
        return answer.status_code

    async def _read(self, request: Request, endpoint: str) -> rules.Request:
        raw = (await request.body()).decode("utf-8", "replace") if request.method == "POST" else request.url.query
        try:
            fields = parse_qs(raw, keep_blank_values=True, max_num_fields=50)
        except ValueError as error:
            raise HTTPException(400) from error
        headers = {"Authorization": request.headers.get("authorization", "")}
        return rules.Request(request.method, f"{self.settings.issuer}/{endpoint}", fields, headers)

    def _answer(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        location = dict(headers).get("Location")
        if location is not None:
            # RFC 9207: say who answers, so that the clinic cannot be confused with another provider's answer.
            joint = "&" if urlsplit(location).query else "?"
            return RedirectResponse(f"{location}{joint}{urlencode({'iss': self.settings.issuer})}", status_code=303)
        return JSONResponse(body, status_code=status, headers=dict(headers))


async def plain_cards(request: Request, urls: Mapping[str, str]) -> Response:
    """The cards as a bare list of links: for tests, and where no templates are at hand."""
    links = "".join(f'<li><a href="{escape(url)}">{escape(subject)}</a></li>' for subject, url in urls.items())
    return HTMLResponse(f'<!doctype html><html lang="en"><title>Sign in</title><main><ul>{links}</ul></main></html>')


def _page(title: str, sentence: str, status: int) -> Response:
    body = f"<main><h1>{escape(title)}</h1><p>{escape(sentence)}</p></main>"
    return HTMLResponse(f'<!doctype html><html lang="en"><title>{escape(title)}</title>{body}</html>', status)
