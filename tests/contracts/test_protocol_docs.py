"""docs/protocol.md says what signaling/protocol.py does: messages, fields, limits, codes."""

import dataclasses
import re
import types
from enum import Enum
from pathlib import Path
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import pytest

from signaling import protocol
from signaling.errors import CloseCode, RefusalCode
from signaling.protocol import CLIENT_MESSAGES, SERVER_MESSAGES, Person

TEXT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
PAGE_PART, SERVER_PART = TEXT.split("## Messages of the server")
LIMITS = {
    "version": protocol.VERSION,
    "max_message_bytes": protocol.MAX_MESSAGE_BYTES,
    "messages_per_second": protocol.MESSAGES_PER_SECOND,
    "messages_burst": protocol.MESSAGES_BURST,
    "hello_within_s": protocol.HELLO_WITHIN_S,
    "ping_every_s": protocol.PING_EVERY_S,
    "silence_s": protocol.SILENCE_S,
    "return_within_s": protocol.RETURN_WITHIN_S,
    "max_people": protocol.MAX_PEOPLE,
    "slots": protocol.SLOTS,
}


def section(title: str, level: int = 3) -> str:
    """The text under a heading, up to the next heading of the same or a higher level."""
    found = re.search(rf"^{'#' * level} {re.escape(title)}$(.*?)(?=^#{{1,{level}}} |\Z)", TEXT, re.M | re.S)
    assert found, f"docs/protocol.md has no section {title}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of every table row whose first cell is code or a number."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| (`|\d)", line)]
    return [[cell.strip().strip("`") for cell in line] for line in lines]


def words(hint: Any) -> str:
    """A field's type as the document says it."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    if get_origin(hint) in (types.UnionType, Union):
        return f"{words(get_args(hint)[0])} or null"
    if get_origin(hint) in (tuple, frozenset):
        inner = get_args(hint)[0]
        return "list of persons" if inner is Person else f"list of {words(inner)}s"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "string"
    return {int: "integer", str: "string", bool: "boolean"}[hint]


def fields(kind: type[Any]) -> list[list[str]]:
    hints = get_type_hints(kind)
    return [[field.name, words(hints[field.name])] for field in dataclasses.fields(kind)]


@pytest.mark.parametrize("kind", [*CLIENT_MESSAGES, *SERVER_MESSAGES], ids=lambda k: k.type)
def test_every_message_is_documented_field_by_field(kind: type[Any]) -> None:
    text = section(kind.type)
    if kind.type == "roster":
        text, person = text.split("A person:")
        assert [row[:2] for row in rows(person)] == fields(Person)
    assert [row[:2] for row in rows(text)] == fields(kind)


def test_no_message_is_documented_that_does_not_exist() -> None:
    headings = set(re.findall(r"^### ([a-z_]+)$", TEXT, re.M))
    assert headings == {kind.type for kind in (*CLIENT_MESSAGES, *SERVER_MESSAGES)}


def test_limits_and_times_are_those_of_the_code() -> None:
    documented = {row[0]: int(row[1]) for row in rows(section("Limits and times", 2))}
    assert documented == LIMITS


def test_refusals_are_those_of_the_code() -> None:
    assert [row[0] for row in rows(section("Refusals"))] == [code.value for code in RefusalCode]


def test_reasons_for_no_sound_and_no_picture_are_those_of_the_code_and_the_browsers_module() -> None:
    source = (Path(__file__).parents[2] / "visit_ui/static/js/call/signal_client.js").read_text()
    for reasons in (protocol.Unheard, protocol.Unseen):
        name, known = reasons.__name__, [one.value for one in reasons]
        assert [row[0] for row in rows(section(name, 2))] == known
        (typed,) = re.findall(rf"@typedef \{{(.*)\}} {name} ", source)
        assert re.findall(r'"(\w+)"', typed) == known


def test_closes_are_those_of_the_code() -> None:
    documented = [(int(row[0]), row[1]) for row in rows(section("Closes"))]
    assert documented == [(int(code), code.name.lower()) for code in CloseCode]


def test_the_browsers_module_knows_every_message_and_no_other() -> None:
    path = Path(__file__).parents[2] / "visit_ui" / "static" / "js" / "call" / "signal_client.js"
    source = path.read_text()
    known = set(re.findall(r'@typedef \{\{type: "(\w+)"', source))
    assert known == {kind.type for kind in SERVER_MESSAGES}
    for kind in SERVER_MESSAGES:
        (shape,) = re.findall(rf'@typedef \{{\{{type: "{kind.type}", (.*)\}}\}} ', source)
        assert re.findall(r"(\w+):", shape) == [field.name for field in dataclasses.fields(kind)]
    assert f"VERSION = {protocol.VERSION};" in source
    assert f"SILENCE_MS = {protocol.SILENCE_S}_000;" in source
