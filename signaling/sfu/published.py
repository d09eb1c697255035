"""What one browser publishes: the streams that its offer announces, and those that say by MID what they are."""

from collections.abc import Callable

from signaling.sfu.sdp import Line, Terms
from signaling.sfu.uplink import Uplink


class Published:
    """`uplinks` by SSRC, `rtx` by the SSRC of their resends. At most one of a kind, and only of `kinds`.

    `ask(stream, now_us)` asks the browser for a key frame.
    """

    def __init__(self, ask: Callable[[Uplink, int], None], terms: Terms, kinds: frozenset[str]) -> None:
        self.uplinks: dict[int, Uplink] = {}
        self.rtx: dict[int, Uplink] = {}
        self._ask = ask
        self._lines = tuple(line for line in terms.lines[:2] if line.sends and line.kind in kinds)
        for line in self._lines:
            if line.ssrc is not None:
                self._add(line, line.ssrc, line.rtx_ssrc)

    def of(self, kind: str) -> Uplink | None:
        """What is sent of 'audio' or 'video'."""
        return next((u for u in self.uplinks.values() if u.is_video == (kind == "video")), None)

    def introduce(self, mid: str, ssrc: int, payload_type: int) -> bool:
        """A stream that the offer did not announce says by its MID which line it belongs to (RFC 8843 section 9.2);
        whether it is a new one of audio or video.
        """
        line = next((i for i in self._lines if i.mid == mid), None)
        if line is None:
            return False
        known = self.of(line.kind)
        if payload_type == line.payload_type and known is None:
            self._add(line, ssrc, None)
            return True
        if payload_type == line.rtx_payload_type and known is not None and known.rtx_ssrc is None:
            known.rtx_ssrc = ssrc
            self.rtx[ssrc] = known
        return False

    def _add(self, line: Line, ssrc: int, rtx_ssrc: int | None) -> None:
        uplink = self.uplinks[ssrc] = Uplink(self._ask, line.kind == "video", ssrc, rtx_ssrc, line.clock_rate)
        if rtx_ssrc is not None:
            self.rtx[rtx_ssrc] = uplink
