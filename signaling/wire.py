"""Frozen dataclasses to JSON and back, strictly: the one door through which text becomes messages.

Text that UTF-8 cannot carry (half of a surrogate pair, which JSON can spell) passes it neither way: let in, it would
fail later and elsewhere, in the answer to somebody.

Fields are read by pydantic (docs/adr/0013) in its strict mode: nothing is turned into another type, but for a whole
number where a float is asked for. Unknown fields are ignored (a newer sender may add some); missing ones without a
default are errors.
"""

import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def dumps(value: object) -> str:
    """A dataclass as compact JSON text. Raises ValueError when it holds text that UTF-8 cannot carry."""
    return _written(encode(value))


def tagged(type_name: str, value: object) -> str:
    """As `dumps`, with a first field `type`."""
    return _written({"type": type_name, **encode(value)})


def loads(text: str) -> Mapping[str, object]:
    """The JSON object in `text`. Raises ValueError for anything else, however nested or long."""
    value = _read_json(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def encode(value: object) -> Any:  # Any: the JSON tree is as deep as the dataclass
    """A JSON-ready tree: dataclasses become objects, tuples and frozensets lists (sets sorted)."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, frozenset):
        return sorted(encode(item) for item in value)
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    return value


def decode(kind: type[T], text: str) -> T:
    """The `kind` that a JSON text holds, each field of its type exactly. Raises ValueError for anything else.

    The error names each field that is missing or of another type and never what it held (a ticket, a description).
    """
    try:
        return cast(T, _adapter(cast(Hashable, kind)).validate_json(text, strict=True))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise ValueError("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in found)) from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # Any: whatever kinds a caller reads; it gives and gets them typed
    return TypeAdapter(kind)


def _read_json(text: str) -> object:
    try:
        _carried(text)
        value: object = json.loads(text, parse_constant=_no_constant)
        if _SURROGATE.search(text):
            _carried(json.dumps(value, ensure_ascii=False))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _written(value: object) -> str:
    return _carried(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def _carried(text: str) -> str:
    """`text` itself. Raises ValueError, which does not quote it, when UTF-8 cannot carry it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("text that UTF-8 cannot carry") from None
    return text


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
