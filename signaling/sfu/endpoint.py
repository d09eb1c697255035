"""Where a browser is reached, and what the UDP port asks of whoever is reached there. Knows no port and no peer."""

import socket
from typing import Protocol

from signaling.ids import PeerId

Address = tuple[str, int]


class Endpoint(Protocol):
    """One browser, as the port and its paths see it."""

    id: PeerId
    path: "Path | None"
    heard_us: int

    def bound(self, path: "Path", now_us: int) -> None:
        """Reached here from now on."""

    def handshake(self, data: bytes) -> None:
        """A DTLS datagram from the bound path."""

    def media(self, size: int, now_us: int) -> None:
        """An SRTP or SRTCP datagram of `size` bytes lies in the port's `incoming`."""


class Bound(Protocol):
    """One bound socket: who is reached through it, and how much it could not send."""

    @property
    def socket(self) -> socket.socket: ...

    @property
    def peers(self) -> dict[Address, Endpoint]: ...

    unsent: int


class Path:
    """One browser's address on one of our sockets."""

    __slots__ = ("_to", "address", "udp_socket")

    def __init__(self, udp_socket: Bound, address: Address) -> None:
        self.udp_socket = udp_socket
        self.address = address
        self._to = udp_socket.socket.sendto

    def send(self, data: bytes | memoryview) -> None:
        """Send now or, when the system's buffer is full or the way is unknown, lose it: as UDP does."""
        try:
            self._to(data, self.address)
        except OSError:
            self.udp_socket.unsent += 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Path) and other.udp_socket is self.udp_socket and other.address == self.address

    __hash__ = None  # type: ignore[assignment]  # compared, never looked up
