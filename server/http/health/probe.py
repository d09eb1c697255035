"""One question to one engine, whose answer nobody waits for longer than they said."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("titrate.health")

OK = "ok"
SILENT = "silent"
# Whoever asks more often hears what was found last.
FRESH_S = 0.5


class HealthProbe:
    """Asks one thing at a time: an engine that hangs holds one question, however often its health is asked for.

    ``ask`` answers with a word, OK or what is wrong, and raises nothing.
    """

    def __init__(self, ask: Callable[[], Awaitable[str]]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[str] | None = None
        self._begun = 0.0

    async def word(self, within_s: float) -> str:
        """The engine's word; SILENT when it gives none in that time."""
        now = asyncio.get_running_loop().time()
        if self._asking is None or (self._asking.done() and now - self._begun > FRESH_S):
            self._begun = now
            self._asking = asyncio.ensure_future(self._ask())
        asked = self._asking
        done, _ = await asyncio.wait({asked}, timeout=within_s)
        return asked.result() if done else SILENT

    def stop(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
