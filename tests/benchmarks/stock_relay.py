"""aiortc's own way, to measure against: two RTCPeerConnections and its MediaRelay, which decode and encode every frame.

Reads two offers as JSON lines from stdin, answers both on stdout, relays until stdin ends.
"""

import asyncio
import json
import sys

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole, MediaRelay


async def serve() -> None:
    """Two callers; each hears and sees the other."""
    relay = MediaRelay()
    sink = MediaBlackhole()
    callers: list[RTCPeerConnection] = []
    for _ in range(2):
        offer = json.loads(await asyncio.to_thread(sys.stdin.readline))
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        await pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        callers.append(pc)
    for pc, other in zip(callers, reversed(callers), strict=True):
        theirs = {r.track.kind: r.track for r in other.getReceivers() if r.track is not None}
        for transceiver in pc.getTransceivers()[2:4]:
            transceiver.direction = "sendonly"
            transceiver.sender.replaceTrack(relay.subscribe(theirs[transceiver.kind]))
    for pc in callers:
        await pc.setLocalDescription(await pc.createAnswer())
        sys.stdout.write(json.dumps(pc.localDescription.sdp) + "\n")
        sys.stdout.flush()
    await sink.start()
    await asyncio.to_thread(sys.stdin.read)
    for pc in callers:
        await pc.close()


if __name__ == "__main__":
    asyncio.run(serve())
