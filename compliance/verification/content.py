"""The canonical bytes of a content that PostgreSQL gave as JSON text: what comes again and again is kept. Pure."""

import json
from functools import lru_cache
from typing import Final

_MOST_KEPT: Final = 4_096
_LONGEST_KEPT: Final = 200

_encode: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False, check_circular=False
).encode
_decode: Final = json.JSONDecoder().decode


def canonical_content(text: str) -> bytes:
    """RFC 8785 bytes of a JSON text, as `leaf.canonical` writes them. Raises what reading hostile JSON may raise."""
    return _short(text) if len(text) < _LONGEST_KEPT else _encode(_decode(text)).encode()


@lru_cache(maxsize=_MOST_KEPT)
def _short(text: str) -> bytes:
    return _encode(_decode(text)).encode()
