"""A call of two that must stand whatever a third one does: real Valkey, gateway, media process and UDP."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from types import TracebackType
from typing import Self

import pytest

from signaling.protocol import Goodbye, Media, Ping, Pong, Roster, Sending, Welcome
from tests.signaling.call_service import CallService, Page, open_call_service
from tests.signaling.robot import Robot

WITHIN_S = 20


class Scene:
    """Drew and Noor are in a call with sound and picture; `play` lets something happen and sees that they still are.

    A context manager. It stands still while Hypothesis thinks, so nobody's patience may end by that. It is opened anew
    when the last thing that happened broke it, so that a smaller case can be looked for.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._runner = asyncio.Runner()
        self._patience = ExitStack()
        self._stack = AsyncExitStack()
        self._sound = False
        self._open = False
        self.service: CallService
        self.drew: Page
        self.noor: Robot

    def __enter__(self) -> Self:
        self._runner.__enter__()
        patch = self._patience.enter_context(pytest.MonkeyPatch.context())
        for name in ("bus.leases.NODE_TTL_S", "bus.leases.WEB_TTL_S", "web.connection.SILENCE_S"):
            patch.setattr(f"signaling.{name}", 600)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.__exit__(kind, error, at)
        self._patience.close()

    def play(self, attack: Callable[["Scene"], Awaitable[None]]) -> None:
        """Raises what breaks: TimeoutError when the call of the two does not go on, AssertionError for a fault.

        What only took too long is tried once more: a machine that stood still for seconds is nobody's message.
        """
        try:
            self._runner.run(self._play(attack))
        except TimeoutError:
            self._runner.run(self._play(attack))

    async def enter(self, robot: Robot) -> Robot:
        """A further one in the call, closed with the scene."""
        return await self._stack.enter_async_context(robot)

    async def _play(self, attack: Callable[["Scene"], Awaitable[None]]) -> None:
        if not self._open or self._over():
            self._open = False
            await self._begin()
        self._faults = self.service.bus.faults.total()
        self._open = False
        await attack(self)
        await self._goes_on()
        self._open = True

    def _over(self) -> bool:
        """Whether the call of the two has ended while nothing happened."""
        return any(page.serving.done() for page in (self.drew, self.noor.page))

    async def _begin(self) -> None:
        await self._stack.aclose()
        self.service = await self._stack.enter_async_context(open_call_service(self._redis_url))
        self.drew, noor = self.service.join("drew"), self.service.join("noor")
        await self.drew.hear(Roster, lambda r: len(r.people) == 2)
        drews = await self._stack.enter_async_context(Robot(self.drew))
        self.noor = await self._stack.enter_async_context(Robot(noor))
        await asyncio.gather(drews.connect(), self.noor.connect())
        await noor.hear(Media, lambda m: m.state == "connected", WITHIN_S)
        await self.noor.sees(0)

    async def _goes_on(self) -> None:
        """What Drew says is heard by Noor, and what Drew sends arrives."""
        self._sound = not self._sound
        self.drew.say(Sending(1, self._sound, True))
        noor = self.noor.page
        await noor.hear(
            Roster, lambda r: ("drew", self._sound) in {(p.participant, p.audio) for p in r.people}, WITHIN_S
        )
        before = await self.noor.packets()
        async with asyncio.timeout(WITHIN_S):
            while await self.noor.packets() == before:  # noqa: ASYNC110  # no event tells of a packet
                await asyncio.sleep(0.01)
        assert not self.service.media.done()
        assert self.service.bus.faults.total() == self._faults, self.service.bus.faults.kinds()
        for page in (self.drew, noor):
            assert not any(isinstance(message, Goodbye) for message in page.heard)
            page.heard.clear()
            while not page.socket.to_page.empty():
                page.socket.to_page.get_nowait()


async def settled(page: Page) -> None:
    """Everything that this page said was taken, or its socket is closed."""
    page.say(Ping(2**60))
    hearing = asyncio.create_task(page.hear(Pong, lambda pong: pong.id == 2**60, WITHIN_S))
    await asyncio.wait({hearing, page.serving}, return_when=asyncio.FIRST_COMPLETED, timeout=WITHIN_S)
    if not hearing.done():
        assert page.serving.done(), "neither answered nor closed"
        hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)


async def leaves(service: CallService, who: str) -> None:
    """Whatever happened, this one may come (back), and go."""
    page = service.join(who)
    await page.hear(Welcome, within_s=WITHIN_S)
    page.say_raw('{"type":"leave","id":1}')
    await page.goodbye(WITHIN_S)
    await page.serving
