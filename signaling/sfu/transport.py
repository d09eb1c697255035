"""The line towards one browser, as a stream to it needs it: path, keys, what it carries, what waits."""

from collections.abc import Sequence

from signaling.sfu.bandwidth import Downlink
from signaling.sfu.endpoint import Path
from signaling.sfu.pacer import Pacing, QueuedPacket
from signaling.sfu.sharing import Shown, pictures_bps
from signaling.sfu.srtp import Outbound


class Transport:
    """One browser's line. `path` and `sealed` are None until path and keys are there; `shown`: what goes out on it."""

    def __init__(self, now_us: int) -> None:
        self.path: Path | None = None
        self.sealed: Outbound | None = None
        self.downlink = Downlink(now_us)
        self.pacing = Pacing()
        self.shown: Sequence[Shown] = ()

    def send_rtcp(self, packet: bytes) -> None:
        """Seal and send a compound packet; lost while there are no keys or no path."""
        if self.sealed is not None and self.path is not None:
            data = self.sealed.rtcp(packet)
            if data:
                self.path.send(data)

    def hold(self, held: QueuedPacket, now_us: int) -> None:
        """Let a packet of a picture wait until the limited line has room for it."""
        self.pacing.hold(held, pictures_bps(self), now_us)
        self.release(now_us)

    def release(self, now_us: int) -> None:
        """Every 20 ms: what has waited long enough; nothing until the line's own queue is gone."""
        if self.pacing.waiting and not self.downlink.congested(now_us):
            self.pacing.release(pictures_bps(self), now_us)
