"""Fixtures of signing in: a street, and a browser on it."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from redis.asyncio import Redis

from tests.server.auth import street as streets
from tests.server.auth.street import Browser, Street


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def street(redis: Redis) -> AsyncIterator[Street]:
    async with streets.street(redis) as houses:
        yield houses


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with httpx2.AsyncClient(verify=False) as http:
        yield Browser(http)
