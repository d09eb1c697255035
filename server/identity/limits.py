"""How often one address may try, counted in Redis so that all web processes count together.

Anonymous refusals are counted here and not audited: an audit log that any stranger can fill is no proof of anything.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from redis.asyncio import Redis

from server.identity.errors import TooManyRequests
from server.identity.settings import LimitSettings

# KEYS: counter. ARGV: seconds it lives. Counting and expiry in one step: no counter may stay for ever.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""


class Rule(Enum):
    """What is counted. Values are part of the counters' names."""

    START = "start"  # sign-ins begun
    FAILURE = "failure"  # sign-ins that failed or found nobody
    REFUSAL = "refusal"  # anonymous requests refused
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


class Limits:
    """Counts per rule and address, in windows that begin at whole multiples of their length."""

    def __init__(self, redis: Redis, settings: LimitSettings, prefix: str = "titrate") -> None:
        self._redis = redis
        self._settings = settings
        self._prefix = prefix
        self._script = redis.register_script(_COUNT)
        self._allowed = {
            Rule.START: settings.starts,
            Rule.FAILURE: settings.failures,
            Rule.REFUSAL: settings.refusals,
            Rule.LOGOUT_TOKEN: settings.logout_tokens,
        }

    async def count(self, rule: Rule, address: str, now: datetime) -> Count:
        """Count one try; raise ``TooManyRequests`` when it is one too many."""
        name, resets_in_s = self._name(rule, address, now)
        found: Any = await self._script(keys=[name], args=[self._settings.window_s])
        return self._judge(rule, Count(int(found), resets_in_s))

    async def check(self, rule: Rule, address: str, now: datetime) -> Count:
        """Raise ``TooManyRequests`` when the address has used up its tries, without counting one."""
        name, resets_in_s = self._name(rule, address, now)
        found = await self._redis.get(name)
        # One more would be too many: the tries so far are those that were let through.
        return self._judge(rule, Count(int(found or 0) + 1, resets_in_s))

    async def refused(self, address: str, now: datetime) -> Count:
        """An anonymous request was refused: count it. Raises ``TooManyRequests`` (answer 429) beyond the limit."""
        return await self.count(Rule.REFUSAL, address, now)

    def _judge(self, rule: Rule, counted: Count) -> Count:
        if counted.count > self._allowed[rule]:
            raise TooManyRequests(f"too_many_{rule.name.lower()}", counted.resets_in_s)
        return counted

    def _name(self, rule: Rule, address: str, now: datetime) -> tuple[str, int]:
        window, into = divmod(int(now.timestamp()), self._settings.window_s)
        name = f"{self._prefix}:limit:{rule.value}:{bucket(address)}:{window}"
        return name, self._settings.window_s - into
