"""The media process: one event loop, one UDP port, the rooms that were given to it.

Started by `server.cli` or by itself.
"""

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from signaling.bus.bus import Bus
from signaling.ids import NodeId
from signaling.node.hub import Hub
from signaling.sfu.udp_port import Port

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """How a media process is reached.

    hosts: addresses to bind, `0.0.0.0` for every IPv4 address of this machine (one socket each), `::` for IPv6 too.
    port: the one UDP port; 0 takes a free one.
    announced: addresses told to browsers instead of the bound ones (behind a one-to-one NAT); empty: the bound ones.
    """

    hosts: tuple[str, ...] = ("127.0.0.1",)
    port: int = 0
    announced: tuple[str, ...] = ()


def name_of(settings: MediaSettings, port: int) -> str:
    """The name that a media process keeps when it is started again: where browsers reach it.

    Announced addresses are one process's alone, or browsers would not find it; others are this machine's own.
    """
    return f"{settings.announced[0] if settings.announced else socket.gethostname()}:{port}"


async def run(
    settings: MediaSettings,
    bus: Bus,
    *,
    clock: Callable[[], datetime],
    ready: Callable[[int], None] = lambda port: None,
    observe: Callable[[Hub], None] = lambda hub: None,
) -> None:
    """Serve until cancelled, then say goodbye to every socket and close the port.

    `ready(port)` is called once browsers may come. `observe` hands the hub to tests and gauges. Raises OSError when
    the port cannot be bound.
    """
    port = Port(settings.hosts, settings.port, bus.faults, settings.announced)
    port.open()
    name = name_of(settings, port.number)
    node = NodeId(f"{name}-{secrets.token_hex(4)}")  # a restarted process is never taken for the old one
    hub = Hub(node, name, bus, port, clock)
    observe(hub)
    log.info("media node %s", node)
    try:
        await hub.run(lambda: ready(port.number))
    finally:
        port.close()


def main(settings: MediaSettings, redis_url: str, prefix: str, clock: Callable[[], datetime]) -> None:
    """Run a media process on uvloop (where there is one) until it is interrupted."""

    async def serve() -> None:
        async with Bus.open(redis_url, prefix) as bus:
            await run(settings, bus, clock=clock)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve())


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, or None on systems without it: 47 us a packet out against about 60."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
