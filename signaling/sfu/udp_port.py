"""The one UDP port of a media process: receives for all browsers, tells STUN, DTLS and SRTP apart (RFC 7983), finds
the peer.

One non-blocking socket for each local address, all with the same port number. Reading drains up to 64 datagrams a
wake-up, because waking the loop for every datagram costs more than handling it.
"""

import asyncio
import socket
from contextlib import suppress
from time import monotonic_ns

from signaling.faults import Faults
from signaling.sfu import ice, stun
from signaling.sfu.endpoint import Endpoint, Path
from signaling.sfu.paths import Paths
from signaling.sfu.srtp import MAX_DATAGRAM, Buffer

DRAIN = 64
SOCKET_BYTES = 4 * 1024 * 1024
"""Asked for; the system may give less (net.core.rmem_max)."""


class UdpSocket:
    """One bound socket and the peers whose media arrive there."""

    __slots__ = ("peers", "port", "received", "socket", "unsent")

    def __init__(self, port: "Port", bound: socket.socket) -> None:
        self.port = port
        self.socket = bound
        self.peers: dict[tuple[str, int], Endpoint] = {}
        self.received = 0
        self.unsent = 0

    def drain(self) -> None:
        """Handle up to DRAIN waiting datagrams. Whatever a stranger sends, nothing is raised into the loop."""
        incoming, peers, receive = self.port.incoming, self.peers, self.socket.recvfrom_into
        view, data = incoming.view, incoming.data
        for _ in range(DRAIN):
            try:
                size, address = receive(view, MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error of an earlier datagram
            self.received += 1
            if size < 2:
                continue
            first = data[0]
            try:
                if 127 < first < 192:
                    peer = peers.get(address)
                    if peer is not None:
                        peer.media(size, monotonic_ns() // 1000)
                elif first < 4:
                    self.port.check(self, bytes(view[:size]), address)
                elif 19 < first < 64:
                    peer = peers.get(address)
                    if peer is not None:
                        peer.handshake(bytes(view[:size]))
            except Exception as error:
                self.port.faults.note("datagram", error)


class Port:
    """Opened once; peers register under their ICE name in `paths` and are bound to an address by a valid check.

    `incoming`: where every datagram is received, valid until the next one. `outgoing`: where every packet to be sent is
    put together. One thread, one packet at a time.
    """

    def __init__(self, hosts: tuple[str, ...], port: int, faults: Faults, announced: tuple[str, ...] = ()) -> None:
        self.faults = faults
        self._hosts = hosts
        self._port = port
        self._announced = announced
        self.incoming, self.outgoing = Buffer(), Buffer()
        self.udp_sockets: list[UdpSocket] = []
        self.paths = Paths()

    def open(self) -> None:
        """Bind and begin to read. Raises OSError naming the address when one cannot be bound."""
        addresses = dict.fromkeys(a for host in self._hosts for a in ice.local_addresses(host))
        try:
            for address in addresses:
                self.udp_sockets.append(UdpSocket(self, _bind(address, self._port)))
                self._port = self._port or self.udp_sockets[0].socket.getsockname()[1]
        except OSError:
            self.close()
            raise
        loop = asyncio.get_running_loop()
        for udp_socket in self.udp_sockets:
            loop.add_reader(udp_socket.socket, udp_socket.drain)

    def close(self) -> None:
        """Stop reading and close every socket."""
        loop = asyncio.get_running_loop()
        for udp_socket in self.udp_sockets:
            loop.remove_reader(udp_socket.socket)
            udp_socket.socket.close()
        self.udp_sockets.clear()

    @property
    def number(self) -> int:
        """The UDP port number."""
        return self._port

    def candidates(self) -> list[str]:
        """SDP candidate lines: what is announced by settings, else every bound address."""
        bound = [str(udp_socket.socket.getsockname()[0]) for udp_socket in self.udp_sockets]
        return ice.candidate_lines(self._announced or bound, self._port)

    def check(self, udp_socket: UdpSocket, data: bytes, address: tuple[str, int]) -> None:
        """A STUN packet: answered if its password is right; `paths` says what else it means."""
        check = stun.answer(data, (address[0], address[1]), self.paths.password)
        if check is None:
            return
        with suppress(OSError):
            udp_socket.socket.sendto(check.reply, address)
        self.paths.checked(check, Path(udp_socket, address), monotonic_ns() // 1000)


def _bind(address: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            bound.setsockopt(socket.SOL_SOCKET, option, SOCKET_BYTES)
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"UDP {address}:{port}: {error.strerror}") from error
    return bound
