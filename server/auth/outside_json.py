"""JSON that somebody else wrote: one place that reads it, with limits. Pure.

Python's reader calls itself for each level; some thousand opening brackets raise ``RecursionError``, which is no
``ValueError``. So the depth is counted first, in one pass over the text.
"""

import json
import re
from typing import Any

# A discovery document, a key set or a token is three levels deep; a claim of a provider's own may be a few more.
MOST_DEPTH = 32

# A string whole (also one that never ends, so that no letter is looked at twice), or a bracket.
_PARTS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class UnreadableJson(ValueError):
    """No JSON, or more of it than is read here."""


def read(text: str | bytes, *, most_bytes: int) -> Any:  # of any shape: the caller looks what it is
    """The value. Raises ``UnreadableJson`` for too long, too deep, not UTF-8, or anything but JSON (RFC 8259)."""
    if len(text) > most_bytes:
        raise UnreadableJson
    try:
        said = text.decode() if isinstance(text, bytes) else text
        if _depth(said) > MOST_DEPTH:
            raise UnreadableJson
        return json.loads(said, parse_constant=_no_constant)
    except ValueError as error:
        raise UnreadableJson from error


def _depth(text: str) -> int:
    deepest = now = 0
    for part in _PARTS.finditer(text):
        now += {"[": 1, "{": 1, "]": -1, "}": -1}.get(part[0], 0)
        deepest = max(deepest, now)
    return deepest


def _no_constant(name: str) -> None:
    raise UnreadableJson(name)  # NaN and Infinity are Python's, not JSON's
