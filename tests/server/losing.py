"""A line to PostgreSQL that can be cut at COMMIT: what the database did is then known to nobody on this side of it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

from sqlalchemy.engine import make_url

# asyncpg sends it as a simple query.
COMMIT = b"COMMIT;\x00"


class Cut(Enum):
    """Where the line is cut: before COMMIT reaches the database, right after it, or once it was answered."""

    BEFORE = "before"
    AT_ONCE = "at once"
    AFTER = "after"


@dataclass(slots=True)
class Line:
    """Passes everything on, until it is told to cut. ``url``: the address of the database through it."""

    url: str
    there: tuple[str, int] | str
    cut: Cut | None = None
    cuts: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def cut_next(self, where: Cut) -> None:
        """Lose the next COMMIT that comes this way."""
        self.cut = where

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if isinstance(self.there, str):
            back_reader, back_writer = await asyncio.open_unix_connection(self.there)
        else:
            back_reader, back_writer = await asyncio.open_connection(*self.there)
        answers = asyncio.create_task(_pass_on(back_reader, writer))
        self._tasks.add(answers)
        try:
            while asked := await reader.read(65_536):
                if COMMIT in asked and (where := self.cut):
                    self.cut = None
                    self.cuts += 1
                    answers.cancel()
                    await asyncio.wait([answers])
                    if where is not Cut.BEFORE:
                        back_writer.write(asked)
                        await back_writer.drain()
                    if where is Cut.AFTER:
                        await back_reader.read(65_536)
                    return
                back_writer.write(asked)
                await back_writer.drain()
        except ConnectionError:
            return
        finally:
            self._tasks.discard(answers)
            answers.cancel()
            for side in (writer, back_writer):
                side.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    writer.close()


@contextmanager
def line_to(url: str) -> Iterator[Line]:
    """A line to the database of that address, on a loop of its own, until the block ends."""
    made = make_url(url)
    folder = made.query.get("host")
    there = f"{folder}/.s.PGSQL.{made.port or 5432}" if folder else (made.host or "localhost", made.port or 5432)
    line, ready = Line("", there), threading.Event()
    held: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def until_over() -> None:
        over = asyncio.Event()
        server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
        through = made.difference_update_query(["host"]).set(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
        line.url = through.render_as_string(hide_password=False)
        held.append((asyncio.get_running_loop(), over))
        ready.set()
        await over.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(until_over()), daemon=True)
    thread.start()
    ready.wait(timeout=10)
    loop, over = held[0]
    try:
        yield line
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(timeout=10)
