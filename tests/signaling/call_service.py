"""A small house for calls: a gateway and a media process on a real Valkey, sockets in memory, media over real UDP."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from signaling import protocol, tickets
from signaling.bus.bus import Bus
from signaling.errors import SocketClosed
from signaling.ids import PeerId, RoomId
from signaling.node import media
from signaling.node.hub import Hub
from signaling.protocol import ClientMessage, Goodbye, Hello, ServerMessage
from signaling.web.gateway import Gateway

KEY = b"house" * 8
T = TypeVar("T", bound=ServerMessage)


def clock() -> datetime:
    """The tests' own clock is the wall clock: nothing here depends on the hour."""
    return datetime.now(UTC)


class PairedSocket:
    """Both ends of a WebSocket. `drop` is a network that vanished: nothing more arrives either way, nobody is told."""

    def __init__(self) -> None:
        self.to_server: asyncio.Queue[str | None] = asyncio.Queue()
        self.to_page: asyncio.Queue[str] = asyncio.Queue()
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.dropped = False

    async def receive_text(self) -> str:
        text = await self.to_server.get()
        if text is None:
            raise SocketClosed
        return text

    async def send_text(self, text: str) -> None:
        if not self.dropped:
            self.to_page.put_nowait(text)

    async def close(self, code: int, reason: str) -> None:
        if not self.closed.done():
            self.closed.set_result(code)


@dataclass
class Page:
    """One browser page, as far as the socket goes."""

    socket: PairedSocket
    serving: asyncio.Task[None]
    heard: list[ServerMessage] = field(default_factory=list)

    def say(self, message: ClientMessage) -> None:
        self.socket.to_server.put_nowait(protocol.serialize(message))

    def say_raw(self, text: str) -> None:
        self.socket.to_server.put_nowait(text)

    def vanish(self) -> None:
        """The browser is gone and the system closed its TCP connection."""
        self.socket.to_server.put_nowait(None)

    async def hear(self, kind: type[T], when: Callable[[T], bool] = lambda _: True, within_s: float = 10) -> T:
        """The next message of this kind for which `when` holds; others before it are kept in `heard`."""
        async with asyncio.timeout(within_s):
            while True:
                message = protocol.parse_server(await self.socket.to_page.get())
                self.heard.append(message)
                if isinstance(message, kind) and when(message):
                    return message

    async def goodbye(self, within_s: float = 20) -> tuple[int, Goodbye]:
        """The close code and the last words."""
        last = await self.hear(Goodbye, within_s=within_s)
        async with asyncio.timeout(5):
            return await self.socket.closed, last


@dataclass
class CallService:
    """What a test talks to."""

    bus: Bus
    gateway: Gateway
    hub: Hub
    port: int
    media: asyncio.Task[None]
    room: RoomId = field(default_factory=lambda: RoomId(secrets.token_urlsafe(16)))
    allowed: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    unrecorded: set[str] = field(default_factory=set)

    def ticket(self, who: str, rights: frozenset[tickets.Right] = tickets.FULL_RIGHTS, room: str | None = None) -> str:
        return tickets.mint(
            KEY, visit="v", room=room or self.room, participant=who, part="patient", rights=rights, now=clock()
        )

    def open(self, who: str) -> Page:
        """A socket that the web process serves for `who`; nothing is said yet."""

        async def allowed() -> bool:
            return who not in self.refused

        def check(text: str) -> tickets.Ticket:
            return tickets.check(text, key=KEY, now=clock(), visit="v", participant=who)

        async def joining(ticket: tickets.Ticket) -> bool:
            return who not in self.unrecorded

        socket = PairedSocket()
        return Page(socket, asyncio.create_task(self.gateway.serve(socket, check, allowed, joining)))

    def join(self, who: str, rights: frozenset[tickets.Right] = tickets.FULL_RIGHTS, resume: str | None = None) -> Page:
        """A page of `who` that has said hello."""
        page = self.open(who)
        peer = PeerId(resume) if resume else None
        page.say(Hello(protocol.VERSION, self.ticket(who, rights), self.room, peer))
        return page


@asynccontextmanager
async def open_call_service(redis_url: str, announced: tuple[str, ...] = ()) -> AsyncIterator[CallService]:
    """Everything started, and at the end stopped, in order. `announced`: as in `media.MediaSettings`."""
    async with Bus.open(redis_url, f"house-{secrets.token_hex(3)}") as bus, Gateway.open(bus) as gateway:
        task, hub, port = await start_media(bus, announced)
        service = CallService(bus, gateway, hub, port, task)
        try:
            yield service
        finally:
            await stop_media(service.media)


async def until(condition: Callable[[], bool], within_s: float) -> None:
    """Wait for something that no event tells of."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def start_media(bus: Bus, announced: tuple[str, ...] = (), port: int = 0) -> tuple[asyncio.Task[None], Hub, int]:
    """A media process as a task of this loop, once it is ready."""
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    hubs: list[Hub] = []
    settings = media.MediaSettings(hosts=("0.0.0.0",), port=port, announced=announced)
    task = asyncio.create_task(media.run(settings, bus, clock=clock, ready=ready.set_result, observe=hubs.append))
    waited: list[asyncio.Future[None] | asyncio.Future[int]] = [task, ready]
    await asyncio.wait(waited, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    return task, hubs[0], await ready


async def stop_media(task: asyncio.Task[None]) -> None:
    """Stop it as Ctrl-C would."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
