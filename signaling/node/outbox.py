"""What a media process has to say, in order, waiting for Redis without making the relay wait."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from signaling.bus.bus import BusError, Unsendable
from signaling.faults import Faults

log = logging.getLogger(__name__)

LENGTH = 10_000
"""Above this, messages are lost and logged: Redis has been away for minutes and every page has been closed by then."""
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0

OutboxTask = Callable[[], Awaitable[None]]


def _nobody() -> None:
    """Nobody is told."""


class Outbox:
    """A bounded queue of calls to the bus; `run` makes them one after another and repeats one that failed.

    A call that can never succeed is dropped, so that what waits behind it goes out.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._queue: asyncio.Queue[tuple[OutboxTask, Callable[[], None]]] = asyncio.Queue(LENGTH)

    def put(self, act: OutboxTask, dropped: Callable[[], None] = _nobody) -> None:
        """Queue one call. `dropped` is called when it can never be made."""
        try:
            self._queue.put_nowait((act, dropped))
        except asyncio.QueueFull:
            log.error("outbox full: a message was lost")

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            act, dropped = await self._queue.get()
            wait_s = FIRST_WAIT_S
            try:
                while not await _succeeds(act):
                    await asyncio.sleep(wait_s)
                    wait_s = min(LONGEST_WAIT_S, wait_s * 2)
            except Exception as error:
                self._faults.note("outbox", error)
                dropped()

    async def empty(self) -> None:
        """Make the calls that are left, each once; for the end, within the caller's timeout."""
        while not self._queue.empty():
            act, _ = self._queue.get_nowait()
            try:
                await act()
            except BusError:
                raise
            except Exception as error:
                self._faults.note("outbox", error)


async def _succeeds(act: OutboxTask) -> bool:
    try:
        await act()
    except Unsendable:
        raise
    except BusError as error:
        log.warning("bus: %s", error)
        return False
    return True
