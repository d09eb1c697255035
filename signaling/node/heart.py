"""The beat of a media process: a task of its own that waits for nothing but Redis, so that no relay work delays it."""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from signaling.bus.bus import Bus, BusError
from signaling.bus.envelopes import NodeState
from signaling.bus.leases import NODE_TTL_S
from signaling.ids import NodeId

log = logging.getLogger(__name__)

BEAT_S = 0.25
"""Eight beats in a lease: a process that gets no turn for a second and a half still keeps it."""


class Heart:
    """Run once by the hub. `name` is the same for every run of this process, `node` this run's own."""

    def __init__(self, name: str, node: NodeId, bus: Bus, lapsed: Callable[[], None]) -> None:
        self._name = name
        self._node = node
        self._bus = bus
        self._lapsed = lapsed
        self._beaten_at: float | None = None

    async def run(self, state: Callable[[], NodeState], ready: Callable[[], None]) -> None:
        """Until cancelled. `ready` is called once this node is announced; `lapsed`, as given, whenever the lease
        had ended in between: somebody else may have taken rooms.
        """
        succeeded = False
        while True:
            try:
                if not succeeded:
                    await self._succeed()
                    succeeded = True
                ended = await self._bus.leases.beat(state())
            except BusError as error:
                log.debug("bus: %s", error)  # the hub says it once
            except Exception as error:
                self._bus.faults.note("beat", error)
            else:
                self._beaten(ended, ready)
            await asyncio.sleep(BEAT_S)

    async def _succeed(self) -> None:
        before = await self._bus.leases.succeed(self._name, self._node)
        if before is not None:
            log.warning("media process %s takes the place of %s", self._node, before)

    def _beaten(self, ended: bool, ready: Callable[[], None]) -> None:
        now, before = monotonic(), self._beaten_at
        self._beaten_at = now
        if before is None:
            ready()
        elif ended:
            log.warning("the lease had ended: no beat for %.1f s, %d s are allowed", now - before, NODE_TTL_S)
            self._lapsed()
