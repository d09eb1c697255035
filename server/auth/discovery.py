"""What a provider says of itself: its endpoints and its public keys, fetched when first needed and kept a while.

Fetched lazily because the demo's provider is served by the very process that asks.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
from joserfc.jwk import Key

from server.auth import outside_json
from server.auth.errors import ProviderUnavailable
from server.auth.settings import is_private_line
from server.auth.tokens import read_keys

KEEP = timedelta(hours=1)
# An unknown key id makes us ask again (the provider may have changed keys), but not more often than this:
# anybody can send a token with an invented key id.
REFRESH_AT_MOST_EVERY = timedelta(seconds=10)
MAX_DOCUMENT_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """The part of a provider's discovery document that we use (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    token_auth_methods: tuple[str, ...]
    # RFC 9207: the provider names itself in each authorization response.
    names_itself: bool


class Discovery:
    """Metadata and keys of one issuer. Raises ``ProviderUnavailable`` when they cannot be had.

    ``http`` has a time-out and follows no redirects.
    """

    def __init__(self, http: httpx2.AsyncClient, issuer: str) -> None:
        self._http = http
        self._issuer = issuer
        self._lock = asyncio.Lock()
        self._metadata: tuple[ProviderMetadata, datetime] | None = None
        self._keys: tuple[tuple[Key, ...], datetime] | None = None

    async def metadata(self, now: datetime) -> ProviderMetadata:
        """The endpoints, at most an hour old."""
        async with self._lock:
            if self._metadata is None or now - self._metadata[1] > KEEP:
                # Core and Discovery differ for an issuer that ends with a slash: it is removed first.
                document = await self._get(self._issuer.removesuffix("/") + "/.well-known/openid-configuration")
                self._metadata = (_read_metadata(document, self._issuer), now)
            return self._metadata[0]

    async def keys(self, now: datetime, *, refresh: bool = False) -> tuple[Key, ...]:
        """The keys that may verify a signature, at most an hour old; with ``refresh``, at most ten seconds."""
        uri = (await self.metadata(now)).jwks_uri
        async with self._lock:
            keep = REFRESH_AT_MOST_EVERY if refresh else KEEP
            if self._keys is None or now - self._keys[1] > keep:
                self._keys = (read_keys(await self._get(uri)), now)
            return self._keys[0]

    async def _get(self, url: str) -> Any:  # a JSON document of any shape: read by the caller
        try:
            answer = await self._http.get(url, headers={"Accept": "application/json"})
            if answer.status_code != 200:
                raise unavailable()
            return outside_json.read(answer.content, most_bytes=MAX_DOCUMENT_BYTES)
        except (httpx2.HTTPError, ValueError) as error:
            raise unavailable() from error


def unavailable() -> ProviderUnavailable:
    """The one sentence for every way in which a provider fails to answer."""
    return ProviderUnavailable("provider_unavailable", "The sign-in service does not answer. Please try again soon.")


def _read_metadata(document: Any, issuer: str) -> ProviderMetadata:
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        # Discovery, section 4.3: the issuer must be identical, or another provider could speak for ours.
        raise unavailable()
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    end_session = document.get("end_session_endpoint")
    return ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint"),
        token_endpoint=_endpoint(document, "token_endpoint"),
        jwks_uri=_endpoint(document, "jwks_uri"),
        end_session_endpoint=_endpoint(document, "end_session_endpoint") if end_session else None,
        token_auth_methods=tuple(str(each) for each in methods) if isinstance(methods, list) else (),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(document: dict[str, Any], name: str) -> str:
    """An endpoint's address; one that others could listen to counts as none."""
    url = document.get(name)
    if not isinstance(url, str) or not is_private_line(url):
        raise unavailable()
    return url
