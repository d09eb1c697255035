"""Addresses and credentials of the media port, and short-lived TURN credentials. Pure but for reading local addresses.

The server is ICE-lite (RFC 8445 section 2.5): it announces host candidates in the answer, answers checks, and
starts none. A browser's own candidates are not needed and not asked for: its address is learnt from its first valid
check.
"""

import base64
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aioice.ice import get_host_addresses

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """One side's ICE user name fragment and password (RFC 8445 section 5.3: at least 24 and 128 random bits)."""

    ufrag: str
    password: str


def credentials() -> IceCredentials:
    """Fresh ones, from characters that ICE allows."""
    return IceCredentials(secrets.token_hex(8), secrets.token_hex(16))


def local_addresses(host: str) -> tuple[str, ...]:
    """Addresses to bind for `host`: itself, or for a wildcard every address of this machine and loopback.

    One socket for each: a datagram then always leaves from the address it was sent to, which a wildcard socket does
    not promise.
    """
    if host == "localhost":
        return (LOOPBACK,)
    if not ipaddress.ip_address(host).is_unspecified:
        return (host,)
    v6 = ":" in host
    return (*get_host_addresses(True, v6), LOOPBACK)


def candidate_lines(addresses: Sequence[str], port: int) -> list[str]:
    """SDP `a=candidate` lines, UDP host candidates in the given order of preference (RFC 8839 section 5.1)."""
    lines = []
    for index, address in enumerate(addresses):
        priority = (126 << 24) | ((65535 - index) << 8) | 255
        lines.append(f"a=candidate:{index + 1} 1 udp {priority} {address} {port} typ host")
    return lines


def turn_credentials(secret: bytes, user: str, now: datetime, ttl_s: int) -> tuple[str, str]:
    """User name and password for coturn's `use-auth-secret` (draft-uberti-behave-turn-rest-00), valid for `ttl_s`."""
    username = f"{int((now + timedelta(seconds=ttl_s)).timestamp())}:{user}"
    mac = hmac.new(secret, username.encode(), hashlib.sha1)  # the algorithm is the draft's
    return username, base64.b64encode(mac.digest()).decode()
