"""Sign-in settings, as values. The server reads them from its environment and names what is wrong."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

# Signatures by a private key of the provider. Never "none", never HS*: with a shared-secret algorithm a
# provider's *public* key would become a secret that everybody knows (RFC 8725, section 2.1 and 3.1).
SIGNATURE_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)


def is_loopback(host: str | None) -> bool:
    """Whether a name can only mean this machine (RFC 6761, section 6.3 for ``localhost`` and names below it)."""
    return host in {"localhost", "127.0.0.1", "::1"} or (host is not None and host.endswith(".localhost"))


def is_private_line(url: str) -> bool:
    """Whether nobody else can read what goes to ``url``: TLS, or this machine."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
        )
    except ValueError:
        return False


def is_origin(url: str) -> bool:
    """Whether ``url`` is scheme, host and port alone."""
    parts = urlsplit(url)
    return is_private_line(url) and url == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """How this clinic signs in. Raises ``ValueError`` naming the setting that cannot be used.

    ``public_origins``: every address people use, exactly (``https://visits.example``); the first is the main one. The
    provider must know ``<origin>/sign-in/callback`` and ``<origin>/signed-out`` of each.
    ``max_age_s``: if given, the provider is asked for, and must prove, a sign-in no older than this.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    public_origins: tuple[str, ...]
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256")
    scope: str = "openid profile"
    max_age_s: int | None = None
    # Clocks of provider and clinic may differ by this much; RFC 7519, section 4.1.4: "no more than a few minutes".
    leeway_s: int = 60

    def __post_init__(self) -> None:
        if not is_private_line(self.issuer):
            raise ValueError("issuer: must be an https:// address (http:// only for this machine)")
        if not self.client_id:
            raise ValueError("client_id: must not be empty")
        if not self.public_origins or not all(is_origin(each) for each in self.public_origins):
            raise ValueError("public_origins: each must be an https:// origin without a path")
        if not self.algorithms or not SIGNATURE_ALGORITHMS.issuperset(self.algorithms):
            raise ValueError(f"algorithms: choose from {', '.join(sorted(SIGNATURE_ALGORITHMS))}")
        if "openid" not in self.scope.split():
            raise ValueError("scope: must contain openid")


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """When a session ends: after ``idle_s`` without activity, and ``absolute_s`` after sign-in whatever happens.

    45 CFR 164.312(a)(2)(iii) asks for automatic logoff without a number; 15 minutes is the clinic's default.
    ``warn_s``: how long before the idle end the page warns.
    """

    idle_s: int = 900
    absolute_s: int = 43_200
    warn_s: int = 120

    def __post_init__(self) -> None:
        if not 0 < self.warn_s < self.idle_s <= self.absolute_s:
            raise ValueError("session times: need 0 < warn_s < idle_s <= absolute_s")


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How often one browser, or an address without one, may try in a window.

    A clinic behind one address starts its day at once, and leading somebody to the sign-in costs nothing: generous.
    """

    starts: int = 120
    failures: int = 20
    refusals: int = 300
    parts: int = 300
    sockets: int = 300
    streams: int = 300
    logout_tokens: int = 120
    window_s: int = 300
