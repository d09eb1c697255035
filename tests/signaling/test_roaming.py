"""Stock aiortc clients behind an address that changes on the way. Like Firefox, they nominate once and never again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.network.line import ADDRESS, Line, poor_line
from tests.signaling.house import House, open_house
from tests.signaling.robot import WIDTH, Robot

IN_FLIGHT = 10


@pytest.fixture
async def visit(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[House, Line]]:
    monkeypatch.setattr("aioice.ice.CONSENT_INTERVAL", 0.5)  # a browser's is 5 s
    monkeypatch.setattr("signaling.sfu.paths.SILENT_PATH_US", 500_000)
    async with open_house(redis_url, (ADDRESS,)) as house, poor_line(house.port) as line:
        yield house, line


async def test_a_browser_that_does_not_nominate_again_is_followed(visit: tuple[House, Line]) -> None:
    house, line = visit
    async with AsyncExitStack() as stack:
        ada, drew = [await stack.enter_async_context(Robot(house.join(name))) for name in ("ada", "drew")]
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
