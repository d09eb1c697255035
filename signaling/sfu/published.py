"""The publications of one browser and their streams: those that its offer announces, and those that say by MID what
they are.
"""

from collections.abc import Callable

from signaling.sfu.publication import Medium, Publication, PublicationId
from signaling.sfu.sdp import Terms
from signaling.sfu.uplink import Uplink


class Published:
    """`publications` in the order of their lines, only of `kinds`. `uplinks`: their streams by SSRC, `rtx`: by the SSRC
    of their resends.

    `ask(stream, now_us)` asks the browser for a key frame.
    """

    def __init__(self, ask: Callable[[Uplink, int], None], terms: Terms, kinds: frozenset[str]) -> None:
        self.publications = terms.publications(kinds)
        self.uplinks: dict[int, Uplink] = {}
        self.rtx: dict[int, Uplink] = {}
        self._ask = ask
        self._lines = {line.mid: line for line in terms.sending}
        self._streams: dict[PublicationId, tuple[Uplink, ...]] = {one.id: () for one in self.publications}
        for one in self.publications:
            for encoding in one.encodings:
                if encoding.ssrc is not None:
                    self._add(one.id, encoding.ssrc, encoding.rtx_ssrc)

    def of(self, medium: Medium) -> Publication | None:
        """What is published of this kind and source."""
        return next((one for one in self.publications if one.medium == medium), None)

    def streams(self, publication: PublicationId) -> tuple[Uplink, ...]:
        """The encodings of a publication, as far as they are known."""
        return self._streams.get(publication, ())

    def introduce(self, mid: str, ssrc: int, payload_type: int) -> bool:
        """A stream that the offer did not announce says by its MID which publication it belongs to (RFC 8843 section
        9.2); whether it is a new one of audio or video.
        """
        id = PublicationId(mid)
        if id not in self._streams:
            return False
        line, known = self._lines[mid], self._streams[id]
        if payload_type == line.payload_type and not known:
            self._add(id, ssrc, None)
            return True
        if payload_type == line.rtx_payload_type and known and known[0].rtx_ssrc is None:
            known[0].rtx_ssrc = ssrc
            self.rtx[ssrc] = known[0]
        return False

    def _add(self, id: PublicationId, ssrc: int, rtx_ssrc: int | None) -> None:
        line = self._lines[id]
        uplink = self.uplinks[ssrc] = Uplink(self._ask, line.kind == "video", ssrc, rtx_ssrc, line.clock_rate)
        self._streams[id] = (*self._streams[id], uplink)
        if rtx_ssrc is not None:
            self.rtx[rtx_ssrc] = uplink
