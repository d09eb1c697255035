"""What one with a good connection sends on it: any datagrams, sealed with their own keys, bare, or from elsewhere."""

import asyncio
import re
import socket

from aiortc.rtcdtlstransport import RTCDtlsTransport
from hypothesis import strategies as st
from pylibsrtp import Error

from tests.fuzz.datagrams import datagrams, rtcp, rtp
from tests.fuzz.scene import Scene
from tests.signaling.robot import Robot

SEALED = "sealed"
OWN = tuple(range(0x01010101, 0x01010101 * 9, 0x01010101))
"""Stand for the streams of the sender; filled in when it is known which they are."""

PACKETS = st.one_of(
    st.tuples(st.just(SEALED), st.one_of(rtp(OWN), rtcp(OWN))),
    st.tuples(st.sampled_from(("bound", "stranger")), datagrams(OWN)),
)
BURSTS = st.lists(PACKETS, min_size=1, max_size=40)


class Eve:
    """A third one in the call, who is connected."""

    def __init__(self) -> None:
        self._robot: Robot | None = None
        self._scene: object = None

    async def attack(self, scene: Scene, burst: list[tuple[str, bytes]]) -> None:
        """Send all of it, and let the port take it."""
        robot = await self._connected(scene)
        dtls = robot.pc.getSenders()[0].transport
        streams = _streams(robot)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
            elsewhere.setblocking(False)
            for how, data in burst:
                filled = _filled(data, streams)
                if how == SEALED:
                    await _sealed(dtls, filled)
                elif how == "bound":
                    await dtls.transport._send(filled)
                else:
                    elsewhere.sendto(filled, ("127.0.0.1", scene.service.port))
            for _ in range(5):
                await asyncio.sleep(0)

    async def _connected(self, scene: Scene) -> Robot:
        """Once for each house: a call that this one ended by what was sent is made anew."""
        robot = self._robot
        if robot is None or self._scene is not scene.service or robot.peer not in scene.service.hub.relay._peers:
            page = scene.service.join("eve")
            robot = await scene.enter(Robot(page))
            await robot.connect()
            await robot.sees(0)
            self._robot, self._scene = robot, scene.service
        robot.page.heard.clear()
        return robot


async def _sealed(dtls: RTCDtlsTransport, data: bytes) -> None:
    try:
        await dtls._send_rtp(data)
    except (Error, IndexError):
        return  # not even the sender's own library would send this


def _streams(robot: Robot) -> tuple[int, ...]:
    """The numbers of what this one sends, then of what it is shown."""
    texts = (robot.pc.localDescription.sdp, robot.pc.remoteDescription.sdp)
    return tuple(dict.fromkeys(int(found) for text in texts for found in re.findall(r"a=ssrc:(\d+)", text)))


def _filled(data: bytes, streams: tuple[int, ...]) -> bytes:
    for number, stream in zip(OWN, streams, strict=False):
        data = data.replace(number.to_bytes(4, "big"), stream.to_bytes(4, "big"))
    return data
