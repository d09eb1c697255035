"""A house for calls that real browsers can join: a small HTTP server, a gateway, a media process of its own."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import uvicorn
from playwright.async_api import Browser, Page, async_playwright
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from signaling import tickets
from signaling.bus.bus import Bus
from signaling.errors import SocketClosed
from signaling.web.gateway import Gateway
from tests.browser.program import chromium_path

HERE = Path(__file__).parent
JAVASCRIPT = HERE.parent.parent / "visit_ui" / "static" / "js"
KEY = b"browser" * 6
LOOPBACK_FLAG = "--allow-loopback-in-peer-connection"
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream=fps=30",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)


class Window(Protocol):
    """What Playwright's pages and Firefox's have in common."""

    async def evaluate(self, expression: str, arg: Any = None) -> Any:
        """What a function of the page gives."""


class StarletteSocket:
    """A Starlette WebSocket as the gateway wants it. `told`: what is written instead of the text to be sent."""

    def __init__(self, socket: WebSocket, told: Callable[[str], str] = str) -> None:
        self._socket = socket
        self._told = told

    async def receive_text(self) -> str:
        message = await self._socket.receive()
        if message["type"] != "websocket.receive" or message.get("text") is None:
            raise SocketClosed
        return str(message["text"])

    async def send_text(self, text: str) -> None:
        try:
            await self._socket.send_text(self._told(text))
        except (WebSocketDisconnect, RuntimeError) as error:
            raise SocketClosed from error

    async def close(self, code: int, reason: str) -> None:
        try:
            await self._socket.close(code, reason)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise SocketClosed from error


@dataclass
class MediaProcess:
    """A running media process."""

    process: asyncio.subprocess.Process
    port: int

    async def stop(self) -> None:
        """As an operator would: SIGTERM, then its end."""
        if self.process.returncode is None:
            self.process.terminate()
        await asyncio.wait_for(self.process.wait(), 10)


async def start_media(redis_url: str, prefix: str, host: str, *announced: str) -> MediaProcess:
    """A media process that browsers may come to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.browser.media_process",
        redis_url,
        prefix,
        host,
        *announced,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    port = await asyncio.wait_for(process.stdout.readline(), 15)
    return MediaProcess(process, int(port))


@dataclass
class BrowserCallService:
    """What a browser test talks to."""

    redis_url: str
    prefix: str
    bus: Bus
    gateway: Gateway
    media: MediaProcess
    base: str
    browser: Browser
    host: str
    room: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    refused: set[str] = field(default_factory=set)
    told_port: int | None = None
    """The UDP port that browsers are told instead of the media process's own, as behind a router that forwards it."""
    errors: list[str] = field(default_factory=list)

    def url(self, who: str, rights: frozenset[tickets.Right], camera: str) -> str:
        """The address of the harness page for `who`, with a fresh ticket."""
        now = datetime.now(UTC)
        ticket = tickets.mint(KEY, visit="v", room=self.room, participant=who, part="patient", rights=rights, now=now)
        return f"{self.base}/?{urlencode({'who': who, 'ticket': ticket, 'room': self.room, 'camera': camera})}"

    def told(self, text: str) -> str:
        """A message as the browsers get it."""
        return (
            text
            if self.told_port is None
            else text.replace(f" {self.media.port} typ host", f" {self.told_port} typ host")
        )

    async def join(self, who: str, rights: frozenset[tickets.Right] = tickets.FULL_RIGHTS, camera: str = "on") -> Page:
        """A new page of `who` in the call."""
        page = await self.browser.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"{who}: {error}"))
        await page.goto(self.url(who, rights, camera))
        await page.wait_for_function("window.harness?.ready")
        return page


@asynccontextmanager
async def a_room(service: BrowserCallService) -> AsyncIterator[BrowserCallService]:
    """The service, with a room of its own and no window; at the end those are closed that were opened."""
    service.room = secrets.token_urlsafe(16)
    try:
        yield service
    finally:
        for context in service.browser.contexts:
            await context.close()
        errors = service.errors.copy()
        service.refused.clear()
        service.errors.clear()
    assert not errors


@asynccontextmanager
async def browser_call_service(
    redis_url: str, *announced: str, loopback: bool = True, host: str = "0.0.0.0"
) -> AsyncIterator[BrowserCallService]:
    """Everything started, and at the end stopped, in order."""
    prefix = f"calls-{secrets.token_hex(3)}"
    async with Bus.open(redis_url, prefix) as bus, Gateway.open(bus) as gateway, async_playwright() as playwright:
        media = await start_media(redis_url, prefix, host, *announced)
        houses: list[BrowserCallService] = []
        server, serving = await _serve(_app(gateway, houses))
        base = f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
        arguments = [*CHROMIUM, LOOPBACK_FLAG] if loopback else [*CHROMIUM]
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        service = BrowserCallService(redis_url, prefix, bus, gateway, media, base, browser, host)
        houses.append(service)
        try:
            yield service
            assert not service.errors
        finally:
            await browser.close()
            server.should_exit = True
            await serving
            await service.media.stop()


def _app(gateway: Gateway, houses: list[BrowserCallService]) -> Starlette:
    async def page(request: Any) -> FileResponse:
        return FileResponse(HERE / "call_harness.html")

    async def script(request: Any) -> FileResponse:
        return FileResponse(HERE / "call_harness.js", media_type="text/javascript")

    async def call(socket: WebSocket) -> None:
        await socket.accept()
        who = socket.path_params["who"]

        def check(text: str) -> tickets.Ticket:
            return tickets.check(text, key=KEY, now=datetime.now(UTC), visit="v", participant=who)

        async def allowed() -> bool:
            return who not in houses[0].refused

        async def joining(ticket: tickets.Ticket) -> bool:
            return True

        await gateway.serve(StarletteSocket(socket, houses[0].told), check, allowed, joining)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/harness.js", script),
            Mount("/static/js", StaticFiles(directory=JAVASCRIPT)),
            WebSocketRoute("/call/{who}", call),
        ]
    )


async def _serve(app: Starlette) -> tuple[uvicorn.Server, asyncio.Task[None]]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="websockets-sansio")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn offers no event for it
        await asyncio.sleep(0.01)
    return server, serving


async def grows(page: Window, kind: str, field: str, by: float, slots: int = 1, within_s: float = 60) -> None:
    """Wait until `field` of at least `slots` received streams of `kind` has grown by `by`."""
    await page.evaluate("async () => { window.before = await window.harness.received() }")
    script = """async ([kind, field, by, slots]) => {
        const now = await window.harness.received();
        const before = window.before;
        const grown = now[kind].filter((one, i) => (one[field] ?? 0) - (before[kind][i]?.[field] ?? 0) >= by);
        return grown.length >= slots;
    }"""
    async with asyncio.timeout(within_s):  # wait_for_function takes an async function's promise for true
        while not await page.evaluate(script, [kind, field, by, slots]):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def sees_and_hears(page: Window, others: int = 1) -> None:
    """Pictures of `others` people are decoded, and their sound is not silence."""
    await grows(page, "video", "frames", 15, others)
    await grows(page, "audio", "packets", 25, others)
    await grows(page, "audio", "energy", 1e-6, others)
    received = await page.evaluate("() => window.harness.received()")
    assert all(stream["width"] > 0 for stream in received["video"])
