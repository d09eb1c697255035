"""How often somebody may try, counted in Redis so that all web processes count together.

People before addresses: many share one. A browser that shows a cookie of ours is counted by it, and its address allows
for ADDRESS_TIMES as much; whoever shows none is counted by the address alone. Each rule is a budget of its own, so
that tabs left open at night do not keep an office from signing in. Nobody signed in is counted here.

Anonymous refusals are counted here and not audited: an audit log that any stranger can fill is no proof of anything.
"""

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from redis.asyncio import Redis

from server.auth.errors import TooManyRequests
from server.auth.settings import LimitSettings

# KEYS: counter. ARGV: seconds it lives. Counting and expiry in one step: no counter may stay for ever.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""


ADDRESS_TIMES = 10


class RateLimit(Enum):
    """What is counted. Values are part of the counters' names."""

    START = "start"  # sign-ins begun
    FAILURE = "failure"  # sign-ins that failed or found nobody
    REFUSAL = "refusal"  # pages that nobody signed in asked for: led to the sign-in
    PART = "part"  # the same of parts of pages, and of forms
    SOCKET = "socket"  # the same of calls
    STREAM = "stream"  # live streams that nobody signed in asked for
    LOGOUT_TOKEN = "logout-token"  # noqa: S105  # back-channel logout tokens received


@dataclass(frozen=True, slots=True)
class Count:
    """How often in this window, and seconds until the next window."""

    count: int
    resets_in_s: int


def bucket(address: str) -> str:
    """The address that counts: an IPv6 subscriber owns a whole /64 and could change address for each try."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


class RateLimits:
    """Counts per rule and browser or address, in windows that begin at whole multiples of their length."""

    def __init__(self, redis: Redis, settings: LimitSettings, prefix: str = "titrate") -> None:
        self._redis = redis
        self._settings = settings
        self._prefix = prefix
        self._script = redis.register_script(_COUNT)
        self._allowed = {
            RateLimit.START: settings.starts,
            RateLimit.FAILURE: settings.failures,
            RateLimit.REFUSAL: settings.refusals,
            RateLimit.PART: settings.parts,
            RateLimit.SOCKET: settings.sockets,
            RateLimit.STREAM: settings.streams,
            RateLimit.LOGOUT_TOKEN: settings.logout_tokens,
        }

    async def count(self, rule: RateLimit, address: str, now: datetime, *, browser: str | None = None) -> Count:
        """Count one try; raise ``TooManyRequests`` when it is one too many.

        ``browser``: the cookie of ours that it showed, if any; kept as a hash.
        """
        counted = []
        for who, times in _counted(address, browser):
            name, resets_in_s = self._name(rule, who, now)
            found: Any = await self._script(keys=[name], args=[self._settings.window_s])
            counted.append((Count(int(found), resets_in_s), times))
        return self._judge(rule, counted)

    async def check(self, rule: RateLimit, address: str, now: datetime, *, browser: str | None = None) -> Count:
        """Raise ``TooManyRequests`` when the tries are used up, without counting one."""
        counted = []
        for who, times in _counted(address, browser):
            name, resets_in_s = self._name(rule, who, now)
            found = await self._redis.get(name)
            # One more would be too many: the tries so far are those that were let through.
            counted.append((Count(int(found or 0) + 1, resets_in_s), times))
        return self._judge(rule, counted)

    def _judge(self, rule: RateLimit, counted: Sequence[tuple[Count, int]]) -> Count:
        for count, times in counted:
            if count.count > self._allowed[rule] * times:
                raise TooManyRequests(f"too_many_{rule.name.lower()}", count.resets_in_s)
        return counted[0][0]

    def _name(self, rule: RateLimit, who: str, now: datetime) -> tuple[str, int]:
        window, into = divmod(int(now.timestamp()), self._settings.window_s)
        name = f"{self._prefix}:limit:{rule.value}:{who}:{window}"
        return name, self._settings.window_s - into


def _counted(address: str, browser: str | None) -> tuple[tuple[str, int], ...]:
    """Under which names a try is counted, and how many times the rule's number each allows."""
    if not browser:
        return ((bucket(address), 1),)
    known = hashlib.sha256(browser.encode()).hexdigest()[:32]
    return ((f"b-{known}", 1), (f"all-{bucket(address)}", ADDRESS_TIMES))
