"""The wire of WebDriver BiDi (W3C draft): commands with answers, and events, as JSON on a WebSocket."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

ANSWER_S = 60.0
Event = dict[str, Any]


class BidiError(Exception):
    """The browser said no: `code` is of the standard's list ("no such frame", "javascript error" ...)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Wire:
    """One connection. Commands may overlap; each waits for its own answer."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: list[tuple[str, Callable[[Event], None]]] = []

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command; its result. Raises BidiError, and TimeoutError after a minute without an answer."""
        number = next(self._ids)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
            return await asyncio.wait_for(answer, ANSWER_S)
        finally:
            del self._asked[number]

    def on(self, event: str, act: Callable[[Event], None]) -> None:
        """Have `act` called with the parameters of each such event; it must be subscribed to (`session.subscribe`)."""
        self._listeners.append((event, act))

    async def read(self) -> None:
        """Until the connection ends: then whoever still waits is told."""
        with suppress(ConnectionClosed):
            async for text in self._socket:
                self._hear(json.loads(text))
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(BidiError("closed", "the browser is gone"))

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            for event, act in self._listeners:
                if event == message["method"]:
                    act(message["params"])
            return
        answer = self._asked.get(message["id"])
        if answer is None or answer.done():
            return
        if message["type"] == "success":
            answer.set_result(message["result"])
        else:
            answer.set_exception(BidiError(message["error"], message["message"]))


@asynccontextmanager
async def session(address: str) -> AsyncIterator[Wire]:
    """A session of the Firefox at `address`; it has one at a time, so this one is ended for the next test."""
    async with connect(address, max_size=None, proxy=None, ping_interval=None) as socket:
        wire = Wire(socket)
        reading = asyncio.create_task(wire.read())
        try:
            await wire.ask("session.new", capabilities={})
            await wire.ask("session.subscribe", events=["log.entryAdded"])
            try:
                yield wire
            finally:
                await wire.ask("session.end")
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
