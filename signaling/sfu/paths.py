"""Where each browser is reached: which ICE name, and which address on which of our sockets, is whose.

A browser is reached on one path, the one it is bound to. It is bound anew by a valid check that nominates another
path; and, once nothing has arrived on the one it has for `SILENT_PATH_US`, by any valid check from elsewhere: a
browser whose address was changed on the way does not know of it, and Firefox's later checks never nominate. All
other checks are answered and change nothing. Only what arrives on the bound path is a sign of life.

An address belongs to one browser at a time. Who comes from an address that another is heard on now is answered and
not bound; once that one is silent there, the address changes hands and the other is bound again by its next check,
wherever that comes from.
"""

from signaling.ids import PeerId
from signaling.sfu.endpoint import Endpoint, Path
from signaling.sfu.stun import Check

SILENT_PATH_US = 2_000_000


class Paths:
    """The ICE names of every peer, at most two each, and the peers of every address (in `udp_port.Hole.peers`)."""

    def __init__(self) -> None:
        self._by_ufrag: dict[str, tuple[str, Endpoint]] = {}
        self._ufrags: dict[PeerId, tuple[str, ...]] = {}

    @property
    def names(self) -> int:
        """How many ICE names are answered."""
        return len(self._by_ufrag)

    def password(self, ufrag: str) -> str | None:
        """The password of one of our names; None for one that is unknown or forgotten."""
        found = self._by_ufrag.get(ufrag)
        return None if found is None else found[0]

    def register(self, ufrag: str, password: str, peer: Endpoint) -> None:
        """Answer checks for `ufrag` too. The name in use is kept until the browser uses the new one; one that was
        given in between and never used is forgotten.
        """
        used, *unused = self._ufrags.get(peer.id, (ufrag,))
        for name in unused:
            del self._by_ufrag[name]
        self._by_ufrag[ufrag] = (password, peer)
        self._ufrags[peer.id] = (used,) if used == ufrag else (used, ufrag)

    def forget(self, peer: Endpoint) -> None:
        """Answer no more checks for this peer, and free its address."""
        for name in self._ufrags.pop(peer.id, ()):
            del self._by_ufrag[name]
        self._free(peer)

    def checked(self, check: Check, path: Path, now_us: int) -> None:
        """A valid check came over `path`: life, a move, or nothing."""
        peer = self._by_ufrag[check.ufrag][1]
        if path == peer.path:
            peer.heard_us = now_us
            if check.nominated:
                self._in_use(peer, check.ufrag)
        elif (check.nominated or peer.path is None or _silent(peer, now_us)) and self._cede(path, now_us):
            self._free(peer)
            path.udp_socket.peers[path.address] = peer
            peer.bound(path, now_us)
            self._in_use(peer, check.ufrag)

    def _cede(self, path: Path, now_us: int) -> bool:
        """Whether this address is free, or could be taken from a peer that is silent there."""
        holder = path.udp_socket.peers.get(path.address)
        if holder is None:
            return True
        if not _silent(holder, now_us):
            return False
        self._free(holder)
        return True

    def _free(self, peer: Endpoint) -> None:
        """Take this peer's address from it, and from nobody else."""
        path = peer.path
        if path is not None:
            del path.udp_socket.peers[path.address]
            peer.path = None

    def _in_use(self, peer: Endpoint, ufrag: str) -> None:
        """The browser has taken up its newest name: the one before is forgotten."""
        *before, newest = self._ufrags[peer.id]
        if before and ufrag == newest:
            self._ufrags[peer.id] = (newest,)
            for name in before:
                del self._by_ufrag[name]


def _silent(peer: Endpoint, now_us: int) -> bool:
    return now_us - peer.heard_us > SILENT_PATH_US
