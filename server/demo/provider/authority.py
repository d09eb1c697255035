"""The provider's rules, on Authlib's authorization server: one grant, PKCE always, codes good once and for a minute.

State is in memory: the demo is one process, and a code lives no longer than a redirect.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.rpinitiated import EndSessionEndpoint, EndSessionRequest
from joserfc.jwk import KeySet, RSAKey

from server.demo.provider.members import Access, Client, Code, Member, ProviderSettings

CODE_LIFE = timedelta(seconds=60)
TOKEN_LIFE_S = 300
MAX_KEPT = 10_000

Answer = tuple[int, Any, list[tuple[str, str]]]


class Request(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """One request, as Authlib reads it. The address is the issuer's, whatever ``Host`` the browser used."""

    def __init__(self, method: str, uri: str, fields: Mapping[str, list[str]], headers: Mapping[str, str]) -> None:
        super().__init__(method, uri, headers=dict(headers))
        self.payload = BasicOAuth2Payload({name: values[-1] for name, values in fields.items()})
        self.payload._datalist = dict(fields)
        self._fields = self.payload.data

    @property
    def args(self) -> Any:  # the same fields: one request has a query or a form, never both
        return self._fields

    @property
    def form(self) -> Any:
        return self._fields


class _Pkce(CodeChallenge):  # type: ignore[misc]
    """PKCE with S256, demanded of every client (RFC 9700, section 2.1.1), not of public ones alone."""

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("A 'code_challenge' with method S256 is required.")
        super().validate_code_challenge(grant, redirect_uri)


class _IdTokens(OpenIDCode):  # type: ignore[misc]
    """What an ID token says."""

    def __init__(self, authority: "Authority") -> None:
        super().__init__(require_nonce=True)
        self._authority = authority

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return any(code.nonce == nonce for code in self._authority.codes.values())

    def resolve_client_private_key(self, client: Client) -> RSAKey:
        return self._authority.key

    def get_encode_header(self, client: Client) -> dict[str, str]:
        return {"alg": "RS256", "kid": str(self._authority.key.kid)}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        now = int(self._authority.clock().timestamp())
        issuer = self._authority.settings.issuer
        return {"iss": issuer, "aud": client.client_id, "iat": now, "exp": now + TOKEN_LIFE_S}

    def get_authorization_code_claims(self, authorization_code: Code) -> dict[str, Any]:
        return {**super().get_authorization_code_claims(authorization_code), "sid": authorization_code.sid}

    def generate_user_info(self, user: Member, scope: str) -> dict[str, str]:
        return claims_of(user, scope)


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        data = request.payload.data
        self.server.give_code(
            code,
            Code(
                client_id=request.client.client_id,
                redirect_uri=request.payload.redirect_uri,
                scope=request.scope,
                nonce=data.get("nonce"),
                code_challenge=data["code_challenge"],
                code_challenge_method=data["code_challenge_method"],
                member=request.user,
                sid=secrets.token_urlsafe(16),
                given_at=self.server.clock(),
            ),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found: Code | None = self.server.redeem(code, client.client_id)
        return found

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing to do: asking for a code already took it."""

    def authenticate_user(self, authorization_code: Code) -> Member:
        return authorization_code.member


class _EndSession(EndSessionEndpoint):  # type: ignore[misc]
    def get_server_jwks(self) -> KeySet:
        return KeySet([self.server.key])

    def get_algorithms(self) -> list[str]:
        return ["RS256"]

    def create_endpoint_request(self, request: Request) -> Request:
        return request

    def end_session(self, end_session_request: EndSessionRequest) -> None:
        """Nothing is kept: the demo's provider has no session of its own; each sign-in chooses a card."""


class Authority(AuthorizationServer):  # type: ignore[misc]
    """The authorization server. Answers are (status, body, headers), with a dict as body for JSON."""

    def __init__(self, settings: ProviderSettings, key: RSAKey, clock: Callable[[], datetime]) -> None:
        super().__init__(scopes_supported=["openid", "profile"])
        self.settings = settings
        self.key = key
        self.clock = clock
        self.client = Client(settings)
        self.codes: dict[str, Code] = {}
        self._access: dict[str, Access] = {}
        self._given: dict[str, str] = {}  # redeemed code -> its access token, to be taken back on a second try
        self.register_grant(_CodeGrant, [_Pkce(required=True), _IdTokens(self)])
        self.register_endpoint(_EndSession)
        self.register_token_generator("default", self._new_token)

    def query_client(self, client_id: str) -> Client | None:
        return self.client if client_id == self.client.client_id else None

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        return status, body, headers

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        expires_at = self.clock() + timedelta(seconds=token["expires_in"])
        access = Access(request.user, token["scope"], expires_at)
        _keep(self._access, token["access_token"], access)
        _keep(self._given, request.form["code"], token["access_token"])

    def give_code(self, value: str, code: Code) -> None:
        _keep(self.codes, value, code)

    def redeem(self, value: str, client_id: str) -> Code | None:
        """The code, once: a second try finds nothing and takes back what the first was given (RFC 6749, 4.1.2)."""
        spent = self._given.pop(value, None)
        if spent is not None:
            self._access.pop(spent, None)
        code = self.codes.get(value)
        if code is None or code.client_id != client_id:
            return None
        del self.codes[value]
        return code if self.clock() - code.given_at < CODE_LIFE else None

    def who_has(self, access_token: str) -> Access | None:
        """Whose access token this is, while it lasts."""
        access = self._access.get(access_token)
        return access if access is not None and self.clock() < access.expires_at else None

    def _new_token(self, *, scope: str, **_: object) -> dict[str, Any]:
        value = secrets.token_urlsafe(32)
        return {"token_type": "Bearer", "access_token": value, "expires_in": TOKEN_LIFE_S, "scope": scope}


def claims_of(member: Member, scope: str) -> dict[str, str]:
    """What the provider says of a member, as far as the scope allows."""
    claims = {"sub": member.subject}
    return {**claims, "name": member.name} if "profile" in scope.split() else claims


def _keep(store: dict[str, Any], name: str, value: object) -> None:
    """Keep the newest: dictionaries remember their order, so the oldest goes first."""
    store[name] = value
    while len(store) > MAX_KEPT:
        del store[next(iter(store))]
