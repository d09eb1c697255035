"""SRTP in place: encrypts and decrypts in two shared buffers, without copies.

pylibsrtp's own methods copy each packet twice and refuse to protect more than 1356 bytes; this calls the same C
functions on buffers of our own. The names used (`Session._srtp`, `pylibsrtp.lib`, `pylibsrtp.ffi`) are pinned by a
test.
"""

from typing import Any

from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

BUFFER_BYTES = 4096
MAX_DATAGRAM = 2048
TRAILER = 148
"""SRTP_MAX_TRAILER_LEN and the SRTCP index."""


class Buffer:
    """Bytes that Python writes and C transforms. Any: cffi pointers have no static type."""

    __slots__ = ("address", "data", "length", "view")

    def __init__(self) -> None:
        self.data = bytearray(BUFFER_BYTES)
        self.view = memoryview(self.data)
        self.address: Any = ffi.from_buffer(self.data)
        self.length: Any = ffi.new("int *")


incoming = Buffer()
"""Where every datagram is received; valid until the next one."""
outgoing = Buffer()
"""Where every packet to be sent is put together. One thread, one packet at a time."""


class Inbound:
    """Opens what one browser sends."""

    __slots__ = ("_context", "_session")

    def __init__(self, session: Session) -> None:
        self._session = session  # keeps the C object alive
        self._context: Any = session._srtp[0]

    def rtp(self, size: int) -> int:
        """Decrypt `incoming` in place. Returns the packet's length; 0 for a forged, repeated or damaged one."""
        incoming.length[0] = size
        return incoming.length[0] if not lib.srtp_unprotect(self._context, incoming.address, incoming.length) else 0

    def rtcp(self, size: int) -> int:
        """As `rtp`."""
        incoming.length[0] = size
        failed = lib.srtp_unprotect_rtcp(self._context, incoming.address, incoming.length)
        return 0 if failed else incoming.length[0]


class Outbound:
    """Seals what is sent to one browser."""

    __slots__ = ("_session", "context")

    def __init__(self, session: Session) -> None:
        self._session = session
        self.context: Any = session._srtp[0]

    def rtp(self, size: int) -> int:
        """Encrypt `outgoing` in place. Returns the length to send, 0 on failure."""
        outgoing.length[0] = size
        return outgoing.length[0] if not lib.srtp_protect(self.context, outgoing.address, outgoing.length) else 0

    def rtcp(self, packet: bytes) -> bytes:
        """The sealed form of a compound RTCP packet; empty on failure or when it is too large."""
        if len(packet) > MAX_DATAGRAM - TRAILER:
            return b""
        outgoing.view[: len(packet)] = packet
        outgoing.length[0] = len(packet)
        failed = lib.srtp_protect_rtcp(self.context, outgoing.address, outgoing.length)
        return b"" if failed else bytes(outgoing.view[: outgoing.length[0]])
