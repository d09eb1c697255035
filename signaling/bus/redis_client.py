"""From an address to a client of Redis or Valkey: one server, TLS with a CA of one's own, a Unix socket, Sentinel.

Addresses: `redis://[user:password@]host:port/db`, `rediss://` (TLS; `?ssl_ca_certs=/path/ca.pem` for a private CA),
`unix:///path?db=0`, and `redis+sentinel://[user:password@]host:port,host:port/service/db` (`rediss+sentinel://` with
TLS), whose `sentinel_username` and `sentinel_password` are for the sentinels. What may follow the question mark is
redis-py's. Every pool is bounded: who finds it empty waits, and is refused after `wait_s`.
"""

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff

SENTINEL: Mapping[str, bool] = {"redis+sentinel": False, "rediss+sentinel": True}
SCHEMES = ("redis", "rediss", "unix", *SENTINEL)
SENTINEL_PORT = 26379
MOST_CONNECTIONS = 50
WAIT_S = 5.0


class SentinelPool(SentinelConnectionPool, BlockingConnectionPool):
    """A bounded pool whose connections follow the primary that the sentinels name. Closes the lines to them, too."""

    async def aclose(self) -> None:
        await super().aclose()
        await self.sentinel_manager.aclose()


def connect(url: str, *, most: int = MOST_CONNECTIONS, wait_s: float = WAIT_S, **options: Any) -> Redis:
    """A client with a pool of `most` connections; nothing is opened yet. `options`: redis-py's, of a connection.

    Raises ValueError or TypeError for an address that cannot be understood (the text may quote it: do not show it).
    """
    bounded: dict[str, Any] = {"max_connections": most, "timeout": wait_s, "decode_responses": True}
    if urlsplit(url).scheme in SENTINEL:
        return _of_sentinels(url, {**bounded, **_timeouts(url), **options})
    known: dict[str, Any] = {**parse_url(url)}
    return Redis.from_pool(BlockingConnectionPool(**{**bounded, **_timeouts(url), **known, **options}))


def used(redis: Redis) -> tuple[int, int]:
    """How many connections of a client's pool are in use, of how many."""
    pool = redis.connection_pool
    return len(tuple(pool._get_in_use_connections())), int(pool.max_connections)


def check(url: str) -> None:
    """Raise ValueError with a sentence that quotes nothing of the address when `connect` would not take it."""
    if urlsplit(url).scheme not in SCHEMES or "://" not in url:
        raise ValueError(f"must begin with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    try:
        connect(url).connection_pool.make_connection()  # type: ignore[no-untyped-call]
    except ValueError:  # what it says could quote a part of the password
        raise ValueError("is no address; a password in it must be percent-encoded") from None
    except TypeError:
        raise ValueError("says something after the question mark that is not understood here") from None


def _of_sentinels(url: str, options: dict[str, Any]) -> Redis:
    """The client of the primary of a service. The service's name is the first part of the path, the database the
    second."""
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    service, _, database = parts.path.strip("/").partition("/")
    if not service or not hosts:
        raise ValueError("a sentinel address names its service")
    secure = SENTINEL[parts.scheme]
    query = dict(parse_qsl(parts.query))
    own = {name: query.pop(f"sentinel_{name}") for name in ("username", "password") if f"sentinel_{name}" in query}
    plain = f"redis{'s' * secure}://{login}{'@' * bool(login)}primary/{database or 0}?{urlencode(query)}"
    known: dict[str, Any] = {**parse_url(plain)}
    for name in ("host", "port", "connection_class"):
        known.pop(name, None)
    tls = {name: value for name, value in known.items() if name.startswith("ssl_")}
    line = {name: value for name, value in options.items() if name.startswith("socket_")}
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        [_place(host) for host in hosts.split(",")],
        sentinel_kwargs={**line, **own, **tls, "ssl": secure, "decode_responses": True, "retry": Retry(NoBackoff(), 0)},
    )
    made = sentinels.master_for(
        unquote(service), connection_pool_class=SentinelPool, **{**options, **known, "ssl": secure}
    )
    assert isinstance(made, Redis)
    return made


def _place(text: str) -> tuple[str, int]:
    """Host and port of one sentinel."""
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("a sentinel without a host")
    return parts.hostname, parts.port or SENTINEL_PORT


def _timeouts(url: str) -> dict[str, Any]:
    """No socket timeout of redis-py's: it writes in asyncio.wait_for, which in Python 3.11 may swallow a cancellation.

    A dead server is noticed by the system instead: keep-alive after 5 s, three probes, unacknowledged data after 10 s.
    Any: keyword arguments of several types.
    """
    if url.startswith("unix:"):
        return {"socket_timeout": None}
    wanted = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 10_000}
    options = {getattr(socket, name): value for name, value in wanted.items() if hasattr(socket, name)}
    return {"socket_timeout": None, "socket_keepalive": True, "socket_keepalive_options": options}
