"""One line to Redis for all streams of this process: each key is followed once, however many pages listen to it.

Whatever may have gone by unheard is made good by having pages read everything again: after the line broke and stands
again, when a count shows a gap, and when a look at the counts finds one that nobody heard of.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from server.live.pending import Pending
from signaling.bus.announcements import Announcement, Subscription
from signaling.bus.bus import Bus, BusError

log = logging.getLogger(__name__)

AGAIN_S = 0.5
"""How soon a broken line is tried again."""
LOOK_S = 10.0
"""How often the counts are looked at, for announcements that did not reach this process."""
ON_THE_WAY_S = 1.0
"""An announcement that is counted and not heard by then is lost."""
STANDS_WITHIN_S = 5.0


@dataclass(slots=True)
class _Key:
    """A key that is listened to. `count`: how many announcements have been heard of; None: not known yet."""

    listeners: set[Pending] = field(default_factory=set)
    stands: asyncio.Event = field(default_factory=asyncio.Event)
    count: int | None = None

    def all_may_have_changed(self) -> None:
        for each in self.listeners:
            each.add_all()


class FanOut:
    """Opened once a process; `listening` is entered for each stream."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._keys: dict[str, _Key] = {}
        self._line: Subscription | None = None
        self._followed: set[str] = set()
        self._wanted = asyncio.Event()  # what is listened to has changed
        self._ended = False

    @classmethod
    @asynccontextmanager
    async def open(cls, bus: Bus) -> AsyncIterator["FanOut"]:
        """A fan-out that runs until the block is left."""
        made = cls(bus)
        tasks = [asyncio.create_task(job(), name="live") for job in (made._read, made._send, made._look)]
        try:
            yield made
        finally:
            made.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def streams(self) -> int:
        """How many streams listen."""
        return len(self._listeners())

    @property
    def ended(self) -> bool:
        """Whether this process ends."""
        return self._ended

    def end(self) -> None:
        """End every stream, and each that comes: this process ends."""
        self._ended = True
        for each in self._listeners():
            each.end()

    @asynccontextmanager
    async def listening(self, keys: Sequence[str]) -> AsyncIterator[Pending]:
        """What is announced for these keys once the block is entered. Raises BusError while Redis does not answer."""
        pending = Pending()
        entered = [self._keys.setdefault(key, _Key()) for key in keys]
        for each in entered:
            each.listeners.add(pending)
        self._wanted.set()
        try:
            if self._ended:
                pending.end()
            else:
                await _stand(entered)
            yield pending
        finally:
            for each in entered:
                each.listeners.discard(pending)
            self._wanted.set()

    async def _send(self) -> None:
        """Follow what is listened to and leave the rest, by one task, so that the order is that of the requests."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            for name in [name for name, key in self._keys.items() if not key.listeners]:
                del self._keys[name]
            if self._line is None:
                continue
            new, old = self._keys.keys() - self._followed, self._followed - self._keys.keys()
            self._followed = set(self._keys)
            with suppress(BusError, OSError):  # a line that broke is noticed where it is read
                if new:
                    await self._line.follow(new)
                if old:
                    await self._line.leave(old)

    async def _read(self) -> None:
        """Hold the line, and another one when it breaks."""
        broke = False
        while True:
            try:
                async with self._bus.line() as line:
                    self._followed = set(self._keys)
                    await line.follow(self._followed)
                    self._line = line
                    self._wanted.set()
                    async for heard in line.heard():
                        self._hear(heard)
                        if broke and all(each.stands.is_set() for each in self._keys.values()):
                            broke = False
                            log.warning("redis is back: %d live pages read everything again", self.streams)
                            self._all_may_have_changed()
            except (BusError, OSError) as error:
                if not broke:
                    log.warning("redis is away (%s): %d live pages wait", type(error).__name__, self.streams)
                broke = True
            finally:
                self._line = None
                for each in self._keys.values():
                    each.stands.clear()
                    each.count = None
            await asyncio.sleep(AGAIN_S)

    def _hear(self, heard: Announcement) -> None:
        key = self._keys.get(heard.key)
        if key is None:
            return
        if not heard.name:
            if key.stands.is_set():  # the client renewed the line by itself
                key.all_may_have_changed()
            key.stands.set()
            return
        if heard.count is not None:
            if key.count is not None and heard.count > key.count + 1:
                key.all_may_have_changed()
            key.count = heard.count
        for each in key.listeners:
            each.add(heard.name)

    async def _look(self) -> None:
        """Compare what was counted with what was heard: a count that moved without a word is a lost announcement."""
        while True:
            await asyncio.sleep(LOOK_S)
            before = {name: key for name, key in self._keys.items() if key.stands.is_set()}
            if not before:
                continue
            try:
                counts = await self._bus.announced(tuple(before))
            except (BusError, OSError):
                continue
            await asyncio.sleep(ON_THE_WAY_S)
            for key, count in zip(before.values(), counts, strict=True):
                if key.count is not None and key.count < count:
                    key.all_may_have_changed()
                key.count = count if key.count is None else max(key.count, count)

    def _listeners(self) -> set[Pending]:
        return {each for key in self._keys.values() for each in key.listeners}

    def _all_may_have_changed(self) -> None:
        for each in self._listeners():
            each.add_all()


async def _stand(entered: Iterable[_Key]) -> None:
    """Until Redis has confirmed each. Raises BusError when it does not."""
    try:
        async with asyncio.timeout(STANDS_WITHIN_S):
            for each in entered:
                await each.stands.wait()
    except TimeoutError:
        raise BusError("Redis does not confirm a subscription.") from None
