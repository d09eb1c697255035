"""A browser as the media port knows it before its keys: a UDP socket that sends connectivity checks."""

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate

from signaling.faults import Faults
from signaling.sfu.peer import Peer
from signaling.sfu.publication import CAMERA, KINDS
from signaling.sfu.sdp import read_offer
from signaling.sfu.udp_port import Port
from signaling.sfu.uplink import Uplink

OFFER = (Path(__file__).parent / "offer_of_chromium_156.sdp").read_text().replace("\n", "\r\n")
Name = tuple[str, str]


class Reply(NamedTuple):
    """What the port answered to one check: its transaction, and the address that it saw."""

    transaction: bytes
    seen: tuple[str, int]


class Browser:
    """One socket of a browser: one address."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", port))

    @property
    def address(self) -> tuple[str, int]:
        return self.socket.getsockname()  # type: ignore[no-any-return]  # of AF_INET

    def send_check(self, name: Name, *, nominates: bool = False) -> bytes:
        """Send one and return its transaction."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{name[0]}:theirs"
        message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 5
        if nominates:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(name[1].encode())
        self.socket.send(bytes(message))
        return message.transaction_id

    async def reply(self) -> Reply:
        """The next answer to arrive here."""
        data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 2048), 5)
        message = stun.parse_message(data)
        return Reply(message.transaction_id, message.attributes["XOR-MAPPED-ADDRESS"])

    async def check(self, name: Name, *, nominates: bool = False) -> None:
        """Send a check and wait for its answer; what the port made of it is done by then."""
        sent = self.send_check(name, nominates=nominates)
        assert await self.reply() == (sent, self.address)


class Street:
    """An open port, peers that registered with it, and sockets to come from."""

    def __init__(self, stack: ExitStack) -> None:
        self.port = Port(("127.0.0.1",), 0, Faults())
        self.port.open()
        stack.callback(self.port.close)
        self._stack = stack
        self._certificate = RTCCertificate.generateCertificate()

    def peer(self) -> Peer:
        """A peer that has been answered and of which nothing was heard yet."""
        return Peer(self.port, self._certificate, read_offer(OFFER), frozenset(KINDS), lambda _: None)

    def browser(self) -> Browser:
        browser = Browser(self.port.number)
        self._stack.callback(browser.socket.close)
        return browser


@contextmanager
def street() -> Iterator[Street]:
    """Everything is closed at the end."""
    with ExitStack() as stack:
        yield Street(stack)


def picture(peer: Peer) -> Uplink:
    """The stream of a peer's camera."""
    publication = peer.publication(CAMERA)
    assert publication is not None
    stream = peer.stream(publication.id)
    assert stream is not None
    return stream


def name_in(answer: str) -> Name:
    """The ICE name and password of an answer."""
    ufrag, password = (re.search(rf"a=ice-{key}:(\S+)", answer) for key in ("ufrag", "pwd"))
    assert ufrag is not None
    assert password is not None
    return ufrag[1], password[1]
