"""The private names of aiortc, aioice and pylibsrtp that the relay stands on: an upgrade begins by making this pass.

Unchanged from aiortc 1.9 to 1.16. Not used, because they changed: `_setup_srtp` (after 1.12), `_recv_next` (1.16).
"""

import asyncio
import inspect
from importlib.metadata import version

import pytest
from aiortc import rtcdtlstransport as dtls
from aiortc.sdp import SessionDescription
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from signaling.sfu.srtp import Buffer, Inbound, Outbound


def test_the_version_is_the_one_that_was_tried() -> None:
    assert version("aiortc") == "1.16.0"


class Wire:
    """The least that RTCDtlsTransport needs of an ICE transport: `role`, `_recv`, `_send`."""

    role = "controlled"

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.other: Wire | None = None

    async def _recv(self) -> bytes:
        return await self.queue.get()

    async def _send(self, data: bytes) -> None:
        assert self.other is not None
        self.other.queue.put_nowait(data)


async def test_a_handshake_over_such_an_object_gives_srtp_sessions_of_the_profile_we_prefer() -> None:
    wires = Wire(), Wire()
    wires[0].other, wires[1].other = wires[1], wires[0]
    ends = [dtls.RTCDtlsTransport(wire, [dtls.RTCCertificate.generateCertificate()]) for wire in wires]  # type: ignore[arg-type]
    server, client = ends
    server._set_role("server")
    client._set_role("client")
    server._srtp_profiles = [dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_SHA1_80]
    await asyncio.gather(server.start(client.getLocalParameters()), client.start(server.getLocalParameters()))
    assert (server.state, server.encrypted) == ("connected", True)
    assert server._ssl is not None
    assert server._ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"
    assert isinstance(server._rx_srtp, Session)
    assert isinstance(server._tx_srtp, Session)
    assert inspect.isawaitable(server._task)
    packet = bytes.fromhex("806f00010000000000000007") + b"payload"
    incoming, outgoing = Buffer(), Buffer()
    outgoing.view[: len(packet)] = packet
    size = Outbound(server._tx_srtp, outgoing).rtp(len(packet))
    incoming.view[:size] = outgoing.view[:size]
    opened = Inbound(client._rx_srtp, incoming)
    assert incoming.data[: opened.rtp(size)] == packet
    assert opened.rtp(size) == 0, "not SRTP any more: refused"
    for end in ends:
        task = end._task
        await end.stop()
        assert task is not None
        await asyncio.gather(task, return_exceptions=True)


async def test_a_wrong_fingerprint_fails_without_raising_and_without_keys() -> None:
    wires = Wire(), Wire()
    wires[0].other, wires[1].other = wires[1], wires[0]
    ends = [dtls.RTCDtlsTransport(wire, [dtls.RTCCertificate.generateCertificate()]) for wire in wires]  # type: ignore[arg-type]
    server, client = ends
    server._set_role("server")
    client._set_role("client")
    wrong = dtls.RTCDtlsParameters([dtls.RTCDtlsFingerprint("sha-256", "00:" * 31 + "00")])
    await asyncio.gather(server.start(wrong), client.start(server.getLocalParameters()))
    assert (server.state, server.encrypted) == ("failed", True)
    assert vars(server)["_rx_srtp"] is None
    await client.stop()
    await server.stop()


def test_pylibsrtps_c_functions_work_in_place() -> None:
    session = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    assert lib.srtp_err_status_ok == 0
    buffer = bytearray(200)
    buffer[:12] = bytes.fromhex("806f00010000000000000007")
    length = ffi.new("int *", 40)
    assert lib.srtp_protect(session._srtp[0], ffi.from_buffer(buffer), length) == 0
    assert length[0] == 50
    for name in ("srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp"):
        assert callable(getattr(lib, name))


@pytest.mark.parametrize("name", ["SRTP_PROFILES", "SRTP_AEAD_AES_128_GCM", "RTCDtlsFingerprint", "RTCDtlsParameters"])
def test_names_of_the_dtls_module_exist(name: str) -> None:
    assert hasattr(dtls, name)


def test_the_sdp_parser_gives_what_the_offer_reader_uses() -> None:
    sdp = (
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
        "a=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:sha-256 AA\r\n"
        "a=setup:actpass\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\na=extmap:3 urn:x\r\na=ssrc:5 cname:c\r\n"
    )
    description = SessionDescription.parse(sdp)
    (media,) = description.media
    assert description.group[0].semantic == "BUNDLE"
    assert media.ice is not None
    assert media.dtls is not None
    assert (media.ice.usernameFragment, media.dtls.role, media.rtcp_mux) == ("u", "auto", True)
    assert (media.rtp.codecs[0].mimeType, media.rtp.headerExtensions[0].id, media.ssrc[0].ssrc) == ("audio/opus", 3, 5)
