"""Signing in and out, over real sockets, with the provider on another origin."""

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from redis.asyncio import Redis

from server.auth.actor import BROWSER_COOKIE, SESSION_COOKIE
from server.auth.routes import safe_next
from server.auth.sessions import key_of
from tests.server.auth import street as streets
from tests.server.auth.street import Browser, Street, person_of


async def begin(street: Street, browser: Browser, who: str = "ada", *, at: str = "") -> str:
    """Begin a sign-in and let the provider answer; returns the callback's address, not yet opened."""
    answer = await browser.get(f"{at or street.clinic}/sign-in/start?login_hint={who}", follow=False)
    answer = await browser.get(answer.headers["location"], follow=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_ada_signs_in_and_is_herself(street: Street, browser: Browser) -> None:
    answer = await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada")
    assert browser.url == f"{street.clinic}/home"
    assert answer.json()["person"] == str(person_of("ada"))
    assert answer.json()["roles"] == ["patient"]


async def test_the_request_carries_state_nonce_and_s256(street: Street, browser: Browser) -> None:
    answer = await browser.get(f"{street.clinic}/sign-in/start", follow=False)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert asked["redirect_uri"] == [f"{street.clinic}/sign-in/callback"]
    assert asked["response_type"] == ["code"]


async def test_two_hosts_of_one_browser_hold_two_people(street: Street, browser: Browser) -> None:
    await browser.get(f"{street.host('ada')}/sign-in/start?login_hint=ada")
    await browser.get(f"{street.host('drew')}/sign-in/start?login_hint=drew")
    ada = await browser.get(f"{street.host('ada')}/home")
    drew = await browser.get(f"{street.host('drew')}/home")
    nobody = await browser.get(f"{street.clinic}/home")
    assert ada.json()["person"] == str(person_of("ada"))
    assert drew.json()["person"] == str(person_of("drew"))
    assert nobody.status_code == 401


async def test_without_a_hint_the_provider_shows_its_cards_and_a_card_signs_in_here(
    street: Street, browser: Browser
) -> None:
    cards = await browser.get(f"{street.clinic}/sign-in/start?next=/visits/7")
    assert browser.url.startswith(f"{street.issuer}/authorize")
    assert "ada" in cards.text
    await browser.get(f"{browser.url}&login_hint=ada", follow=True)
    assert browser.url == f"{street.clinic}/visits/7"
    assert browser.cookie("localhost")


async def test_cookies_are_host_bound_secure_and_unreadable_by_scripts(street: Street, browser: Browser) -> None:
    await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada")
    ours = [line for line in browser.set_cookies if line.startswith(f"{SESSION_COOKIE}=")]
    assert len(ours) == 1
    flags = {part.strip().lower() for part in ours[0].split(";")[1:]}
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= flags
    assert not any(part.startswith(("domain", "max-age", "expires")) for part in flags)
    assert len(browser.cookie("localhost") or "") >= 43


async def test_a_session_id_given_by_somebody_else_is_never_taken_over(street: Street, browser: Browser) -> None:
    browser.cookies["localhost"] = {SESSION_COOKIE: "chosen-by-an-attacker"}
    await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada")
    assert browser.cookie("localhost") not in {None, "chosen-by-an-attacker"}
    assert await street.sessions.read(key_of("chosen-by-an-attacker"), street.clock()) is None


async def test_signing_in_again_ends_the_session_before(street: Street, browser: Browser) -> None:
    await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada")
    before = browser.cookie("localhost") or ""
    await browser.get(f"{street.clinic}/sign-in/start?login_hint=drew")
    after = browser.cookie("localhost") or ""
    assert before != after
    assert await street.sessions.read(key_of(before), street.clock()) is None
    assert await street.sessions.read(key_of(after), street.clock()) is not None


async def test_redis_holds_no_id_that_a_browser_could_present(street: Street, browser: Browser) -> None:
    await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada")
    session_id = (browser.cookie("localhost") or "").encode()
    assert session_id
    async for name in street.redis.scan_iter():
        kind = await street.redis.type(name)
        value = await (street.redis.hgetall(name) if kind == b"hash" else street.redis.dump(name))
        assert session_id not in name
        assert session_id not in repr(value).encode()


async def test_a_callback_is_good_once(street: Street, browser: Browser) -> None:
    url = await begin(street, browser)
    assert (await browser.get(url)).status_code == 200
    again = await browser.get(url)
    assert again.status_code == 400
    assert 'data-code="state"' in again.text


async def test_another_browser_cannot_finish_a_sign_in(street: Street, browser: Browser) -> None:
    url = await begin(street, browser)
    async with httpx2.AsyncClient(verify=False) as http:
        victim = Browser(http)
        assert (await victim.get(url)).status_code == 400
        await victim.get(f"{street.clinic}/sign-in/start", follow=False)
        assert victim.cookie("localhost", BROWSER_COOKIE)
        assert (await victim.get(url)).status_code == 400
        assert victim.cookie("localhost") is None
    assert (await browser.get(url)).status_code == 200


@pytest.mark.parametrize("change", [{"state": "x" * 43}, {"state": ""}, {"code": ""}, {"iss": "https://evil.example"}])
async def test_a_changed_answer_signs_nobody_in(street: Street, browser: Browser, change: dict[str, str]) -> None:
    url = httpx2.URL(await begin(street, browser))
    assert set(change) <= set(url.params)
    answer = await browser.get(str(url.copy_merge_params(change)))
    assert answer.status_code == 400
    assert browser.cookie("localhost") is None


async def test_an_answer_at_another_host_of_ours_signs_nobody_in(street: Street, browser: Browser) -> None:
    url = await begin(street, browser, at=street.host("ada"))
    browser.cookies["drew.localhost"] = dict(browser.cookies["ada.localhost"])
    answer = await browser.get(url.replace("ada.localhost", "drew.localhost"))
    assert answer.status_code == 400
    assert browser.cookie("drew.localhost") is None


async def test_an_address_that_is_not_ours_begins_nothing(street: Street, browser: Browser) -> None:
    answer = await browser.get(f"http://evil.localhost:{street.port}/sign-in/start?login_hint=ada")
    assert answer.status_code == 400
    assert 'data-code="address"' in answer.text


async def test_an_attempt_older_than_ten_minutes_is_forgotten(street: Street, browser: Browser) -> None:
    await begin(street, browser)
    names = [name async for name in street.redis.scan_iter("titrate:attempt:*")]
    assert len(names) == 1
    assert 0 < await street.redis.ttl(names[0]) <= 600


async def test_somebody_the_clinic_does_not_know_gets_a_friendly_no_access(street: Street, browser: Browser) -> None:
    answer = await browser.get(f"{street.clinic}/sign-in/start?login_hint=sam")
    assert browser.url == f"{street.clinic}/no-access"
    assert answer.status_code == 403
    assert street.issuer in answer.text
    assert "sam" in answer.text
    assert browser.cookie("localhost") is None
    await browser.post(f"{street.clinic}/sign-out")
    assert browser.url == f"{street.clinic}/signed-out"
    await browser.get(f"{street.clinic}/no-access")
    assert browser.url == f"{street.clinic}/sign-in"


async def test_a_stranger_who_signs_in_over_ada_ends_her_session(street: Street, browser: Browser) -> None:
    await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada")
    assert (await browser.get(f"{street.clinic}/home")).status_code == 200
    await browser.get(f"{street.clinic}/sign-in/start?login_hint=sam")
    assert (await browser.get(f"{street.clinic}/home")).status_code == 401


async def test_signing_out_ends_the_session_and_visits_the_provider(street: Street, browser: Browser) -> None:
    home = await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada")
    session_id = browser.cookie("localhost") or ""
    token = home.json()["csrf"]
    answer = await browser.post(f"{street.clinic}/sign-out", {"csrf_token": token}, follow=False)
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == f"{street.issuer}/end-session"
    assert parse_qs(target.query)["id_token_hint"][0].count(".") == 2
    assert browser.cookie("localhost") is None
    assert await street.sessions.read(key_of(session_id), street.clock()) is None
    await browser.get(answer.headers["location"])
    assert browser.url == f"{street.clinic}/signed-out"


async def test_signing_out_works_when_the_provider_is_away(street: Street, browser: Browser) -> None:
    home = await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada")
    key = key_of(browser.cookie("localhost") or "")
    for _ in range(6):  # what was learnt of the provider is older than an hour, the session is alive
        street.clock.pass_by(minutes=14)
        assert await street.sessions.touch(key, street.clock())
    street.provider_house.away = True
    token = home.json()["csrf"]
    answer = await browser.post(f"{street.clinic}/sign-out", {"csrf_token": token}, follow=False)
    assert answer.headers["location"] == "/signed-out"
    assert await street.sessions.read(key, street.clock()) is None


async def test_a_provider_that_is_away_is_said_and_tried_again_later(street: Street, browser: Browser) -> None:
    street.provider_house.away = True
    answer = await browser.get(f"{street.clinic}/sign-in/start")
    assert answer.status_code == 503
    assert "try again soon" in answer.text
    street.provider_house.away = False
    assert (await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada")).status_code == 200


@pytest.mark.parametrize(
    "hostile",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "///evil.example",
        "/sign-in/start",
        "",
    ],
)
async def test_next_never_leads_away(street: Street, browser: Browser, hostile: str) -> None:
    assert safe_next(hostile) == "/home"
    start = httpx2.URL(f"{street.clinic}/sign-in/start", params={"login_hint": "ada", "next": hostile})
    await browser.get(str(start))
    assert browser.url == f"{street.clinic}/home"


def test_next_keeps_a_path_of_ours_with_its_query() -> None:
    assert safe_next("/visits/7?tab=notes&at=https://x.example") == "/visits/7?tab=notes&at=https://x.example"


async def test_a_max_age_is_asked_for_and_proven(redis: Redis, browser: Browser) -> None:
    async with streets.street(redis, max_age_s=300) as street:
        answer = await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada", follow=False)
        assert parse_qs(urlsplit(answer.headers["location"]).query)["max_age"] == ["300"]
        answer = await browser.get(answer.headers["location"])
        assert answer.status_code == 200
