"""Fixtures of the call tests."""

from collections.abc import AsyncIterator

import pytest

from tests.signaling.call_service import CallService, open_call_service


@pytest.fixture
async def service(redis_url: str) -> AsyncIterator[CallService]:
    """A running house for calls."""
    async with open_call_service(redis_url) as opened:
        yield opened
