"""From `kill -9` of the media process that holds a call to the other's picture on both sides, in real Chromium.

The dead process is started again by the supervisor that the demo has, at once, because each has run long enough to
count as steady. Twice: with one media process, whose successor
takes the room by its name; and with two, where the other one takes it when the lease ends, unless the successor is
quicker.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from playwright.async_api import Page
from redis.asyncio import Redis

from server.processes.supervising import STEADY_S
from tests.benchmarks.figures import Figure, spread
from tests.benchmarks.place import Place, run
from tests.chaos import pictures
from tests.chaos.clinic import Clinic, clinic
from tests.journeys.clinic import browsers

KILLS = 20
BACK_WITHIN_S = 30.0
MEDIAS = ("media", "second media")
GOAL_S = 4.0


def measure(place: Place) -> Sequence[Figure]:
    """`KILLS` kills with one media process, as many with two; on engines of their own, like those of `make chaos`."""
    del place
    goal = Figure("recovery.goal", GOAL_S, "s")
    found = [goal]
    for name, medias in (("recovery", 1), ("recovery.two", 2)):
        found += [one.over(goal) for one in spread(name, run(_measure(medias), most_s=900), "s")]
    return found


async def _measure(medias: int) -> list[float]:
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(clinic(webs=1, medias=medias))
        (one,) = await stack.enter_async_context(browsers(1, frames=pictures.FRAMES))
        contexts = [await one.new_context() for _ in range(2)]
        address = await here.house.another_visit("marcus", "drew")
        pages = await pictures.together(contexts[0], contexts[1], here.house, address)
        return [await _kill(here, pages, medias) for _ in range(KILLS)]


async def _kill(here: Clinic, pages: Sequence[Page], medias: int) -> float:
    """Seconds until the later of the two sees the other again."""
    name = await _holder(here, medias)
    await asyncio.sleep(max(0.0, here.supervisor.children[name].started + STEADY_S + 1 - time.monotonic()))
    name = await _holder(here, medias)
    at = time.time()
    here.kill(name)
    await asyncio.sleep(pictures.STILL_S)
    found = [await pictures.steady(page, at, BACK_WITHIN_S) for page in pages]
    back = [BACK_WITHIN_S if one is None else one.back_after(at) or 0.0 for one in found]
    return max(back)


async def _holder(here: Clinic, medias: int) -> str:
    """The child that holds the one room: its node's name ends with its port and a random part."""
    async with Redis.from_url(here.settings["REDIS_URL"], decode_responses=True) as redis:
        held = [str(await redis.get(key)) async for key in redis.scan_iter("titrate:holds:*")]
    ports = {here.supervisor.children[name].command.environment["MEDIA_PORT"]: name for name in MEDIAS[:medias]}
    return next(ports[node.rsplit("-", 1)[0].rsplit(":", 1)[1]] for node in held)
