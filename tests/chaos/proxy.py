"""A stand-in for the proxy in front of several web processes: lines go to one that takes them, tried again for a while.

As the shipped Caddyfile does by `lb_try_duration`; what was sent already is never sent twice.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from time import monotonic

TRY_S = 5.0
AGAIN_S = 0.1
CHUNK = 65_536


@asynccontextmanager
async def proxy(port: int, targets: list[int]) -> AsyncIterator[None]:
    """Listens on localhost's `port` until the end; `targets`, ports of web processes, may change meanwhile."""
    turns = cycle(range(1_000_000))
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _pass(reader, writer, targets, next(turns))
        finally:
            tasks.discard(task)

    servers = [await asyncio.start_server(serve, host, port) for host in ("127.0.0.1", "::1")]
    try:
        yield
    finally:
        for server in servers:
            server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, targets: list[int], turn: int) -> None:
    until = monotonic() + TRY_S
    while True:
        try:
            other = await asyncio.open_connection("127.0.0.1", targets[turn % len(targets)])
            break
        except OSError:
            turn += 1
            if monotonic() > until:
                writer.close()
                return
            await asyncio.sleep(AGAIN_S)
    ways = [asyncio.create_task(_copy(reader, other[1])), asyncio.create_task(_copy(other[0], writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (writer, other[1]):
            end.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
