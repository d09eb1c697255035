"""The canonical bytes of a content that PostgreSQL gave as JSON text. Pure.

Millions are read: the scanner and the encoder of the standard library are asked directly, which is twice as fast as
`json.loads` and `json.dumps`, and what comes again and again (no details at all) is kept.
"""

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from json import encoder
from typing import Any, Final

_MOST_KEPT: Final = 1_024
_LONGEST_KEPT: Final = 40

_decoder: Final[Any] = json.JSONDecoder()  # `Any`: the types know neither its scanner nor the encoder in C
_plain: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def _refuse(value: object) -> object:
    raise TypeError(f"{type(value).__name__} is no JSON")


def _parts() -> Callable[[Any, int], Iterable[str]]:
    """The encoder's own function; the public one makes it anew for each value."""
    made = getattr(encoder, "c_make_encoder", None)
    if made is None:
        return lambda value, _: (_plain.encode(value),)
    found: Callable[[Any, int], Iterable[str]] = made(
        None, _refuse, encoder.encode_basestring, None, ":", ",", True, False, False
    )
    return found


_encode: Final = _parts()


def canonical_content(text: str) -> bytes:
    """RFC 8785 bytes of a JSON text, as `canonical.canonical` writes them. Raises what hostile JSON may raise."""
    return _short(text) if len(text) < _LONGEST_KEPT else _canonical(text)


@lru_cache(maxsize=_MOST_KEPT)
def _short(text: str) -> bytes:
    return _canonical(text)


def _canonical(text: str) -> bytes:
    try:
        value, end = _decoder.scan_once(text, 0)
    except StopIteration:
        raise ValueError("not JSON") from None
    if end != len(text):
        raise ValueError("more than one value")
    return "".join(_encode(value, 0)).encode()
