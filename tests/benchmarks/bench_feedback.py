"""What reading one RTCP datagram of a browser costs: ordinary feedback, and such as names as much as it can.

The process's own CPU time, after decryption, for a peer to which 3,000 packets were just sent. Datagrams come every
20 ms of a made-up clock, so budgets fill as they would in a call.
"""

import asyncio
import time
from collections.abc import Sequence
from struct import pack

from signaling.sfu import rtcp
from signaling.sfu import transport_cc as feedback
from signaling.sfu.peer import Peer
from tests.benchmarks.figures import Figure, middle
from tests.benchmarks.place import Place
from tests.signaling.browsers import Street, street

REPEATS = 7
DATAGRAMS = 150
EACH = 20
"""Statuses in one ordinary datagram: what is sent to one browser in 60 to 100 ms."""
EVERY_US = 20_000
START_US = 10_000_000


def measure(place: Place) -> Sequence[Figure]:
    """Microseconds of CPU a datagram, each kind in turn, `REPEATS` times."""
    del place
    return asyncio.run(_measure())


async def _measure() -> Sequence[Figure]:
    taken: dict[str, list[float]] = {}
    with street() as here:
        for _ in range(REPEATS):
            for name in ("ordinary", "losses", "losses_packed", "resends", "losses_of_what_was_sent"):
                taken.setdefault(name, []).append(_cost(here, name))
    ordinary, *hostile = (middle(f"feedback.{name}", values, "us") for name, values in taken.items())
    return [ordinary, *(figure.over(ordinary) for figure in hostile)]


def _cost(here: Street, name: str) -> float:
    """Of one datagram, in the mean of `DATAGRAMS`."""
    peer = here.peer()
    numbers = [peer.downlink.next(1100, START_US) for _ in range(DATAGRAMS * EACH)]
    datagrams = _ordinary(numbers) if name == "ordinary" else [_hostile(peer, name)] * DATAGRAMS
    began = time.process_time()
    for at, data in enumerate(datagrams):
        peer.control.read(data, START_US + (at + 2) * EVERY_US)
    return (time.process_time() - began) * 1e6 / DATAGRAMS


def _ordinary(numbers: Sequence[int]) -> list[bytes]:
    """Feedback on `EACH` packets, one in twenty lost, one after the other."""
    arrivals, datagrams = feedback.Arrivals(1), []
    for at in range(DATAGRAMS):
        for number in numbers[at * EACH + 1 : (at + 1) * EACH]:
            arrivals.add(number, START_US + (at + 1) * EVERY_US + number * 500 % 10_000)
        datagrams.append(b"".join(arrivals.feedback(2)))
    return datagrams


def _hostile(peer: Peer, name: str) -> bytes:
    """Much to do in few bytes."""
    match name:
        case "losses":
            return _lost(1, 0xFFFF)
        case "losses_packed":
            return _lost(1, 0xFFFF) * 30
        case "losses_of_what_was_sent":
            return _lost(1, 2000)
        case _:
            return rtcp.nack(1, peer.downtracks[1].ssrc, range(5100))


def _lost(first: int, count: int) -> bytes:
    runs = [min(0x1FFF, count - at) for at in range(0, count, 0x1FFF)]
    body = pack("!IIHHI", 1, 2, first, count, 0) + b"".join(pack("!H", run) for run in runs)
    return rtcp.packet(rtcp.RTPFB, rtcp.TRANSPORT_FEEDBACK, body + bytes(-len(body) % 4))
