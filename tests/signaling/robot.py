"""A browser made of aiortc: a stock RTCPeerConnection that sends a picture and a tone and decodes what it gets."""

import asyncio
import fractions
import math
from array import array
from typing import Self

from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from av import AudioFrame, VideoFrame

from signaling.protocol import SLOTS, Answer, Offer
from tests.signaling.call_service import Page

WIDTH, HEIGHT = 160, 120


class Picture(MediaStreamTrack):
    """A small gray picture that grows lighter, 15 a second."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(1 / 15)
        self._count += 1
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([self._count % 256]) * plane.buffer_size)
        frame.pts, frame.time_base = self._count * 6000, fractions.Fraction(1, 90_000)
        return frame


class Tone(MediaStreamTrack):
    """440 Hz in packets of 20 ms."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(0.02)
        start = self._count * 960
        samples = array("h", (int(8000 * math.sin(2 * math.pi * 440 * t / 48_000)) for t in range(start, start + 960)))
        frame = AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.time_base = 48_000, fractions.Fraction(1, 48_000)
        frame.pts = self._count * 960
        self._count += 1
        return frame


class Caller:
    """One media connection: two sending lines and a pair of receiving ones for each slot. An async context manager."""

    def __init__(self, slots: int = SLOTS, picture: MediaStreamTrack | None = None) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._tracks: list[MediaStreamTrack] = [Tone(), picture or Picture()]
        for track in self._tracks:
            self.pc.addTransceiver(track, direction="sendonly")
        self._slots = [
            (self.pc.addTransceiver("audio", "recvonly"), self.pc.addTransceiver("video", "recvonly"))
            for _ in range(slots)
        ]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for track in self._tracks:
            track.stop()
        await self.pc.close()

    async def offer(self) -> str:
        """The offer, as it would be sent."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def accept(self, sdp: str) -> None:
        """Take the answer and let aiortc connect."""
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def sees(self, slot: int) -> VideoFrame:
        """The next decoded picture of a slot."""
        frame = await asyncio.wait_for(self._slots[slot][1].receiver.track.recv(), 15)
        assert isinstance(frame, VideoFrame)
        return frame

    async def hears(self, slot: int) -> float:
        """The loudness (root mean square) of the next 20 ms of a slot."""
        frame = await asyncio.wait_for(self._slots[slot][0].receiver.track.recv(), 15)
        assert isinstance(frame, AudioFrame)
        samples = array("h", bytes(frame.planes[0]))
        return math.sqrt(sum(sample * sample for sample in samples) / len(samples))

    async def packets(self) -> int:
        """RTP packets received so far, in all slots, resends too.

        aiortc's `getStats` names one stream of each receiver: once a resend has come, that of the resends.
        """
        streams = [receiver._RTCRtpReceiver__remote_streams for receiver in self.pc.getReceivers()]  # type: ignore[attr-defined]
        return sum(stream.packets_received for of_one in streams for stream in of_one.values())


class Robot(Caller):
    """A caller in a room: what it offers goes through its page."""

    def __init__(self, page: Page, slots: int = SLOTS) -> None:
        super().__init__(slots)
        self.page = page
        self.peer = ""

    async def connect(self, sdp: str | None = None) -> None:
        """Offer (`sdp` instead of the true one, if given) and take the answer."""
        self.page.say(Offer(1, sdp or await self.offer()))
        answer = await self.page.hear(Answer)
        self.peer = answer.peer
        await self.accept(answer.sdp)
