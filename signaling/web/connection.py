"""One browser's socket in the web process: its limits, its outbox, its four small tasks."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Protocol

from signaling import protocol
from signaling.errors import CloseCode, Closing, Refusal, SocketClosed
from signaling.faults import Faults
from signaling.ids import ConnectionId
from signaling.protocol import MESSAGES_BURST, MESSAGES_PER_SECOND, SILENCE_S, Hello, Ping, Pong

OUTBOX = 64
"""Messages waiting for a slow page; a page further behind is closed and comes back."""
ALLOWED_EVERY_S = 2.0
SEND_WITHIN_S = 10.0


class Socket(Protocol):
    """What is needed of a WebSocket. `receive_text` raises SocketClosed when the other side is gone."""

    async def receive_text(self) -> str: ...

    async def send_text(self, text: str) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...


class Bucket:
    """Rate limit: MESSAGES_BURST at once, MESSAGES_PER_SECOND in the long run."""

    def __init__(self, now: float) -> None:
        self._level = float(MESSAGES_BURST)
        self._at = now

    def take(self, now: float) -> None:
        """Count one message. Raises Closing when there were too many."""
        self._level = min(float(MESSAGES_BURST), self._level + (now - self._at) * MESSAGES_PER_SECOND)
        self._at = now
        if self._level < 1:
            raise Closing(CloseCode.TOO_MANY)
        self._level -= 1


class Connection:
    """Made by the gateway; `run` returns when the socket is to be closed or is gone."""

    def __init__(self, id: ConnectionId, socket: Socket, faults: Faults) -> None:
        self.id = id
        self._faults = faults
        self._socket = socket
        self._outbox: asyncio.Queue[str] = asyncio.Queue(OUTBOX)
        self._end: asyncio.Future[CloseCode] = asyncio.get_running_loop().create_future()
        self._bucket = Bucket(monotonic())

    def tell(self, text: str) -> None:
        """Queue a message for the page."""
        try:
            self._outbox.put_nowait(text)
        except asyncio.QueueFull:
            self.hang_up(CloseCode.SILENT)

    def hang_up(self, code: CloseCode) -> None:
        """Say goodbye and close."""
        if not self._end.done():
            self._end.set_result(code)

    async def hello(self) -> Hello:
        """The first message. Raises Closing or SocketClosed."""
        try:
            async with asyncio.timeout(protocol.HELLO_WITHIN_S):
                text = await self._socket.receive_text()
        except TimeoutError as error:
            raise Closing(CloseCode.SILENT) from error
        try:
            message = protocol.parse(text)
        except Refusal as error:
            raise Closing(CloseCode.BAD_MESSAGE) from error
        if not isinstance(message, Hello):
            raise Closing(CloseCode.BAD_MESSAGE, "the first message must be hello")
        return message

    async def run(self, said: Callable[[str], Awaitable[None]], allowed: Callable[[], Awaitable[bool]]) -> None:
        """Pass messages both ways until the end.

        Raises SocketClosed when the page is gone, else Closing with the reason.
        """
        working = [
            asyncio.create_task(self._listen(said), name=f"listen {self.id}"),
            asyncio.create_task(self._speak(), name=f"speak {self.id}"),
            asyncio.create_task(self._watch(allowed), name=f"watch {self.id}"),
        ]
        try:
            waited: list[asyncio.Future[None] | asyncio.Future[CloseCode]] = [self._end, *working]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in working:
                task.cancel()
            results = await asyncio.gather(*working, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
        raise Closing(self._end.result() if self._end.done() else CloseCode.SILENT)

    async def close(self, code: CloseCode) -> None:
        """Last messages, goodbye, close; never waits long for a page that does not read."""
        with suppress(TimeoutError, SocketClosed):
            async with asyncio.timeout(2):
                while not self._outbox.empty():
                    await self._last(self._outbox.get_nowait())
                await self._last(protocol.serialize(protocol.goodbye(code)))
                await self._socket.close(int(code), code.name.lower())

    async def _last(self, text: str) -> None:
        try:
            await self._socket.send_text(text)
        except SocketClosed:
            raise
        except Exception as error:
            self._faults.note("last words", error)

    async def _listen(self, said: Callable[[str], Awaitable[None]]) -> None:
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    text = await self._socket.receive_text()
            except TimeoutError as error:
                raise Closing(CloseCode.SILENT) from error
            self._bucket.take(monotonic())
            try:
                message = protocol.parse(text)
            except Refusal as refusal:
                self.tell(protocol.serialize(protocol.refused(refusal, protocol.request_id(text))))
                continue
            match message:
                case Hello():
                    raise Closing(CloseCode.BAD_MESSAGE, "hello was said already")
                case Ping():
                    self.tell(protocol.serialize(Pong(message.id)))
                case _:
                    await said(text)

    async def _speak(self) -> None:
        while True:
            text = await self._outbox.get()
            try:
                async with asyncio.timeout(SEND_WITHIN_S):
                    await self._socket.send_text(text)
            except TimeoutError as error:
                raise SocketClosed("the page does not read") from error

    async def _watch(self, allowed: Callable[[], Awaitable[bool]]) -> None:
        while True:
            await asyncio.sleep(ALLOWED_EVERY_S)
            if not await allowed():
                raise Closing(CloseCode.NOT_ALLOWED)
