"""Which of our own addresses a request came to, and whether its ``Origin`` is that address.

A WebSocket handshake carries cookies from any page of the web, so its ``Origin`` is the only thing that tells
our page from a stranger's (RFC 6455, section 10.2).
"""

from collections.abc import Mapping, Sequence

_DEFAULT_PORT = {"http": ":80", "https": ":443"}


def _plain(origin: str) -> str:
    """An origin in lower case and without the port that its scheme implies."""
    origin = origin.lower()
    scheme, _, _ = origin.partition(":")
    return origin.removesuffix(_DEFAULT_PORT.get(scheme, "\0"))


def own_origin(host: str | None, public_origins: Sequence[str]) -> str | None:
    """The public origin that a ``Host`` header names; None when it is none of ours.

    The scheme is taken from our settings, never from the request: behind a proxy the request's own is wrong.
    """
    if not host:
        return None
    for origin in public_origins:
        scheme = origin.partition(":")[0]
        if _plain(f"{scheme}://{host}") == _plain(origin):
            return origin
    return None


def is_same_origin(headers: Mapping[str, str], public_origins: Sequence[str]) -> bool:
    """Whether ``Origin`` is there and is the address that was called. For WebSocket handshakes and changes.

    A missing header and ``null`` (sandboxed frames, some redirects) are not ours. Another of our own origins is
    not ours either: in the demo each person has one.
    """
    own = own_origin(headers.get("host"), public_origins)
    sent = headers.get("origin")
    return own is not None and sent is not None and _plain(sent) == _plain(own)


def is_own_page(headers: Mapping[str, str], public_origins: Sequence[str]) -> bool:
    """Whether a change came from a page of ours: by ``Origin``, or where a browser sends none, ``Sec-Fetch-Site``."""
    if "origin" in headers:
        return is_same_origin(headers, public_origins)
    return (
        own_origin(headers.get("host"), public_origins) is not None and headers.get("sec-fetch-site") == "same-origin"
    )
