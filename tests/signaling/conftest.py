"""Fixtures of the call tests."""

from collections.abc import AsyncIterator

import pytest

from tests.signaling.house import House, open_house


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    """A running house for calls."""
    async with open_house(redis_url) as opened:
        yield opened
