"""What the provider knows: its one client, the invented people, codes and tokens it gave out."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.auth.settings import is_origin, is_private_line


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who can sign in. ``subject``: stable, also the label of a host of their own (``ada.localhost``)."""

    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """The provider's address and its one client, the clinic, with every address the clinic is called by."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    client_origins: tuple[str, ...]

    def __post_init__(self) -> None:
        if not is_private_line(self.issuer):
            raise ValueError("issuer: must be an https:// address (http:// only for this machine)")
        if not all(is_origin(each) for each in self.client_origins):
            raise ValueError("client_origins: each must be an origin without a path")


class Client:
    """The clinic, as Authlib asks about a client (its ``ClientMixin``, written out so that types are checked)."""

    id_token_signed_response_alg = "RS256"  # noqa: S105  # an algorithm's name

    def __init__(self, settings: ProviderSettings) -> None:
        self.client_id = settings.client_id
        self._secret = settings.client_secret
        self._redirects = frozenset(f"{origin}/sign-in/callback" for origin in settings.client_origins)
        self.client_metadata: dict[str, Any] = {
            "post_logout_redirect_uris": [f"{origin}/signed-out" for origin in settings.client_origins],
        }
        self.back_channel_logout_uri = (
            f"{settings.client_origins[0]}/back-channel-logout" if settings.client_origins else None
        )

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: a request must name its redirect address."""

    def get_allowed_scope(self, scope: str | None) -> str:
        asked = (scope or "").split()
        return " ".join(each for each in ("openid", "profile") if each in asked)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compared letter by letter (RFC 9700, section 2.1)."""
        return redirect_uri in self._redirects

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(client_secret.encode(), self._secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code: who chose their card when, and what its redemption must match."""

    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    member: Member
    sid: str
    given_at: datetime

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.given_at.timestamp())

    def get_acr(self) -> None:
        """None: choosing a card proves nothing, and no level is claimed for it."""

    def get_amr(self) -> None:
        """None, as above."""


@dataclass(frozen=True, slots=True)
class Access:
    """An access token for userinfo."""

    member: Member
    scope: str
    expires_at: datetime
