"""The wire: every message survives a round trip, and no input does worse than be refused."""

import dataclasses
import json
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling import protocol
from signaling.errors import CLOSE_SENTENCES, REFUSAL_SENTENCES, CloseCode, Closing, Refusal, RefusalCode
from signaling.ids import ParticipantId, PeerId, RoomId
from signaling.protocol import (
    CLIENT_MESSAGES,
    MAX_MESSAGE_BYTES,
    SERVER_MESSAGES,
    Hello,
    Offer,
    Person,
    Roster,
    parse,
    parse_server,
    serialize,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", [*CLIENT_MESSAGES, *SERVER_MESSAGES], ids=lambda k: k.__name__)
def test_every_message_survives_a_round_trip(kind: type[object]) -> None:
    @given(st.from_type(kind))
    def round_trip(message: object) -> None:
        read = parse_server if kind in SERVER_MESSAGES else parse
        assert read(serialize(message)) == message  # type: ignore[arg-type]  # both unions at once

    round_trip()


@given(st.text())
def test_no_text_crashes_the_parser(text: str) -> None:
    with pytest.raises((Closing, Refusal)):
        parse(text)


@given(st.sampled_from(CLIENT_MESSAGES), st.dictionaries(st.sampled_from(["id", "sdp", "audio", "video"]), JSON))
def test_a_known_type_with_any_fields_is_a_message_or_a_protocol_error(kind: type[object], fields: object) -> None:
    assert isinstance(fields, dict)
    outcome: CloseCode | None = None
    try:
        parse(json.dumps({"type": kind.type, **fields}))  # type: ignore[attr-defined]  # ClassVar of every message
    except Closing as closing:
        outcome = closing.close
    assert outcome in (None, CloseCode.BAD_MESSAGE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"id":1}',
        '{"type":7}',
        '{"type":"offer","id":true,"sdp":""}',
        '{"type":"offer","id":"1","sdp":""}',
        '{"type":"offer","id":1}',
        '{"type":"sending","id":1,"audio":false,"video":false,"unheard":"asleep"}',
        '{"type":"sending","id":1,"audio":false,"video":false,"unseen":"muted"}',
        '{"type":"ping","id":NaN}',
        "[" * 60_000,
        '{"type":"ping","id":' + "9" * 5000 + "}",
    ],
)
def test_an_unreadable_message_is_a_protocol_error(text: str) -> None:
    with pytest.raises(Closing) as caught:
        parse(text)
    assert caught.value.close is CloseCode.BAD_MESSAGE


def test_an_unknown_type_is_only_refused() -> None:
    with pytest.raises(Refusal) as caught:
        parse('{"type":"dance","id":3}')
    assert caught.value.refusal is RefusalCode.UNKNOWN_TYPE


@pytest.mark.parametrize("letter", ["a", "ä"])
def test_a_message_over_the_limit_in_bytes_is_too_large(letter: str) -> None:
    text = serialize(Offer(1, letter * MAX_MESSAGE_BYTES))
    with pytest.raises(Closing) as caught:
        parse(text)
    assert caught.value.close is CloseCode.TOO_LARGE


def test_fields_of_a_newer_version_are_ignored() -> None:
    text = serialize(Hello(1, "t", RoomId("r"), PeerId("p")))
    assert parse(text[:-1] + ',"later":[1]}') == Hello(1, "t", RoomId("r"), PeerId("p"))


def test_every_code_has_its_sentence() -> None:
    assert set(CLOSE_SENTENCES) == set(CloseCode)
    assert set(REFUSAL_SENTENCES) == set(RefusalCode)


def test_the_roster_carries_ids_and_states_only() -> None:
    names = {field.name for field in dataclasses.fields(Person)}
    assert names == {"participant", "part", "audio", "video", "away", "connected", "slot", "unheard", "unseen"}
    assert set(get_type_hints(Roster)) == {"type", "people"}
    roster = Roster((Person(ParticipantId("a"), "patient", True, False, False, True, None),))
    assert parse_server(serialize(roster)) == roster


def test_a_request_can_be_answered_even_if_it_could_not_be_used() -> None:
    assert protocol.request_id('{"id":7,"type":"x"}') == 7
    assert protocol.request_id('{"id":"7"}') is None
    assert protocol.request_id("no") is None
