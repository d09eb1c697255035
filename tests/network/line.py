"""A poor line: a UDP proxy in front of the media port that loses, delays and queues datagrams, and moves clients about.

It listens on another loopback address with the media port's own number, so that candidates need no rewriting; or, for
Firefox, which takes no call over loopback, on another port of the machine's own address (`CallHouse.told_port`).
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

ADDRESS = "127.0.0.2"
Address = tuple[str, int]
# RFC 7983, section 7: what begins with 128 to 191 is RTP or RTCP, with 0 to 3 STUN, with 20 to 63 DTLS.
FIRST_MEDIA_BYTE = 128
LAST_CHECK_BYTE = 3
MEDIA_WITHIN_S = 1.0


@dataclass
class Way:
    """One direction. `loss` 0 to 1; `bps` None: as wide as needed; more than `queue_s` of waiting is lost.

    `checks_only`: nothing but ICE's checks passes.
    """

    loss: float = 0.0
    bps: int | None = None
    queue_s: float = 0.3
    delay_s: float = 0.0
    checks_only: bool = False
    passed: int = 0
    lost: int = 0
    _free_at: float = 0.0
    _dice: random.Random = field(default_factory=lambda: random.Random(7))

    def wait_s(self, data: bytes, now: float) -> float | None:
        """How long this datagram takes; None: it is lost."""
        if (self.checks_only and data[0] > LAST_CHECK_BYTE) or self._dice.random() < self.loss:
            self.lost += 1
            return None
        wait = self.delay_s
        if self.bps is not None:
            start = max(now, self._free_at)
            if start - now > self.queue_s:
                self.lost += 1
                return None
            self._free_at = start + len(data) * 8 / self.bps
            wait += self._free_at - now
        self.passed += 1
        return wait


class Client:
    """One browser behind this line. `up` and `down` may be changed at any time."""

    def __init__(self, line: "Line", address: Address) -> None:
        self.address = address
        self.up = Way()
        self.down = Way()
        self.media_at = float("-inf")
        self._line = line
        self._towards: asyncio.DatagramTransport | None = None

    async def move(self) -> None:
        """Come from another port from now on, as after a change of network."""
        if self._towards is not None:
            self._towards.close()
        loop = asyncio.get_running_loop()
        target = self._line.target
        self._towards, _ = await loop.create_datagram_endpoint(lambda: _Answers(self._line, self), remote_addr=target)

    async def send_up(self, data: bytes) -> None:
        if self._towards is None:
            await self.move()

        def act() -> None:
            if self._towards is not None and not self._towards.is_closing():
                self._towards.sendto(data)

        self._line.after(self.up, data, act)

    def close(self) -> None:
        if self._towards is not None:
            self._towards.close()


class Line(asyncio.DatagramProtocol):
    """The proxy to `target`. `clients` in the order in which they were first heard; `dead`: nothing passes."""

    def __init__(self, target: Address) -> None:
        self.target = target
        self.clients: dict[Address, Client] = {}
        self.transport: asyncio.DatagramTransport | None = None
        self.dead = False
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)  # a selector's transport is no subclass of it

    def datagram_received(self, data: bytes, addr: Address) -> None:
        client = self.clients.setdefault(addr, Client(self, addr))
        task = asyncio.get_running_loop().create_task(client.send_up(data))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self.transport is not None
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    def after(self, way: Way, data: bytes, act: object) -> None:
        """Do `act` when the datagram has made its way, if it makes it."""
        loop = asyncio.get_running_loop()
        wait = None if self.dead else way.wait_s(data, loop.time())
        if wait is not None:
            assert callable(act)
            loop.call_later(wait, act)

    def busy(self) -> list[Client]:
        """Clients that are sent media now, in the order in which they came.

        ICE tries several addresses and goes on checking those it does not use: a check is no media.
        """
        now = asyncio.get_running_loop().time()
        return [client for client in self.clients.values() if now - client.media_at < MEDIA_WITHIN_S]


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, line: Line, client: Client) -> None:
        self._line = line
        self._client = client

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if data[0] >= FIRST_MEDIA_BYTE:
            self._client.media_at = asyncio.get_running_loop().time()

        def act() -> None:
            if self._line.transport is not None and not self._line.transport.is_closing():
                self._line.transport.sendto(data, self._client.address)

        self._line.after(self._client.down, data, act)

    def error_received(self, exc: Exception) -> None:
        """The media process is gone for a moment."""


@asynccontextmanager
async def poor_line(port: int, own: str | None = None) -> AsyncIterator[Line]:
    """A line in front of the media process on 127.0.0.1:`port`, or of the machine's `own` address."""
    loop = asyncio.get_running_loop()
    listens, target = ((own, 0), (own, port)) if own else ((ADDRESS, port), ("127.0.0.1", port))
    transport, line = await loop.create_datagram_endpoint(lambda: Line(target), local_addr=listens)
    try:
        yield line
    finally:
        transport.close()
        for client in line.clients.values():
            client.close()
