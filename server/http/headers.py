"""Response headers that tell browsers what our pages never do. ASGI middleware around the whole application.

No ``unsafe-inline``: scripts and styles come from files of ours, so injected markup cannot run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.origin import own_origin

# What a visit needs, for our own pages only; all else is off. The names are those of the Permissions Policy registry.
_PERMISSIONS = {
    "camera": "(self)",
    "microphone": "(self)",
    "speaker-selection": "(self)",
    "autoplay": "(self)",
    "fullscreen": "(self)",
    "picture-in-picture": "(self)",
    "screen-wake-lock": "(self)",
    "display-capture": "()",
    "geolocation": "()",
    "payment": "()",
    "usb": "()",
    "serial": "()",
    "hid": "()",
    "midi": "()",
    "accelerometer": "()",
    "gyroscope": "()",
    "magnetometer": "()",
    "publickey-credentials-get": "()",
}
PERMISSIONS_POLICY = ", ".join(f"{name}={value}" for name, value in _PERMISSIONS.items())
STRICT_TRANSPORT_SECURITY = "max-age=31536000"


@dataclass(frozen=True, slots=True)
class HeaderSettings:
    """``form_targets``: origins that a form of ours may end at by redirect; the provider's, for signing out."""

    public_origins: tuple[str, ...]
    form_targets: tuple[str, ...] = ()
    static_prefix: str = "/static/"


class _NamesIssuer(Protocol):
    """The one setting that the headers need."""

    @property
    def oidc_issuer(self) -> str: ...


def header_settings(settings: _NamesIssuer, public_origins: tuple[str, ...], *, demo: bool) -> HeaderSettings:
    """Our addresses, and where our one cross-origin form leads: signing out goes by the provider.

    In the demo the provider sends people on between the hosts of one clinic, so those are named too.
    """
    parts = urlsplit(settings.oidc_issuer)
    issuer = f"{parts.scheme}://{parts.netloc}"
    return HeaderSettings(public_origins, (issuer, *(public_origins if demo else ())))


def content_security_policy(own: str | None, form_targets: Sequence[str]) -> str:
    """The policy of a page at ``own`` (None: an address that is not ours; it gets no socket and no other form)."""
    connect, forms = ["'self'"], ["'self'"]
    if own is not None:
        # 'self' covers sockets in Chromium and Firefox; older Safari wants the ws address spelled out.
        parts = urlsplit(own)
        connect.append(f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}")
        forms += [target for target in dict.fromkeys(form_targets) if target != own]
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "font-src": "'self'",
        "connect-src": " ".join(connect),
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "form-action": " ".join(forms),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


class SecurityHeaders:
    """Adds the headers to every HTTP answer; what an answer sets itself stays."""

    def __init__(self, app: ASGIApp, settings: HeaderSettings) -> None:
        self.app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own = own_origin(Headers(scope=scope).get("host"), self._settings.public_origins)
        is_static = scope["path"].startswith(self._settings.static_prefix)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), own, is_static)
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, own: str | None, is_static: bool) -> None:
        policy = content_security_policy(own, self._settings.form_targets)
        headers.setdefault("Content-Security-Policy", policy)
        # Not no-referrer: browsers would then send "Origin: null" with our own forms.
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if own is not None and own.startswith("https:"):
            headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY)
        if not is_static:
            # A page holds a patient's record: it must not be found in a cache or by the back button after sign-out.
            headers.setdefault("Cache-Control", "no-store")
