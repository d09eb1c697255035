"""Forged requests: each change must carry the token of its own session and come from our own page.

Two independent checks (OWASP ASVS 5.0, 3.5.1): the token, which another site cannot read, and ``Origin``, which it
cannot set. The pages' referrer policy is ``same-origin``: under ``no-referrer`` a browser sends ``Origin: null``.
"""

import hmac
from collections.abc import Sequence

from starlette.requests import Request

from server.auth.errors import ForgedRequest
from server.auth.sessions import Session
from server.http.origin import is_own_page
from visit_ui.texts import _

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# The largest form of ours has some dozens of fields, and none takes a file.
MAX_FIELDS = 200
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def check(request: Request, session: Session | None, public_origins: Sequence[str]) -> None:
    """Raise ``ForgedRequest`` unless this is a safe method, or our own page sent it with the session's token.

    Reads the form (the handler may read it again from the same request object).
    """
    if request.method in SAFE_METHODS:
        return
    check_origin(request, public_origins)
    sent = await _sent_token(request)
    if session is None or not sent or not hmac.compare_digest(sent.encode(), session.csrf_token.encode()):
        raise ForgedRequest(
            "csrf_token", _("This page has been open for too long. Reload it, check what is there, and try again.")
        )


def check_origin(request: Request, public_origins: Sequence[str]) -> None:
    """Raise ``ForgedRequest`` unless a page of ours sent the request."""
    if not is_own_page(request.headers, public_origins):
        raise ForgedRequest("csrf_origin", _("This request came from another page. Nothing was changed."))


async def _sent_token(request: Request) -> str:
    header = request.headers.get(HEADER)
    if header is not None:
        return header
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return ""
    value = (await request.form(max_fields=MAX_FIELDS, max_files=0)).get(FIELD)
    return value if isinstance(value, str) else ""
