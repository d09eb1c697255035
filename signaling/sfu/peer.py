"""One browser's media connection: its path, its keys, what it publishes and what it is sent."""

import asyncio
from collections.abc import Callable
from secrets import randbits, token_hex
from struct import Struct
from time import monotonic_ns

from aiortc.rtcdtlstransport import RTCCertificate

from signaling.ids import PeerId
from signaling.sfu import ice, rtcp
from signaling.sfu import transport_cc as feedback
from signaling.sfu.control import Control
from signaling.sfu.downtrack import DownTrack
from signaling.sfu.endpoint import Path
from signaling.sfu.publication import Medium, Publication, PublicationId, SlotPosition
from signaling.sfu.published import Published
from signaling.sfu.sdp import MediaLine, Ours, Streams, Terms, write_answer
from signaling.sfu.srtp import Dtls, Inbound
from signaling.sfu.transport import Transport
from signaling.sfu.udp_port import Port
from signaling.sfu.uplink import Uplink

SILENT_AFTER_S = 75.0
"""A line dead for 25 s came back by an ICE restart; a socket that still answers is a sign of life, so be patient."""
KEY_FRAME_EVERY_US = 400_000

_RTP = Struct("!BBHII")


class Peer(Transport):
    """Owned by the relay; `run` is its task. `changed(peer)` is called when the handshake succeeds."""

    def __init__(
        self,
        port: Port,
        certificate: RTCCertificate,
        terms: Terms,
        receives: frozenset[str],
        changed: Callable[["Peer"], None],
    ) -> None:
        now_us = monotonic_ns() // 1000
        super().__init__(now_us)
        self.id = PeerId(token_hex(8))
        self.terms = terms
        self.heard_us = now_us
        self.cap_bps = 0
        self.introduced = False
        self._published = Published(self.ask_key_frame, terms, receives)
        self.publications, self.uplinks = self._published.publications, self._published.uplinks
        self._opened: Inbound | None = None
        self._port, self._incoming = port, port.incoming
        self._certificate = certificate
        self._changed = changed
        self._bound, self._gone = asyncio.Event(), asyncio.Event()
        self._dtls = Dtls(certificate, self._send_plain, self._gone)
        self._reporter = randbits(32)
        self._arrivals = feedback.Arrivals(self._reporter)
        self._session, self._version = randbits(62), 1
        self._credentials = ice.credentials()
        self._streams = tuple(Streams(randbits(32), randbits(32)) for _ in terms.receiving)
        lines = zip(terms.receiving, self._streams, strict=True)
        self.downtracks = tuple(self._make_downtrack(place, line, its) for (place, line), its in lines)
        self.shown = self.downtracks
        self._by_ssrc = {downtrack.ssrc: downtrack for downtrack in self.downtracks}
        self.control = Control(self, self.downtrack, self.uplinks)
        self._transport_cc = next((i.transport_cc for i in terms.sending if i.transport_cc is not None), None)
        self._wide_byte = -1 if self._transport_cc is None else self._transport_cc << 4 | 1
        port.paths.register(self._credentials.ufrag, self._credentials.password, self)

    def _make_downtrack(self, place: SlotPosition, line: MediaLine, streams: Streams) -> DownTrack:
        ssrcs, types = (streams.ssrc, streams.rtx_ssrc), (line.payload_type, line.rtx_payload_type)
        return DownTrack(self, place, ssrcs, types, line.clock_rate, line.transport_cc, self.owe_key_frame)

    # Signaling

    def answer(self) -> str:
        """The SDP answer to the current terms."""
        fingerprint = next(f for f in self._certificate.getFingerprints() if f.algorithm == "sha-256")
        ours = Ours(
            ice=self._credentials,
            fingerprint=(fingerprint.algorithm, fingerprint.value),
            candidates=self._port.candidates(),
            streams=self._streams,
            publications=self.publications,
            session=self._session,
            version=self._version,
        )
        return write_answer(self.terms, ours)

    def restart(self, terms: Terms) -> bool:
        """Take a new offer of the same browser connection (an ICE restart); False if it needs a new peer.

        Keys and streams stay; only the ICE credentials change. The old ones are answered too until the browser uses
        the new ones.
        """
        if self._gone.is_set() or terms.fingerprints != self.terms.fingerprints or terms.lines != self.terms.lines:
            return False
        self._version += 1
        if terms.ice != self.terms.ice:
            self._credentials = ice.credentials()
            self._port.paths.register(self._credentials.ufrag, self._credentials.password, self)
        self.terms = terms
        return True

    # Life

    async def run(self) -> str:
        """Handshake, then wait for the end; returns why it ended: 'closed', 'silent', 'no_path', 'dtls' or
        'fingerprint'.
        """
        try:
            failure = await self._dtls.handshake(self.terms.fingerprints, self._bound)
            if failure is not None:
                return failure
            self._opened, self.sealed = self._dtls.sessions(self._port.incoming, self._port.outgoing)
            self._changed(self)
            while True:
                try:
                    await asyncio.wait_for(self._gone.wait(), 5)
                except TimeoutError:
                    if monotonic_ns() // 1000 - self.heard_us > SILENT_AFTER_S * 1e6:
                        return "silent"
                else:
                    return "closed"
        finally:
            self._gone.set()
            try:
                await self._dtls.stop()
            finally:
                self._port.paths.forget(self)
                self._opened = self.sealed = None

    def close(self) -> None:
        """Ask `run` to end."""
        self._gone.set()

    # The path

    def bound(self, path: Path, now_us: int) -> None:
        """Reached here from now on: the first path, or the browser has moved. See `paths`.

        After a move nothing that was learnt of the old line holds, and what was lost on the way, in both directions,
        is likely to be more than resends can mend.
        """
        self.path, self.heard_us = path, now_us
        if self._bound.is_set():
            self.downlink = self.downlink.rebound(now_us)
            for uplink in (*self.uplinks.values(), *(downtrack.source for downtrack in self.downtracks)):
                if uplink is not None:
                    uplink.ask_key_frame(now_us)
        self._bound.set()

    def handshake(self, data: bytes) -> None:
        """A DTLS datagram from the bound path."""
        self._dtls.feed(data)

    def _send_plain(self, data: bytes) -> None:
        if self.path is not None:
            self.path.send(data)

    # Media in

    def media(self, size: int, now_us: int) -> None:
        """See `endpoint.Endpoint`."""
        opened = self._opened
        if opened is None or size < 12:
            return
        incoming = self._incoming
        data = incoming.data
        if 191 < data[1] < 224:
            size = opened.rtcp(size)
            if size:
                self.heard_us = now_us
                self.control.read(bytes(incoming.view[:size]), now_us)
            return
        size = opened.rtp(size)
        if not size:
            return
        self.heard_us = now_us
        header = _RTP.unpack_from(data)
        offset = 12 + ((header[0] & 15) << 2)
        mid = None
        if header[0] & 16:
            offset, mid = self._extensions(offset, size, now_us)
        if offset > size:
            return
        uplink = self.uplinks.get(header[4])
        if uplink is not None:
            uplink.arrive(header, incoming.view[offset:size], now_us)
            return
        uplink = self._published.rtx.get(header[4])
        if uplink is not None:
            uplink.repaired(header, incoming.view[offset:size], now_us)
        elif mid is not None and self._published.introduce(mid, header[4], header[1] & 0x7F):
            self.introduced = True
            self._changed(self)

    def _extensions(self, offset: int, size: int, now_us: int) -> tuple[int, str | None]:
        """Note the transport-wide number; returns where the payload begins and the MID if there is one."""
        data = self._incoming.data
        end = offset + 4 + (data[offset + 2] << 10 | data[offset + 3] << 2)
        if end > size or data[offset] != 0xBE or data[offset + 1] != 0xDE:
            return end, None
        position = offset + 4
        if data[position] == self._wide_byte:
            self._arrivals.add(data[position + 1] << 8 | data[position + 2], now_us)
            if end - position == 4:
                return end, None
        mid = None
        while position < end:
            length = (data[position] & 15) + 1
            id_ = data[position] >> 4
            if id_ == 0:
                position += 1
                continue
            if data[position] == self._wide_byte and position != offset + 4:
                self._arrivals.add(data[position + 1] << 8 | data[position + 2], now_us)
            elif id_ == self.terms.lines[0].mid_extension:
                mid = bytes(self._incoming.view[position + 1 : position + 1 + length]).decode("ascii", "replace")
            position += 1 + length
        return end, mid

    # Media out

    def ask_key_frame(self, uplink: Uplink, now_us: int) -> None:
        """Ask this browser for a key frame, at once or, if it was asked just before, as soon as that is decent."""
        if uplink.is_video and not uplink.wants_key_us:
            uplink.wants_key_us = max(now_us, uplink.key_asked_us + KEY_FRAME_EVERY_US)
            self.keep(now_us)

    def owe_key_frame(self, downtrack: DownTrack, now_us: int) -> None:
        """Until the next key frame this browser shows nothing in `downtrack`, and does not know that it must ask."""
        self.control.owe(downtrack)
        self.control.keep(now_us)

    def keep(self, now_us: int) -> None:
        """Every 20 ms: what is due by time - key frame requests, resend requests."""
        for uplink in self.uplinks.values():
            if uplink.wants_key_us and uplink.wants_key_us <= now_us:
                uplink.key_asked_us, uplink.wants_key_us = now_us, 0
                self.send_rtcp(rtcp.pli(self._reporter, uplink.ssrc))
            lost = uplink.due(now_us)
            if lost:
                self.send_rtcp(rtcp.nack(self._reporter, uplink.ssrc, lost))

    def probe(self, now_us: int) -> None:
        """Every 20 ms: copies of the picture on top while a limited line is being tried."""
        wanted = self.downlink.probe(now_us)
        shown = (
            [downtrack for downtrack in self.downtracks if downtrack.is_video and downtrack.source is not None]
            if wanted
            else []
        )
        while wanted > 0 and shown:
            size = shown[0].probe(now_us)
            if not size:
                return
            wanted -= size

    def acknowledge(self) -> None:
        """Every 60 ms: transport-wide feedback on what arrived."""
        if self._transport_cc is not None:
            for packet in self._arrivals.feedback(next(iter(self.uplinks), 0)):
                self.send_rtcp(packet)

    def report(self, now_us: int) -> None:
        """Every second: reception report, and the limit that the others' lines set for this browser's pictures."""
        blocks = [uplink.block(now_us) for uplink in self.uplinks.values() if uplink.highest >= 0]
        if not blocks:
            return
        packet = rtcp.receiver_report(self._reporter, blocks)
        video = [uplink.ssrc for uplink in self.uplinks.values() if uplink.is_video]
        if self.cap_bps and video:
            packet += rtcp.remb(self._reporter, self.cap_bps, video)
        self.send_rtcp(packet)

    def publication(self, medium: Medium) -> Publication | None:
        """What this browser publishes of this kind and source."""
        return self._published.of(medium)

    def stream(self, publication: PublicationId) -> Uplink | None:
        """The stream of a publication that is passed on: its only encoding. None while it is not known."""
        return next(iter(self._published.streams(publication)), None)

    def takers(self) -> list[list[Transport]]:
        """For each picture that this browser publishes, the lines on which it goes out."""
        streams = [self._published.streams(one.id) for one in self.publications if one.medium.kind == "video"]
        return [[downtrack.owner for uplink in each for downtrack in uplink.downtracks] for each in streams]

    def downtrack(self, ssrc: int) -> DownTrack | None:
        """What this browser is sent under that SSRC."""
        return self._by_ssrc.get(ssrc)
