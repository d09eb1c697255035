"""The key of a change, made with its form: the same form sent again is the same change.

Vocabulary: draft-ietf-httpapi-idempotency-key-header-07. A form carries the key as a field, a script may send it as
the header ``Idempotency-Key``.
"""

import re

from starlette.requests import Request

from server.http.forms import PostedForm

FIELD = "idempotency_key"
HEADER = "Idempotency-Key"

# What `visit_ui.environment.new_key` makes has 24 letters; a UUID has 36.
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


class KeyMissing(Exception):
    """A change without a usable key: nobody could tell it from the same one sent before."""


class KeyReused(Exception):
    """The key belongs to a change that was made already, and that one said something else."""


def key_of(request: Request, form: PostedForm) -> str:
    """The key that came with a change. Raises ``KeyMissing`` when there is none that could be one of ours."""
    found = form.text(FIELD) or request.headers.get(HEADER, "").strip().strip('"')
    if not _KEY.fullmatch(found):
        raise KeyMissing
    return found
