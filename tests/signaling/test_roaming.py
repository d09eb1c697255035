"""Stock aiortc clients behind an address that changes on the way. Like Firefox, they nominate once and never again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.network.line import ADDRESS, Line, poor_line
from tests.signaling.call_service import CallService, open_call_service
from tests.signaling.robot import WIDTH, Robot

IN_FLIGHT = 10


@pytest.fixture
async def visit(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[CallService, Line]]:
    monkeypatch.setattr("aioice.ice.CONSENT_INTERVAL", 0.5)  # a browser's is 5 s
    monkeypatch.setattr("signaling.sfu.paths.SILENT_PATH_US", 500_000)
    async with open_call_service(redis_url, (ADDRESS,)) as service, poor_line(service.port) as line:
        yield service, line


async def test_a_browser_that_does_not_nominate_again_is_followed(visit: tuple[CallService, Line]) -> None:
    service, line = visit
    async with AsyncExitStack() as stack:
        ada, drew = [await stack.enter_async_context(Robot(service.join(name))) for name in ("ada", "drew")]
        for robot in (ada, drew):
            await robot.connect()
        for robot in (ada, drew):
            assert (await robot.sees(0)).width == WIDTH
        for client in line.busy():
            before = await ada.packets(), await drew.packets()
            await client.move()
            for robot, count in zip((ada, drew), before, strict=True):
                await receives(robot, count + IN_FLIGHT + 20)


async def receives(robot: Robot, packets: int) -> None:
    """Until so many packets have arrived in all. A picture would come later: aiortc waits long for what it misses."""
    async with asyncio.timeout(30):
        while await robot.packets() < packets:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
