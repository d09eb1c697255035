"""The keys of one browser's connection (DTLS) and the sealing of its packets (SRTP), in place.

The handshake is aiortc's RTCDtlsTransport on an ICE object of ours; RTCPeerConnection is not used, because it would
decode. pylibsrtp's own methods copy each packet twice and refuse to protect more than 1356 bytes; its C functions are
called here on the two buffers of the port instead. The private names used (`_set_role`, `_rx_srtp`, `_tx_srtp`,
`_srtp_profiles`, `_task`, `Session._srtp`, `pylibsrtp._binding`) are pinned by tests/signaling/test_aiortc_names.py.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from aiortc.rtcicetransport import RTCIceTransport
from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

BUFFER_BYTES = 4096
MAX_DATAGRAM = 2048
TRAILER = 148
"""SRTP_MAX_TRAILER_LEN and the SRTCP index."""


HANDSHAKE_WITHIN_S = 20.0
"""A browser behind slow name resolution and a lost flight (OpenSSL's timer: 1 s, 2 s, 4 s) still makes it."""

seal: Any = lib.srtp_protect
"""C's own function, for the path of every packet. Any: cffi has no static types."""


class Buffer:
    """Bytes that Python writes and C transforms. Any: cffi pointers have no static type."""

    __slots__ = ("address", "data", "length", "view")

    def __init__(self) -> None:
        self.data = bytearray(BUFFER_BYTES)
        self.view = memoryview(self.data)
        self.address: Any = ffi.from_buffer(self.data)
        self.length: Any = ffi.new("int *")


class Inbound:
    """Opens what one browser sends. `incoming`: where its datagrams are received."""

    __slots__ = ("_context", "_incoming", "_session")

    def __init__(self, session: Session, incoming: Buffer) -> None:
        self._session = session  # keeps the C object alive
        self._context: Any = session._srtp[0]
        self._incoming = incoming

    def rtp(self, size: int) -> int:
        """Decrypt `incoming` in place. Returns the packet's length; 0 for a forged, repeated or damaged one."""
        incoming = self._incoming
        incoming.length[0] = size
        return incoming.length[0] if not lib.srtp_unprotect(self._context, incoming.address, incoming.length) else 0

    def rtcp(self, size: int) -> int:
        """As `rtp`."""
        incoming = self._incoming
        incoming.length[0] = size
        failed = lib.srtp_unprotect_rtcp(self._context, incoming.address, incoming.length)
        return 0 if failed else incoming.length[0]


class Outbound:
    """Seals what is sent to one browser. `outgoing`: where a packet is put together before."""

    __slots__ = ("_session", "context", "outgoing")

    def __init__(self, session: Session, outgoing: Buffer) -> None:
        self._session = session
        self.context: Any = session._srtp[0]
        self.outgoing = outgoing

    def rtp(self, size: int) -> int:
        """Encrypt `outgoing` in place. Returns the length to send, 0 on failure."""
        outgoing = self.outgoing
        outgoing.length[0] = size
        return outgoing.length[0] if not lib.srtp_protect(self.context, outgoing.address, outgoing.length) else 0

    def rtcp(self, packet: bytes) -> bytes:
        """The sealed form of a compound RTCP packet; empty on failure or when it is too large."""
        if len(packet) > MAX_DATAGRAM - TRAILER:
            return b""
        outgoing = self.outgoing
        outgoing.view[: len(packet)] = packet
        outgoing.length[0] = len(packet)
        failed = lib.srtp_protect_rtcp(self.context, outgoing.address, outgoing.length)
        return b"" if failed else bytes(outgoing.view[: outgoing.length[0]])


class IceLite:
    """What RTCDtlsTransport needs of an ICE transport."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._to = send
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=32)

    async def _recv(self) -> bytes:
        return await self._queue.get()

    async def _send(self, data: bytes) -> None:
        self._to(data)

    def feed(self, data: bytes) -> None:
        """A DTLS datagram arrived. A full queue loses it, as UDP would."""
        if not self._queue.full():
            self._queue.put_nowait(data)


class Dtls:
    """`ended` is set when the browser closes its side."""

    def __init__(self, certificate: RTCCertificate, send: Callable[[bytes], None], ended: asyncio.Event) -> None:
        self._ice = IceLite(send)
        self._ended = ended
        self._transport = RTCDtlsTransport(cast(RTCIceTransport, self._ice), [certificate])
        self._transport._set_role("server")
        rest = [p for p in SRTP_PROFILES if b"GCM" not in p.openssl_profile]
        self._transport._srtp_profiles = [SRTP_AEAD_AES_128_GCM, *rest]  # cheapest first: 2.8 us a packet against 4.0
        self._transport.on("statechange", self._changed)

    def feed(self, data: bytes) -> None:
        """A DTLS datagram from the browser."""
        self._ice.feed(data)

    async def handshake(self, fingerprints: tuple[tuple[str, str], ...], bound: asyncio.Event) -> str | None:
        """Once there is a path (`bound`), shake hands; None if it stands, else 'no_path', 'dtls' or 'fingerprint'.

        A browser whose key is not one of `fingerprints` gets no keys; the browser itself would not notice.
        """
        wanted = RTCDtlsParameters([RTCDtlsFingerprint(*one) for one in fingerprints], "client")
        closing = asyncio.create_task(self._ended.wait())
        working = asyncio.create_task(self._shake(wanted, bound))
        try:
            await asyncio.wait({closing, working}, timeout=HANDSHAKE_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
            working.cancel()
            results = await asyncio.gather(closing, working, return_exceptions=True)
        if self._transport.state == "connected":
            return None
        if isinstance(results[1], Exception):
            raise results[1]
        if not bound.is_set():
            return "no_path"
        return "fingerprint" if self._transport.encrypted else "dtls"

    def sessions(self, incoming: Buffer, outgoing: Buffer) -> tuple[Inbound, Outbound]:
        """The SRTP sessions of a handshake that stands, over these buffers."""
        return Inbound(self._transport._rx_srtp, incoming), Outbound(self._transport._tx_srtp, outgoing)

    async def stop(self) -> None:
        """Say goodbye to the browser and end the transport's own task."""
        task = self._transport._task
        await self._transport.stop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)
        self._transport.remove_all_listeners()

    async def _shake(self, parameters: RTCDtlsParameters, bound: asyncio.Event) -> None:
        await bound.wait()
        await self._transport.start(parameters)

    def _changed(self) -> None:
        if self._transport.state == "closed":
            self._ended.set()
