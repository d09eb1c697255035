"""The line towards one browser, as a stream to it needs it: path, keys, what it carries, what waits."""

from collections.abc import Sequence
from typing import Protocol

from signaling.sfu.bandwidth import Downlink
from signaling.sfu.endpoint import Path
from signaling.sfu.pacer import Held, Pacing
from signaling.sfu.sharing import pictures_bps
from signaling.sfu.srtp import Outbound


class Slot(Protocol):
    """A stream to this browser, as far as its line must know it."""

    @property
    def is_video(self) -> bool: ...

    @property
    def source(self) -> object | None: ...


class Transport:
    """One browser's line. `path` and `sealed` are None until there are a bound path and keys."""

    path: Path | None
    sealed: Outbound | None
    downlink: Downlink
    pacing: Pacing

    def __init__(self, now_us: int) -> None:
        self.path = None
        self.sealed = None
        self.downlink = Downlink(now_us)
        self.pacing = Pacing()

    @property
    def shown(self) -> Sequence[Slot]:
        """The streams to this browser."""
        return ()

    def send_rtcp(self, packet: bytes) -> None:
        """Seal and send a compound packet; lost while there are no keys or no path."""
        if self.sealed is not None and self.path is not None:
            data = self.sealed.rtcp(packet)
            if data:
                self.path.send(data)

    def hold(self, held: Held, now_us: int) -> None:
        """Let a packet of a picture wait until the limited line has room for it."""
        self.pacing.hold(held, pictures_bps(self), now_us)
        self.release(now_us)

    def release(self, now_us: int) -> None:
        """Every 20 ms: what has waited long enough; nothing until the line's own queue is gone."""
        if self.pacing.waiting and not self.downlink.congested(now_us):
            self.pacing.release(pictures_bps(self), now_us)
