"""Texts that somebody might send on the call's socket: JSON of any kind, and messages that are nearly right."""

import dataclasses
import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from signaling import wire
from signaling.bus.envelopes import KINDS
from signaling.protocol import CLIENT_MESSAGES

LETTERS = st.characters() | st.sampled_from('\ud800\udbff\udc00\udfff\0\x1f\u2028\ufffe"\\')
ANY_TEXT = st.text() | st.text(LETTERS, max_size=12)
"""With halves of surrogate pairs, which JSON can spell and UTF-8 cannot."""
NUMBERS = (
    st.integers()
    | st.sampled_from((2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**400))
    | st.floats()
    | st.sampled_from((float("inf"), float("nan"), -0.0))
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)
DEEP = st.builds(
    lambda opening, depth, core: opening * depth + core,
    st.sampled_from(("[", '{"a":', '[{"type":', "[[],")),
    st.integers(1, 30_000),
    st.sampled_from(("", "1", "]", "}")),
)


def written(value: object) -> SearchStrategy[str]:
    """A value as JSON: spelled in ASCII or not, with and without blanks."""
    return st.sampled_from(
        (json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value, indent=1, ensure_ascii=False))
    )


@st.composite
def nearly(draw: st.DrawFn, kinds: tuple[type[Any], ...], mark: str) -> dict[str, Any]:
    """The fields of a message of one of these kinds, some of them replaced, left out or added. Any: JSON."""
    kind = draw(st.sampled_from(kinds))
    fields: dict[str, Any] = {mark: getattr(kind, mark), **_fields(draw, kind)}
    for name in draw(st.lists(st.sampled_from((*fields, "later", "id", "type")), max_size=2)):
        if draw(st.booleans()):
            fields.pop(name, None)
        else:
            fields[name] = draw(VALUES)
    return fields


def _fields(draw: st.DrawFn, kind: type[Any]) -> dict[str, Any]:
    encoded: dict[str, Any] = wire.encode(draw(st.from_type(kind)))
    for field in dataclasses.fields(kind):
        if isinstance(encoded[field.name], str) and draw(st.booleans()):
            encoded[field.name] = draw(ANY_TEXT)
    return encoded


@st.composite
def damaged(draw: st.DrawFn, texts: SearchStrategy[str]) -> str:
    """A text with a piece cut out, repeated or replaced by noise."""
    text = draw(texts)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 40)))
    middle = draw(st.sampled_from(("", text[start:end] * 3)) | ANY_TEXT)
    return text[:start] + middle + text[end:]


MESSAGES = nearly(CLIENT_MESSAGES, "type").flatmap(written)
SAID = st.one_of(MESSAGES, damaged(MESSAGES), VALUES.flatmap(written), DEEP, ANY_TEXT)
"""Anything that could arrive as one message of a page."""

BODIES = nearly(tuple(KINDS.values()), "kind").flatmap(written)
ENTRIES = st.dictionaries(st.sampled_from(("kind", "body")) | ANY_TEXT, ANY_TEXT, max_size=3) | st.fixed_dictionaries(
    {
        "kind": st.sampled_from(tuple(KINDS)) | ANY_TEXT,
        "body": BODIES | damaged(BODIES) | VALUES.flatmap(written) | DEEP,
    }
)
"""Anything that could stand in a stream between processes."""
