"""The relay of a media process: makes peers, wires what one publishes to the slots of others, and keeps time for
all of them.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from time import monotonic_ns

from aiortc.rtcdtlstransport import RTCCertificate

from signaling.errors import BadOffer
from signaling.ids import PeerId
from signaling.sfu import sharing
from signaling.sfu.downtrack import DownTrack
from signaling.sfu.peer import Peer
from signaling.sfu.publication import KINDS, VERSION_1, Carried, Medium, TrackSubject
from signaling.sfu.sdp import read_offer
from signaling.sfu.udp_port import Port
from signaling.sfu.uplink import Uplink
from signaling.tickets import Right

log = logging.getLogger(__name__)

TICK_S = 0.02
ACKNOWLEDGE_TICKS = 3
REPORT_TICKS = 50
LIMIT_TICKS = 5

Wiring = Mapping[PeerId, tuple[PeerId | None, ...]]
"""For each receiving peer: by slot index, the peer that it shows."""


class Relay:
    """All peers of this process. `told(peer, state)`: 'connected', 'changed' (new streams), or why it ended.

    `carried`: what their offers may publish and show.
    """

    def __init__(
        self,
        port: Port,
        tasks: asyncio.TaskGroup,
        told: Callable[[PeerId, str], None],
        carried: Carried = VERSION_1,
    ) -> None:
        self._carried = carried
        self._port = port
        self._tasks = tasks
        self._told = told
        self._certificate = RTCCertificate.generateCertificate()
        self._peers: dict[PeerId, Peer] = {}
        self._shown: dict[PeerId, bool] = {}

    @property
    def peers(self) -> int:
        """How many peers are alive, connected or not."""
        return len(self._peers)

    def negotiate(self, sdp: str, rights: frozenset[Right], current: PeerId | None) -> tuple[PeerId, str]:
        """Answer an offer: the current peer restarts ICE if it is of the same connection, else a new one is made.

        Raises BadOffer. The caller drops the current peer when another id comes back.
        """
        terms = read_offer(sdp, self._carried)
        receives = frozenset(k for k in KINDS if Right(f"publish_{k}") in rights)
        known = self._peers.get(current) if current is not None else None
        if known is not None and known.restart(terms):
            return known.id, known.answer()
        if terms.slots and not rights & {Right.SUBSCRIBE, Right.ECHO}:
            raise BadOffer("no right to receive")
        peer = Peer(self._port, self._certificate, terms, receives, self._changed)
        self._peers[peer.id] = peer
        self._tasks.create_task(self._live(peer), name=f"peer {peer.id}")
        try:
            return peer.id, peer.answer()
        except Exception:
            peer.close()
            raise

    def drop(self, id: PeerId) -> None:
        """Close a peer; it vanishes once its task has cleaned up. Unknown ids are ignored."""
        peer = self._peers.get(id)
        if peer is not None:
            peer.close()

    def wire(self, wiring: Wiring) -> None:
        """Connect the peers of one room. Whatever was wired between them before and is not in `wiring` ends."""
        takers: dict[int, list[DownTrack]] = {}
        now_us = monotonic_ns() // 1000
        peers = {id: self._peers[id] for id in wiring if id in self._peers}
        for id, peer in peers.items():
            for downtrack in peer.downtracks:
                shown = _at(wiring[id], downtrack.place.slot)
                subject, uplink = _published(peers.get(shown) if shown is not None else None, downtrack.place.medium)
                changed = uplink is not downtrack.source
                downtrack.bind(subject, uplink)
                if uplink is None:
                    continue
                takers.setdefault(id_of(uplink), []).append(downtrack)
                if changed and peer.sealed is not None:  # else it cannot receive yet, and asks once it can: `_changed`
                    uplink.ask_key_frame(now_us)
        for peer in peers.values():
            for uplink in peer.uplinks.values():
                uplink.downtracks = tuple(takers.get(id_of(uplink), ()))

    async def keep_time(self, limited: Callable[[PeerId, bool, int], None]) -> None:
        """Until cancelled: feedback, resend requests, reports; `limited(peer, whether, kbps)` when a line's state
        changes.
        """
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            ticks += 1
            now_us = monotonic_ns() // 1000
            for peer in list(self._peers.values()):
                try:
                    self._tick(peer, ticks, now_us)
                except Exception as error:
                    self._port.faults.note("tick", error)
            if ticks % LIMIT_TICKS == 0:
                try:
                    self._tell_limits(limited)
                except Exception as error:
                    self._port.faults.note("limits", error)

    def _tick(self, peer: Peer, ticks: int, now_us: int) -> None:
        peer.keep(now_us)
        peer.control.keep(now_us)
        peer.release(now_us)
        peer.probe(now_us)
        if ticks % ACKNOWLEDGE_TICKS == 0:
            peer.acknowledge()
        if ticks % LIMIT_TICKS == 0:
            cap = sharing.cap(peer.takers())
            if ticks % REPORT_TICKS == 0 or abs(cap - peer.cap_bps) > peer.cap_bps // 20:
                peer.cap_bps = cap
                peer.report(now_us)

    def _tell_limits(self, limited: Callable[[PeerId, bool, int], None]) -> None:
        for peer in self._peers.values():
            state = peer.downlink.limited
            if self._shown.get(peer.id, False) != state:
                self._shown[peer.id] = state
                limited(peer.id, state, peer.downlink.estimate // 1000)

    def _changed(self, peer: Peer) -> None:
        now_us = monotonic_ns() // 1000
        for downtrack in peer.downtracks:
            if downtrack.source is not None:
                downtrack.source.ask_key_frame(now_us)
        self._told(peer.id, "connected" if not peer.introduced else "changed")

    async def _live(self, peer: Peer) -> None:
        why = "error"
        try:
            why = await peer.run()
        except Exception as error:
            self._port.faults.note("peer", error)
        finally:
            del self._peers[peer.id]
            self._shown.pop(peer.id, None)
            if peer.control.dropped:
                log.info("peer %s: dropped of its RTCP: %s", peer.id, dict(peer.control.dropped))
            self._told(peer.id, why)
            self._unbind(peer)

    def _unbind(self, peer: Peer) -> None:
        try:
            for downtrack in peer.downtracks:
                downtrack.bind(None, None)
        except Exception as error:  # raised on, it would end every other peer's task
            self._port.faults.note("unbinding", error)


def id_of(value: object) -> int:
    """Identity as a key; streams are compared by identity, not by content."""
    return id(value)


def _published(publisher: Peer | None, medium: Medium) -> tuple[TrackSubject | None, Uplink | None]:
    """What there is to show of a medium of this publisher, and the stream that shows it."""
    publication = publisher.publication(medium) if publisher is not None else None
    if publisher is None or publication is None:
        return None, None
    return TrackSubject(publisher.id, publication.id), publisher.stream(publication.id)


def _at(slots: tuple[PeerId | None, ...], index: int) -> PeerId | None:
    return slots[index] if index < len(slots) else None
