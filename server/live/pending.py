"""What a page has yet to hear."""

import asyncio

from server.live.announcing import TOPICS


class Pending:
    """Topics that the page has yet to hear, each once: a page that reads slowly need not hear one twice.

    So it never holds more than there are topics.
    """

    def __init__(self) -> None:
        self._topics: dict[str, None] = {}
        self._some = asyncio.Event()
        self.ended = False

    def add(self, topic: str) -> None:
        """Something changed."""
        self._topics[topic] = None
        self._some.set()

    def add_all(self) -> None:
        """Anything may have changed unheard."""
        for topic in TOPICS:
            self.add(topic)

    def end(self) -> None:
        """Nothing more will come: this process ends, and the page finds another one."""
        self.ended = True
        self._some.set()

    async def take(self, wait_s: float) -> tuple[str, ...]:
        """All that changed, in order; empty when nothing did in that time, or when all has ended."""
        try:
            async with asyncio.timeout(wait_s):
                await self._some.wait()
        except TimeoutError:
            return ()
        topics = tuple(self._topics)
        self._topics.clear()
        if not self.ended:
            self._some.clear()
        return topics
