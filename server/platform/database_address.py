"""The address of a database as libpq spells it, checked before anything is opened, as the driver takes it.

`postgresql://login:password@host:port,host:port/database?sslmode=verify-full&sslrootcert=/path/ca.pem` and the rest of
PostgreSQL's manual, "Connection URIs", as far as `QUERY` lists it; `pool_mode` is PgBouncer's word for how it hands out
its connections, said here because then nothing may be kept in a session.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

QUERY = ("host", "port", "sslmode", "ssl", "sslrootcert", "sslcert", "sslkey", "target_session_attrs", "pool_mode")
SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg")
TLS_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# The modes that look at the server's certificate; without one of them a CA of one's own would not be asked.
VERIFYING = ("require", "verify-ca", "verify-full")
SESSION_ATTRIBUTES = ("any", "primary", "read-write", "read-only", "standby", "prefer-standby")
POOL_MODES = ("session", "transaction")


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """`dsn`: what the driver reads. `pooled`: a pooler hands out connections by transaction (PgBouncer)."""

    dsn: str
    pooled: bool

    def database(self, name: str) -> str:
        """The same servers and login, another database, as an address."""
        parts = urlsplit(self.dsn)
        made = urlunsplit(parts._replace(path=f"/{quote(name)}"))
        return made + ("&" if parts.query else "?") + "pool_mode=transaction" if self.pooled else made


def read(url: str) -> DatabaseAddress:
    """Understand an address. Raises ``ValueError`` with a sentence that quotes nothing secret of it."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError("must begin with postgresql://")
    _check_place(parts.netloc)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := [name for name in query if name not in QUERY]:
        raise ValueError(f"says {unknown[0]}, which is not understood here; known are {', '.join(QUERY)}")
    if "ssl" in query:  # the driver's own word for it
        query.setdefault("sslmode", query.pop("ssl"))
    _check_one_of(query, "sslmode", TLS_MODES)
    _check_one_of(query, "target_session_attrs", SESSION_ATTRIBUTES)
    _check_one_of(query, "pool_mode", POOL_MODES)
    _check_certificates(query)
    pooled = query.pop("pool_mode", "session") == "transaction"
    dsn = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(query, safe="/"), ""))
    return DatabaseAddress(dsn, pooled)


def _check_place(netloc: str) -> None:
    """Every host with a port that is one; a password is percent-encoded where it would be taken for something else."""
    login, _, places = netloc.rpartition("@")
    fits = "@" not in login and not any(sign in netloc for sign in "/?#")
    for place in places.split(","):
        try:
            parts = urlsplit(f"//{place}")
            fits = fits and (parts.port is None or parts.port > 0)
        except ValueError:
            fits = False
    if not fits:
        raise ValueError("is no address; a password in it must be percent-encoded")


def _check_one_of(query: dict[str, str], name: str, known: tuple[str, ...]) -> None:
    if name in query and query[name] not in known:
        raise ValueError(f"has another {name} than {', '.join(known)}")


def _check_certificates(query: dict[str, str]) -> None:
    """Raise for a certificate that cannot be read, and for a CA that nobody would ask."""
    for name in ("sslrootcert", "sslcert", "sslkey"):
        if name in query and not Path(query[name]).is_file():
            raise ValueError(f"names a file as {name} that is not there or cannot be read")
    if "sslrootcert" not in query:
        return
    if query.get("sslmode") not in VERIFYING:
        raise ValueError(
            "gives sslrootcert without sslmode=verify-full, so the server's certificate would not be checked"
        )
    try:
        ssl.create_default_context(cafile=query["sslrootcert"])
    except (ssl.SSLError, OSError):
        raise ValueError("names a file as sslrootcert that holds no certificate") from None
