"""Frozen dataclasses to JSON and back, strictly: the one door through which text becomes messages.

Text that UTF-8 cannot carry (half of a surrogate pair, which JSON can spell) passes it neither way: let in, it would
fail later and elsewhere, in the answer to somebody.

Understood field types: str, int, bool, float, None, StrEnum, NewType of these, tuple[X, ...], frozenset[X], X |
None and nested dataclasses. Unknown fields are ignored (a newer sender may add some); missing ones without a
default are errors.
"""

import json
import re
import types
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def dumps(value: object) -> str:
    """A dataclass as compact JSON text. Raises ValueError when it holds text that UTF-8 cannot carry."""
    return _written(encode(value))


def tagged(type_name: str, value: object) -> str:
    """As `dumps`, with a first field `type`."""
    return _written({"type": type_name, **encode(value)})


def loads_list(text: str) -> list[Mapping[str, object]]:
    """The list of JSON objects in `text`. Raises ValueError for anything else."""
    value = _read_json(text)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("not a list of objects")
    return value


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


def decode(kind: type[T], value: Mapping[str, object]) -> T:
    """Build `kind` from a JSON object. Raises ValueError naming the field that is missing or of another type."""
    found: dict[str, object] = {}
    for field, hint in _shape(cast(Hashable, kind)):
        if field.name in value:
            found[field.name] = _read(hint, value[field.name], field.name)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{field.name}: missing")
    return kind(**found)


@cache
def _shape(kind: Hashable) -> tuple[tuple[Field[Any], Any], ...]:
    assert isinstance(kind, type)
    hints = get_type_hints(kind)
    return tuple((field, hints[field.name]) for field in fields(kind))


def _read(hint: Any, value: object, name: str) -> object:
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        return None if value is None else _read(options[0], value, name)
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            raise ValueError(f"{name}: not a list")
        items = (_read(get_args(hint)[0], item, name) for item in value)
        return tuple(items) if origin is tuple else frozenset(items)
    if is_dataclass(hint):
        if not isinstance(value, dict):
            raise ValueError(f"{name}: not an object")
        return decode(hint, value)  # type: ignore[arg-type]  # is_dataclass narrows to instance or type
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError as error:
            raise ValueError(f"{name}: not one of the known values") from error
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise ValueError(f"{name}: not of type {getattr(hint, '__name__', hint)}")
    return value


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
