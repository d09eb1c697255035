"""The provider tells the clinic directly that somebody signed out."""

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from redis.asyncio import Redis

from server.auth.sessions import key_of
from server.auth.settings import LimitSettings
from server.auth.tokens import LOGOUT_EVENT
from tests.server.auth import street as streets
from tests.server.auth.street import KEY, Browser, Street


async def signed_in(street: Street, browser: Browser, who: str) -> Any:
    host = street.host(who)
    await browser.get(f"{host}/sign-in/start?login_hint={who}")
    session = await street.sessions.read(key_of(browser.cookie(f"{who}.localhost") or ""), street.clock())
    assert session is not None
    return session


async def send(street: Street, token: str) -> tuple[int, str]:
    answer = await street.http.post(f"{street.clinic}/back-channel-logout", data={"logout_token": token})
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.text


async def test_signing_out_at_the_provider_ends_all_sessions_of_that_person(street: Street, browser: Browser) -> None:
    ada, drew = await signed_in(street, browser, "ada"), await signed_in(street, browser, "drew")
    assert await street.provider.log_out_everywhere(street.http, "ada") == 200
    assert await street.sessions.read(ada.key, street.clock()) is None
    assert await street.sessions.read(drew.key, street.clock()) is not None


async def test_one_provider_session_can_be_ended_alone(street: Street, browser: Browser) -> None:
    first = await signed_in(street, browser, "ada")
    browser.cookies.clear()
    second = await signed_in(street, browser, "ada")
    assert first.sid != second.sid
    assert await send(street, street.provider.logout_token(None, first.sid)) == (200, "")
    assert await street.sessions.read(first.key, street.clock()) is None
    assert await street.sessions.read(second.key, street.clock()) is not None


async def test_a_replayed_logout_token_is_refused(street: Street, browser: Browser) -> None:
    token = street.provider.logout_token("ada", None)
    assert (await send(street, token))[0] == 200
    session = await signed_in(street, browser, "ada")
    status, text = await send(street, token)
    assert (status, "token_jti" in text) == (400, True)
    assert await street.sessions.read(session.key, street.clock()) is not None


def forged(street: Street, how: str) -> str:
    now = int(street.clock().timestamp())
    claims: dict[str, Any] = {
        "iss": street.issuer,
        "aud": "titrate",
        "sub": "ada",
        "iat": now,
        "exp": now + 60,
        "jti": how,
        "events": {LOGOUT_EVENT: {}},
    }
    key, algorithm, kid = KEY, "RS256", KEY.kid
    match how:
        case "another key":
            key = RSAKey.generate_key(2048)
        case "unknown key id":
            key, kid = RSAKey.generate_key(2048), "invented"
        case "another audience":
            claims["aud"] = "another"
        case "an id token":
            claims = claims | {"nonce": "n"}
        case "old":
            claims |= {"iat": now - 3600, "exp": now - 3000}
        case "unsigned":
            parts = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in ({"alg": "none"}, claims))
            return ".".join(part.decode().rstrip("=") for part in parts) + "."
        case _:
            raise AssertionError(how)
    return jwt.encode({"alg": algorithm, "kid": kid, "typ": "logout+jwt"}, claims, key, [algorithm])


@pytest.mark.parametrize("how", ["another key", "unknown key id", "another audience", "an id token", "old", "unsigned"])
async def test_a_forged_logout_token_ends_nothing(street: Street, browser: Browser, how: str) -> None:
    session = await signed_in(street, browser, "ada")
    status, _ = await send(street, forged(street, how))
    assert status == 400
    assert await street.sessions.read(session.key, street.clock()) is not None


async def test_no_token_is_a_bad_request(street: Street) -> None:
    assert (await send(street, ""))[0] == 400
    assert (await send(street, "x" * 100_000))[0] == 400
    twice = {"logout_token": ["x", street.provider.logout_token("ada", None)]}
    assert (await street.http.post(f"{street.clinic}/back-channel-logout", data=twice)).status_code == 400
    many = {f"field{number}": "x" for number in range(20)}
    assert (await street.http.post(f"{street.clinic}/back-channel-logout", data=many)).status_code == 400
    assert (await street.http.get(f"{street.clinic}/back-channel-logout")).status_code == 405


async def test_a_provider_that_changed_its_key_is_asked_once_more(street: Street, browser: Browser) -> None:
    """The clinic knows the old key; the new key's first token makes it fetch, an invented key's next does not."""
    session = await signed_in(street, browser, "ada")
    street.clock.pass_by(seconds=11)
    asked_before = street.provider_house.requests
    assert (await send(street, forged(street, "unknown key id")))[0] == 400
    assert street.provider_house.requests == asked_before + 1
    assert (await send(street, forged(street, "unknown key id")))[0] == 400
    assert street.provider_house.requests == asked_before + 1
    assert await street.sessions.read(session.key, street.clock()) is not None


async def test_logout_tokens_are_rate_limited(redis: Redis) -> None:
    async with streets.street(redis, limits=LimitSettings(logout_tokens=2)) as street:
        statuses = [(await send(street, "x"))[0] for _ in range(3)]
    assert statuses == [400, 400, 429]
