"""How often one address may try, counted in a real Valkey."""

from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from server.auth.errors import TooManyRequests
from server.auth.settings import LimitSettings
from server.http.rate_limits import RateLimit, RateLimits, bucket
from tests.server.auth import street as streets
from tests.server.auth.street import Browser

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
FEW = LimitSettings(starts=3, failures=2, refusals=2, window_s=300)


async def test_beyond_the_limit_it_says_how_long_to_wait(redis: Redis) -> None:
    limits = RateLimits(redis, FEW)
    for expected in (1, 2):
        assert (await limits.count(RateLimit.REFUSAL, "192.0.2.1", NOW + timedelta(seconds=100))).count == expected
    with pytest.raises(TooManyRequests) as caught:
        await limits.count(RateLimit.REFUSAL, "192.0.2.1", NOW + timedelta(seconds=100))
    assert caught.value.retry_after_s == 200
    assert caught.value.code == "too_many_refusal"


async def test_the_next_window_the_next_address_and_the_next_rule_begin_anew(redis: Redis) -> None:
    limits = RateLimits(redis, FEW)
    for _ in range(2):
        await limits.count(RateLimit.REFUSAL, "192.0.2.1", NOW)
    await limits.count(RateLimit.REFUSAL, "192.0.2.2", NOW)
    await limits.count(RateLimit.START, "192.0.2.1", NOW)
    await limits.count(RateLimit.REFUSAL, "192.0.2.1", NOW + timedelta(seconds=300))
    with pytest.raises(TooManyRequests):
        await limits.count(RateLimit.REFUSAL, "192.0.2.1", NOW)


async def test_people_count_before_their_address(redis: Redis) -> None:
    limits = RateLimits(redis, FEW)
    for _ in range(2):
        await limits.count(RateLimit.FAILURE, "192.0.2.1", NOW, browser="confused")
    with pytest.raises(TooManyRequests):
        await limits.check(RateLimit.FAILURE, "192.0.2.1", NOW, browser="confused")
    await limits.check(RateLimit.FAILURE, "192.0.2.1", NOW)
    for number in range(17):  # ten times two, with the confused one's
        await limits.count(RateLimit.FAILURE, "192.0.2.1", NOW, browser=f"colleague {number}")
    await limits.count(RateLimit.FAILURE, "192.0.2.1", NOW, browser="the twentieth")
    with pytest.raises(TooManyRequests):
        await limits.count(RateLimit.FAILURE, "192.0.2.1", NOW, browser="somebody who makes up a browser each time")
    assert not [name for name in await redis.keys("*") if "confused" in str(name)], "no cookie is kept"


async def test_looking_counts_nothing(redis: Redis) -> None:
    limits = RateLimits(redis, FEW)
    for _ in range(5):
        await limits.check(RateLimit.REFUSAL, "192.0.2.1", NOW)
    for _ in range(2):
        await limits.count(RateLimit.REFUSAL, "192.0.2.1", NOW)
    with pytest.raises(TooManyRequests):
        await limits.check(RateLimit.REFUSAL, "192.0.2.1", NOW)


async def test_counters_vanish_by_themselves(redis: Redis) -> None:
    await RateLimits(redis, FEW).count(RateLimit.REFUSAL, "192.0.2.1", NOW)
    names = [name async for name in redis.scan_iter("*")]
    assert len(names) == 1
    assert 0 < await redis.ttl(names[0]) <= 300


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("not an address", "", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_one_subscriber_is_one_address(one: str, other: str, same: bool) -> None:
    assert (bucket(one) == bucket(other)) is same


@pytest.mark.parametrize(
    ("seconds", "wait"), [(1, "1 minute"), (60, "1 minute"), (61, "2 minutes"), (300, "5 minutes")]
)
def test_who_tries_too_often_is_told_how_long_to_wait(seconds: int, wait: str) -> None:
    assert str(TooManyRequests("rule", seconds)) == f"Too many tries. Wait {wait} and try again."


async def test_beginning_too_often_is_answered_429(redis: Redis, browser: Browser) -> None:
    async with streets.street(redis, limits=FEW) as street:
        street.clock.now = NOW
        statuses = [(await browser.get(f"{street.clinic}/sign-in/start", follow=False)).status_code for _ in range(5)]
        assert statuses == [303, 303, 303, 303, 429], "the first one was counted by the address: it showed no cookie"
        answer = await browser.get(f"{street.clinic}/sign-in/start", follow=False)
        assert answer.headers["retry-after"] == "300"
        street.clock.pass_by(minutes=5)
        assert (await browser.get(f"{street.clinic}/sign-in/start", follow=False)).status_code == 303


async def test_guessing_answers_closes_the_callback_for_a_while(redis: Redis, browser: Browser) -> None:
    async with streets.street(redis, limits=FEW) as street:
        street.clock.now = NOW
        guess = f"{street.clinic}/sign-in/callback?state=guess&code=guess"
        assert [(await browser.get(guess)).status_code for _ in range(3)] == [400, 400, 429]
        # The right answer waits too, and so does a new beginning; nothing tells a guesser what was right.
        answer = await browser.get(f"{street.clinic}/sign-in/start?login_hint=ada", follow=False)
        assert answer.status_code == 429


async def test_strangers_count_as_failures(redis: Redis, browser: Browser) -> None:
    async with streets.street(redis, limits=FEW) as street:
        street.clock.now = NOW
        statuses = [(await browser.get(f"{street.clinic}/sign-in/start?login_hint=sam")).status_code for _ in range(3)]
        assert statuses == [403, 403, 429]


async def test_declining_at_the_provider_is_no_failure(redis: Redis, browser: Browser) -> None:
    async with streets.street(redis, limits=FEW) as street:
        street.clock.now = NOW
        for _ in range(3):
            answer = await browser.get(f"{street.clinic}/sign-in/start", follow=False)
            state = str(answer.next_request.url.params["state"]) if answer.next_request else ""
            declined = f"{street.clinic}/sign-in/callback?error=access_denied&state={state}&iss={street.issuer}"
            answer = await browser.get(declined)
            assert (answer.status_code, 'data-code="declined"' in answer.text) == (400, True)
