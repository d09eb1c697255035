"""Changes that our own page did not send, and sockets that it did not open."""

import pytest
import websockets
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.typing import Origin

from server.auth.sessions import key_of
from server.http.origin import is_own_page, is_same_origin, own_origin
from tests.server.auth.street import Browser, Street, person_of

ORIGINS = ("https://visits.example", "http://localhost:8000", "http://ada.localhost:8000")


async def token_of(street: Street, browser: Browser, who: str = "ada") -> str:
    """Sign in on a host of one's own; returns the session's token."""
    answer = await browser.get(f"{street.host(who)}/sign-in/start?login_hint={who}")
    return str(answer.json()["csrf"])


async def test_a_form_with_the_sessions_token_changes_things(street: Street, browser: Browser) -> None:
    token = await token_of(street, browser)
    answer = await browser.post(f"{street.host('ada')}/change", {"csrf_token": token, "what": "dose"})
    assert (answer.status_code, answer.text) == (200, "changed dose")


async def test_the_token_may_come_in_the_header_instead(street: Street, browser: Browser) -> None:
    token = await token_of(street, browser)
    answer = await browser.post(f"{street.host('ada')}/change", {"what": "dose"}, headers={"X-CSRF-Token": token})
    assert answer.text == "changed dose"


@pytest.mark.parametrize("token", ["", "wrong", "ø", "0"])
async def test_without_the_right_token_nothing_changes(street: Street, browser: Browser, token: str) -> None:
    right = await token_of(street, browser)
    url = f"{street.host('ada')}/change"
    assert (await browser.post(url, {"csrf_token": right})).status_code == 200
    assert (await browser.post(url, {"csrf_token": token} if token else {})).status_code == 403


async def test_a_wrong_header_is_not_saved_by_a_right_field(street: Street, browser: Browser) -> None:
    token = await token_of(street, browser)
    answer = await browser.post(
        f"{street.host('ada')}/change", {"csrf_token": token}, headers={"X-CSRF-Token": "wrong"}
    )
    assert answer.status_code == 403


async def test_the_token_of_another_session_changes_nothing(street: Street, browser: Browser) -> None:
    await token_of(street, browser, "ada")
    drews = await token_of(street, browser, "drew")
    assert (await browser.post(f"{street.host('drew')}/change", {"csrf_token": drews})).status_code == 200
    assert (await browser.post(f"{street.host('ada')}/change", {"csrf_token": drews})).status_code == 403


async def test_a_token_does_not_outlive_its_session(street: Street, browser: Browser) -> None:
    before = await token_of(street, browser)
    after = await token_of(street, browser)
    assert before != after
    assert (await browser.post(f"{street.host('ada')}/change", {"csrf_token": before})).status_code == 403
    browser.cookies.clear()
    assert (await browser.post(f"{street.host('ada')}/change", {"csrf_token": after})).status_code == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://ada.localhost", "", None]
)
async def test_a_change_from_elsewhere_is_refused_even_with_the_token(
    street: Street, browser: Browser, origin: str | None
) -> None:
    token = await token_of(street, browser)
    url = f"{street.host('ada')}/change"
    headers = {} if origin is None else {"origin": origin}
    assert (await browser.post(url, {"csrf_token": token})).status_code == 200
    answer = await browser.post(url, {"csrf_token": token}, origin=None, headers=headers)
    assert answer.status_code == 403


async def test_another_of_our_own_hosts_is_elsewhere_too(street: Street, browser: Browser) -> None:
    token = await token_of(street, browser)
    answer = await browser.post(f"{street.host('ada')}/change", {"csrf_token": token}, origin=street.host("drew"))
    assert answer.status_code == 403


async def test_signing_out_and_staying_cannot_be_forged(street: Street, browser: Browser) -> None:
    await token_of(street, browser)
    key = key_of(browser.cookie("ada.localhost") or "")
    for path in ("/sign-out", "/session/stay"):
        assert (await browser.post(f"{street.host('ada')}{path}")).status_code == 403
        answer = await browser.post(f"{street.host('ada')}{path}", origin="https://evil.example")
        assert answer.status_code == 403
    assert await street.sessions.read(key, street.clock()) is not None


async def test_asking_what_remains_is_no_activity_and_staying_is(street: Street, browser: Browser) -> None:
    token = await token_of(street, browser)
    host = street.host("ada")
    street.clock.pass_by(minutes=13)
    assert (await browser.get(f"{host}/session/remaining")).json() == {
        "viewer": str(person_of("ada")),
        "csrf_token": token,
        "idle_s": 120,
        "absolute_s": 43_200 - 780,
        "warn_s": 120,
    }
    street.clock.pass_by(seconds=60)
    assert (await browser.get(f"{host}/session/remaining")).json()["idle_s"] == 60
    answer = await browser.post(f"{host}/session/stay", {"csrf_token": token})
    assert (answer.json()["idle_s"], answer.json()["absolute_s"]) == (900, 43_200 - 840)
    street.clock.pass_by(minutes=15)
    ended = await browser.get(f"{host}/session/remaining")
    assert (ended.status_code, ended.json()) == (401, {"idle_s": 0, "absolute_s": 0})
    assert (await browser.post(f"{host}/session/stay", {"csrf_token": token})).status_code == 401


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://drew.localhost:{port}"])
async def test_a_socket_from_elsewhere_is_not_opened(street: Street, origin: str | None) -> None:
    async with call(street, street.host("ada")) as line:
        assert await line.recv() == "welcome"
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with call(street, origin and origin.format(port=street.port)):
            raise AssertionError("opened")
    assert refused.value.response.status_code == 403


def call(street: Street, origin: str | None) -> connect:
    """A socket to Ada's host, opened by a page of ``origin``."""
    url = f"ws://ada.localhost:{street.port}/call"
    return connect(url, origin=Origin(origin) if origin else None, host="127.0.0.1", port=street.port)


def test_an_origin_is_compared_as_a_whole() -> None:
    host = {"host": "visits.example"}
    assert is_same_origin(host | {"origin": "https://visits.example"}, ORIGINS)
    assert is_same_origin(host | {"origin": "https://VISITS.example:443"}, ORIGINS)
    for other in (
        "http://visits.example",
        "https://visits.example:8443",
        "https://visits.example.evil.example",
        "https://evil.example/https://visits.example",
        "https://visits.example/",
        "",
    ):
        assert not is_same_origin(host | {"origin": other}, ORIGINS), other


def test_a_host_that_is_not_ours_is_never_same_origin() -> None:
    assert own_origin("evil.example", ORIGINS) is None
    assert own_origin(None, ORIGINS) is None
    assert own_origin("VISITS.example:443", ORIGINS) == "https://visits.example"
    assert not is_same_origin({"host": "evil.example", "origin": "https://evil.example"}, ORIGINS)
    assert not is_own_page({"host": "evil.example", "sec-fetch-site": "same-origin"}, ORIGINS)


def test_without_origin_the_browsers_own_word_counts() -> None:
    host = {"host": "localhost:8000"}
    assert is_own_page(host | {"sec-fetch-site": "same-origin"}, ORIGINS)
    for site in ("same-site", "cross-site", "none", ""):
        assert not is_own_page(host | {"sec-fetch-site": site}, ORIGINS)
    assert not is_own_page(host | {"sec-fetch-site": "same-origin", "origin": "null"}, ORIGINS)


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_invented_pair_of_headers_is_ours(host: str, origin: str) -> None:
    if own_origin(host, ORIGINS) is None or origin.lower().removesuffix(":443") not in ORIGINS:
        assert not is_same_origin({"host": host, "origin": origin}, ORIGINS)
