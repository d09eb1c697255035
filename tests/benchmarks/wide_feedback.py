"""Transport-wide feedback for a stock aiortc caller, as browsers have it: its packets are numbered, what it receives is
acknowledged.

aiortc itself knows neither. What it sends is numbered just before it is sealed, what it gets is noted just after it
was opened; both in the caller's process, whose CPU nobody counts.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from time import monotonic_ns

from aiortc import RTCDtlsTransport
from aiortc.rtp import is_rtcp

from signaling.sfu import rtcp
from signaling.sfu.sdp import TRANSPORT_CC
from signaling.sfu.transport_cc import Arrivals
from tests.signaling.robot import Caller

ID = 5
EVERY_S = 0.08
REPORTER = 0x5EED
ONE_BYTE = b"\xbe\xde"


def offered(sdp: str) -> str:
    """The offer with the extension on every line of media."""
    line = f"a=extmap:{ID} {TRANSPORT_CC}"
    return "".join(f"{part}\r\n{line}\r\n" if part.startswith("a=mid:") else f"{part}\r\n" for part in sdp.splitlines())


@dataclass(slots=True)
class Flow:
    """How many packets of the relay's with a number came, and how many acknowledgments of ours."""

    noted: int = 0
    acknowledgments: int = 0


@asynccontextmanager
async def feedback(caller: Caller) -> AsyncIterator[Flow]:
    """From now on the caller's packets are numbered and what comes is acknowledged; after `accept`."""
    transport = caller.pc.getSenders()[0].transport
    arrivals, numbers = Arrivals(REPORTER), count()
    send, receive, told = transport._send_rtp, transport._handle_rtp_data, transport._handle_rtcp_data
    flow = Flow()

    async def numbered_send(data: bytes) -> None:
        await send(data if is_rtcp(data) else numbered(data, next(numbers) & 0xFFFF))

    async def noted_receive(data: bytes, arrival_time_ms: int) -> None:
        number = number_of(data)
        if number is not None:
            arrivals.add(number, monotonic_ns() // 1000)
            flow.noted += 1
        await receive(data, arrival_time_ms)

    async def noted_acknowledgment(data: bytes) -> None:
        flow.acknowledgments += sum(isinstance(one, rtcp.TransportFeedback) for one in rtcp.parse(data))
        await told(data)

    # mypy: methods of one object are replaced, which is what is meant
    transport._send_rtp, transport._handle_rtp_data = numbered_send, noted_receive  # type: ignore[method-assign]
    transport._handle_rtcp_data = noted_acknowledgment  # type: ignore[method-assign]
    acknowledging = asyncio.create_task(_acknowledge(transport, arrivals))
    try:
        yield flow
    finally:
        acknowledging.cancel()
        await asyncio.gather(acknowledging, return_exceptions=True)


async def _acknowledge(transport: RTCDtlsTransport, arrivals: Arrivals) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        for packet in arrivals.feedback(0):
            with suppress(ConnectionError):
                await transport._send_rtp(packet)


def numbered(data: bytes, number: int) -> bytes:
    """The RTP packet with this transport-wide number as one more element of its one-byte header extension."""
    start = 12 + 4 * (data[0] & 15)
    if not data[0] & 16 or data[start : start + 2] != ONE_BYTE:
        return data
    words = int.from_bytes(data[start + 2 : start + 4], "big") + 1
    element = bytes([ID << 4 | 1]) + number.to_bytes(2, "big") + b"\0"
    return data[: start + 2] + words.to_bytes(2, "big") + element + data[start + 4 :]


def number_of(data: bytes) -> int | None:
    """The transport-wide number of an RTP packet; None when it carries none."""
    start = 12 + 4 * (data[0] & 15)
    if not data[0] & 16 or data[start : start + 2] != ONE_BYTE:
        return None
    position, end = start + 4, start + 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    while position < end:
        if data[position] == 0:
            position += 1
            continue
        if data[position] == ID << 4 | 1:
            return int.from_bytes(data[position + 1 : position + 3], "big")
        position += 2 + (data[position] & 15)
    return None
