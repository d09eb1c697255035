"""Our side of OpenID Connect: authorization code with PKCE, on Authlib's client and claim checks.

Authlib builds the request and the token exchange; transport, discovery and the verification of tokens are ours
(``discovery``, ``tokens``), so that time, time-outs and algorithms are given, not found.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx2
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client

from server.auth import outside_json
from server.auth.discovery import MAX_DOCUMENT_BYTES, Discovery, ProviderMetadata, unavailable
from server.auth.errors import SignInFailed, UnknownTokenKey
from server.auth.settings import OidcSettings
from server.auth.tokens import Expected, IdToken, LogoutToken, verify_id_token, verify_logout_token
from visit_ui.texts import _

CALLBACK_PATH = "/sign-in/callback"
SIGNED_OUT_PATH = "/signed-out"


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """A sign-in under way: what must come back (``state``, ``nonce``) and what proves that we began it."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    origin: str

    @property
    def redirect_uri(self) -> str:
        return self.origin + CALLBACK_PATH


class _Client(OAuth2Client):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's client over the server's own HTTP client."""

    def __init__(self, http: httpx2.AsyncClient, settings: OidcSettings, method: str) -> None:
        super().__init__(
            session=None,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            token_endpoint_auth_method=method,
            scope=settings.scope,
            code_challenge_method="S256",
        )
        self._http = http

    async def _fetch_token(
        self, url: str, *, body: str, auth: ClientAuth, method: str, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        url, prepared, body = auth.prepare(method, url, dict(headers), body)
        try:
            answer = await self._http.post(url, content=body, headers=prepared)
            if answer.status_code >= 500:
                raise unavailable()
            token = outside_json.read(answer.content, most_bytes=MAX_DOCUMENT_BYTES)
        except (httpx2.HTTPError, ValueError) as error:
            raise unavailable() from error
        if not isinstance(token, dict):
            raise unavailable()
        return token


class Oidc:
    """The relying party: begins and finishes sign-ins, and reads what the provider says about ending them."""

    def __init__(self, settings: OidcSettings, http: httpx2.AsyncClient) -> None:
        self.settings = settings
        self._http = http
        self._discovery = Discovery(http, settings.issuer)
        self._expected = Expected(settings.issuer, settings.client_id, settings.algorithms, settings.leeway_s)

    async def begin(self, origin: str, now: datetime, *, login_hint: str | None = None) -> tuple[str, SignInAttempt]:
        """The provider's address to send the browser to, and the attempt to remember. 256 bits each."""
        metadata = await self._discovery.metadata(now)
        attempt = SignInAttempt(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32), origin)
        extra: dict[str, str] = {"login_hint": login_hint} if login_hint else {}
        if self.settings.max_age_s is not None:
            extra["max_age"] = str(self.settings.max_age_s)
        url, _ = self._client(metadata).create_authorization_url(
            metadata.authorization_endpoint,
            state=attempt.state,
            code_verifier=attempt.verifier,
            nonce=attempt.nonce,
            redirect_uri=attempt.redirect_uri,
            **extra,
        )
        return str(url), attempt

    async def finish(self, answer: Mapping[str, str], attempt: SignInAttempt, now: datetime) -> IdToken:
        """Exchange the code of the provider's answer and verify who it is. ``answer``: the callback's query."""
        metadata = await self._discovery.metadata(now)
        _check_answer(answer, metadata)
        token = await self._client(metadata).fetch_token(
            metadata.token_endpoint,
            grant_type="authorization_code",
            code=answer["code"],
            redirect_uri=attempt.redirect_uri,
            code_verifier=attempt.verifier,
        )
        raw, access_token = token.get("id_token"), token.get("access_token")
        if not isinstance(raw, str):
            # The provider's own error text may name the person: it is not passed on.
            raise SignInFailed("code_refused", _("The sign-in service did not accept this sign-in."))
        return await self._verify(raw, access_token, attempt.nonce, now)

    async def logout_token(self, raw: str, now: datetime) -> LogoutToken:
        """What a back-channel logout token orders. Raises ``TokenRefused``."""
        try:
            return verify_logout_token(raw, await self._discovery.keys(now), self._expected, now=now)
        except UnknownTokenKey:
            keys = await self._discovery.keys(now, refresh=True)
            return verify_logout_token(raw, keys, self._expected, now=now)

    async def logout_url(self, id_token: str | None, origin: str, now: datetime) -> str | None:
        """Where to send the browser to end the provider's session too; None when it knows no such place."""
        endpoint = (await self._discovery.metadata(now)).end_session_endpoint
        if endpoint is None:
            return None
        query = {"client_id": self.settings.client_id, "post_logout_redirect_uri": origin + SIGNED_OUT_PATH}
        if id_token:
            query["id_token_hint"] = id_token
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def _verify(self, raw: str, access_token: object, nonce: str, now: datetime) -> IdToken:
        async def attempt(*, refresh: bool) -> IdToken:
            return verify_id_token(
                raw,
                await self._discovery.keys(now, refresh=refresh),
                self._expected,
                nonce=nonce,
                access_token=access_token if isinstance(access_token, str) else None,
                max_age_s=self.settings.max_age_s,
                now=now,
            )

        try:
            return await attempt(refresh=False)
        except UnknownTokenKey:
            return await attempt(refresh=True)

    def _client(self, metadata: ProviderMetadata) -> _Client:
        method = "client_secret_basic"
        if not self.settings.client_secret:
            method = "none"
        elif method not in metadata.token_auth_methods and "client_secret_post" in metadata.token_auth_methods:
            method = "client_secret_post"
        return _Client(self._http, self.settings, method)


def _check_answer(answer: Mapping[str, str], metadata: ProviderMetadata) -> None:
    """The answer is our provider's and carries a code."""
    issuer = answer.get("iss")
    if issuer != metadata.issuer and (issuer is not None or metadata.names_itself):
        # RFC 9207, section 2.4: an answer of another provider is mixed up on purpose.
        raise SignInFailed("other_issuer", _("The answer came from another sign-in service."))
    if "error" in answer:
        declined = answer["error"] == "access_denied"
        raise SignInFailed(
            "declined" if declined else "provider_error",
            _("You did not finish signing in.") if declined else _("The sign-in service reported a problem."),
        )
    if not answer.get("code"):
        raise SignInFailed("no_code", _("The sign-in service's answer was incomplete."))
