"""CPU of the media process for each packet it sends on, against aiortc's MediaRelay in the same run.

One visit of two aiortc callers, 640x480 at 15 frames a second and Opus, first through our media process, then through
`stock_relay.py`; each in a process of its own, whose CPU time alone is counted. Ours twice: with transport-wide
feedback both ways, as browsers have it (`wide_feedback.py`), which is the figure that counts, and without. The stock
relay encodes anew at its own bitrate, so it sends fewer packets for the same pictures: see `relay.packets_out` and the
share of a core beside.
"""

import asyncio
import fractions
import json
import random
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import psutil
from aiortc import MediaStreamTrack
from av import VideoFrame

from signaling.bus.bus import Bus
from signaling.protocol import PING_EVERY_S, Answer, Offer, Ping, Roster
from signaling.web.gateway import Gateway
from tests.benchmarks import wide_feedback
from tests.benchmarks.figures import Figure
from tests.benchmarks.place import Place, run
from tests.browser.calls import start_media
from tests.signaling.call_service import CallService, Page
from tests.signaling.robot import Caller

SECONDS = 8.0
WIDTH, HEIGHT, RATE = 640, 480, 15


class Noise(MediaStreamTrack):
    """A picture with enough detail that a frame takes several packets."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._texture = random.Random(7).randbytes(WIDTH * HEIGHT * 2)
        self._count = 0

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(1 / RATE)
        self._count += 1
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane in frame.planes:
            start = self._count * 64 % (WIDTH * HEIGHT)
            plane.update(self._texture[start : start + plane.buffer_size])
        frame.pts, frame.time_base = self._count * 90_000 // RATE, fractions.Fraction(1, 90_000)
        return frame


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of the relay process and packets that it sent on, in `seconds`."""

    cpu_s: float
    packets: int
    seconds: float

    @property
    def us_per_packet(self) -> float:
        return self.cpu_s * 1e6 / self.packets

    @property
    def core_percent(self) -> float:
        return self.cpu_s * 100 / self.seconds


Exchange = Callable[[list[str]], Awaitable[list[str]]]
"""Offers in, answers out, in the same order."""


async def watch(process: psutil.Process, exchange: Exchange, seconds: float, *, wide: bool = False) -> Measured:
    """Connect two callers by `exchange`, let the picture settle, then count. `wide`: with transport-wide feedback."""
    async with AsyncExitStack() as stack:
        flows: list[wide_feedback.Flow] = []
        callers = [await stack.enter_async_context(Caller(1, Noise())) for _ in range(2)]
        offers = [await caller.offer() for caller in callers]
        answers = await exchange([wide_feedback.offered(offer) for offer in offers] if wide else offers)
        for caller, answer in zip(callers, answers, strict=True):
            await caller.accept(answer)
            if wide:
                flows.append(await stack.enter_async_context(wide_feedback.feedback(caller)))
        await asyncio.gather(*(caller.sees(0) for caller in callers))
        drains = [asyncio.create_task(_drain(caller)) for caller in callers]
        await asyncio.sleep(3)
        before, packets = process.cpu_times(), sum([await caller.packets() for caller in callers])
        await asyncio.sleep(seconds)
        after, later = process.cpu_times(), sum([await caller.packets() for caller in callers])
        assert all(flow.noted > 0 and flow.acknowledgments > 0 for flow in flows), flows
        for drain in drains:
            drain.cancel()
        await asyncio.gather(*drains, return_exceptions=True)
    cpu_s = after.user + after.system - before.user - before.system
    return Measured(cpu_s, later - packets, seconds)


async def _drain(caller: Caller) -> None:
    async def pictures() -> None:
        while True:
            await caller.sees(0)

    async def sounds() -> None:
        while True:
            await caller.hears(0)

    await asyncio.gather(pictures(), sounds())


async def ours(redis_url: str, seconds: float, *, wide: bool) -> Measured:
    """Through the media process."""
    prefix = f"bench-{secrets.token_hex(3)}"
    async with Bus.open(redis_url, prefix) as bus, Gateway.open(bus) as gateway:
        media = await start_media(redis_url, prefix, "0.0.0.0")
        service = CallService(bus, gateway, None, media.port, None)  # type: ignore[arg-type]  # hub and task are elsewhere

        async def exchange(offers: list[str]) -> list[str]:
            pages = [service.join(name) for name in ("ada", "drew")]
            await asyncio.gather(*(page.hear(Roster, lambda r: len(r.people) == 2) for page in pages))
            answers = []
            for page, offer in zip(pages, offers, strict=True):
                page.say(Offer(1, offer))
                answers.append((await page.hear(Answer)).sdp)
                pings.append(asyncio.create_task(_keep_alive(page)))
            return answers

        pings: list[asyncio.Task[None]] = []
        try:
            return await watch(psutil.Process(media.process.pid), exchange, seconds, wide=wide)
        finally:
            for ping in pings:
                ping.cancel()
            await asyncio.gather(*pings, return_exceptions=True)
            await media.stop()


async def _keep_alive(page: Page) -> None:
    while True:
        page.say(Ping(1))
        await asyncio.sleep(PING_EVERY_S)


async def stock(seconds: float) -> Measured:
    """Through aiortc's MediaRelay."""
    async with _stock_process() as process:
        assert process.stdin is not None
        assert process.stdout is not None

        async def exchange(offers: list[str]) -> list[str]:
            assert process.stdin is not None
            assert process.stdout is not None
            for offer in offers:
                process.stdin.write(json.dumps(offer).encode() + b"\n")
            return [json.loads(await process.stdout.readline()) for _ in offers]

        return await watch(psutil.Process(process.pid), exchange, seconds)


@asynccontextmanager
async def _stock_process() -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.stock_relay", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


def measure(place: Place) -> Sequence[Figure]:
    """Ours with feedback and without, then the stock relay, each for `SECONDS`."""
    return run(_measure(place.engines.redis(13)))


async def _measure(redis_url: str) -> Sequence[Figure]:
    relay = await ours(redis_url, SECONDS, wide=True)
    bare = await ours(redis_url, SECONDS, wide=False)
    against = await stock(SECONDS)
    each = Figure("relay.cpu_per_packet.stock", against.us_per_packet, "us")
    whole = Figure("relay.cpu_of_one_visit.stock", against.core_percent, "% of a core")
    rate = Figure("relay.packets_out.stock", against.packets / against.seconds, "1/s")
    return (
        Figure("relay.cpu_per_packet", relay.us_per_packet, "us").over(each),
        Figure("relay.cpu_per_packet.no_feedback", bare.us_per_packet, "us").over(each),
        each,
        Figure("relay.cpu_of_one_visit", relay.core_percent, "% of a core").over(whole),
        Figure("relay.cpu_of_one_visit.no_feedback", bare.core_percent, "% of a core").over(whole),
        whole,
        Figure("relay.packets_out", relay.packets / relay.seconds, "1/s").over(rate),
        rate,
    )
