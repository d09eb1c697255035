"""The session of a request, and the cookies that carry it."""

from datetime import UTC, datetime
from typing import Protocol, cast

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from server.auth.sessions import Session, Sessions, key_of

# The prefix makes the browser itself insist on Secure, Path=/ and no Domain, so that no other host can set it.
SESSION_COOKIE = "__Host-titrate"
BROWSER_COOKIE = "__Host-titrate-begin"
_UNREAD = object()


class _AppContext(Protocol):
    """What the application object must hold at ``app.state.app_context`` for this module."""

    @property
    def sessions(self) -> Sessions: ...


def clock() -> datetime:
    """The time, for handlers."""
    return datetime.now(UTC)


async def current(connection: HTTPConnection, now: datetime | None = None) -> Session | None:
    """Who is signed in on this request or socket, read once a request; None: nobody. Not counted as activity."""
    known = getattr(connection.state, "session", _UNREAD)
    if known is _UNREAD:
        app_context = cast(_AppContext, connection.app.state.app_context)
        known = await of_cookie(connection, app_context.sessions, now or clock())
        connection.state.session = known
    return cast(Session | None, known)


async def of_cookie(connection: HTTPConnection, sessions: Sessions, now: datetime) -> Session | None:
    """The session that the cookie names."""
    session_id = connection.cookies.get(SESSION_COOKIE)
    return await sessions.read(key_of(session_id), now) if session_id else None


def shown(connection: HTTPConnection) -> str | None:
    """The cookie of ours that tells this browser from others behind its address, if it shows one."""
    return connection.cookies.get(SESSION_COOKIE) or connection.cookies.get(BROWSER_COOKIE)


def is_activity(request: Request) -> bool:
    """Whether a request shows that somebody is there: a page opened, or a change sent.

    A fragment that a page re-reads because something was announced is not; nobody need be at the desk for it.
    """
    if request.method not in {"GET", "HEAD"}:
        return True
    return request.headers.get("sec-fetch-mode") == "navigate"


def set_cookie(response: Response, name: str, value: str, *, max_age_s: int | None = None) -> None:
    """Set one of our cookies. Lax: the provider's redirect back is a navigation from another site and must carry it."""
    response.set_cookie(name, value, max_age=max_age_s, path="/", secure=True, httponly=True, samesite="lax")


def clear_cookie(response: Response, name: str) -> None:
    """Take one of our cookies away."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
