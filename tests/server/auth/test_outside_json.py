"""JSON from outside: too deep, too long or no JSON at all is refused wherever it comes in, and breaks nothing."""

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from server.auth import outside_json
from server.auth.outside_json import MOST_DEPTH, UnreadableJson
from tests.server.auth.street import Browser, Street

MOST = 262_144
DEEP = {"array": "[" * 8_000, "object": '{"a":' * 8_000, "closed": "[" * 8_000 + "]" * 8_000}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@given(VALUES)
def test_what_is_read_is_what_was_written(value: object) -> None:
    assert outside_json.read(json.dumps(value), most_bytes=MOST) == value


@pytest.mark.parametrize(
    "text",
    [
        *DEEP.values(),
        "[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1),
        "NaN",
        '{"exp": Infinity}',
        "1" * 5_000,
        "",
        "[]" * 2,
        b"\xff",
        b'"\xed\xa0\x80"',
        " " * (MOST + 1),
    ],
)
def test_anything_else_is_refused(text: str | bytes) -> None:
    with pytest.raises(UnreadableJson):
        outside_json.read(text, most_bytes=MOST)


def test_brackets_inside_a_text_are_no_depth() -> None:
    for text in ("[" * 8_000, '\\"[' * 2_000, "\\" * 3_001):
        assert outside_json.read(json.dumps([text]), most_bytes=MOST) == [text]


@pytest.mark.parametrize("hostile", ['"' * MOST, '\\"' * (MOST // 2), '"' + "\\" * (MOST - 1), "[" * MOST])
def test_the_longest_text_takes_no_time(hostile: str) -> None:
    begun = time.process_time()
    with pytest.raises(UnreadableJson):
        outside_json.read(hostile, most_bytes=MOST)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("deep", DEEP.values(), ids=DEEP)
async def test_a_logout_token_of_eight_thousand_brackets_is_a_bad_request(street: Street, deep: str) -> None:
    good = street.provider.logout_token("ada", None).split(".")
    for token in (f"{encoded(deep)}.{good[1]}.{good[2]}", f"{good[0]}.{encoded(deep)}.{good[2]}", deep):
        answer = await street.http.post(f"{street.clinic}/back-channel-logout", data={"logout_token": token})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_providers_documents_of_eight_thousand_brackets_are_a_provider_that_is_away(
    street: Street, browser: Browser
) -> None:
    """Discovery first, then the keys, then the token's answer: each is read the same way."""
    there = street.provider_house.app
    for path in ("/.well-known/openid-configuration", "/jwks", "/token"):

        async def answer(scope, receive, send, path=path) -> None:  # type: ignore[no-untyped-def]
            hostile = scope["path"].endswith(path)
            await (PlainTextResponse(DEEP["array"]) if hostile else there)(scope, receive, send)

        street.clock.pass_by(hours=2)
        street.provider_house.app = answer
        page = await browser.get(f"{street.host('ada')}/sign-in/start?login_hint=ada")
        assert page.status_code == 503, (path, page.text)
    street.provider_house.app = there
    assert (await browser.get(f"{street.host('ada')}/sign-in/start?login_hint=ada")).status_code == 200
