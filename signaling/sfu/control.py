"""What one browser asks for by RTCP: resends, key frames, less on its line. Believed about its own line, and bounded.

The keys of a connection are one browser's, so what arrives here speaks for that browser alone: numbers of packets that
were sent to it, streams that it is shown. A datagram may still name 65,535 losses in a few bytes, or ask for key frames
without end, which everybody who is shown the same person pays for. What is above a budget is dropped and counted.
Receiver reports and REMB of browsers are not read: the relay measures the line itself (`bandwidth`).
"""

from collections import Counter
from collections.abc import Callable, Mapping

from signaling.sfu import rtcp
from signaling.sfu import transport_cc as feedback
from signaling.sfu.budget import Budget
from signaling.sfu.downtrack import DownTrack
from signaling.sfu.transport import Transport
from signaling.sfu.uplink import Uplink

PACKETS_A_DATAGRAM = 16
PACKETS_PER_S, PACKETS_BURST = 400, 200
"""A browser that is shown three people over a lossy line sends about 200."""
STATUSES_A_PACKET = 2048
STATUSES_PER_S, STATUSES_BURST = 4000, 4096
"""At most 1000 packets a second are sent to one browser; what a resend filled is reported again."""
NUMBERS_PER_S, NUMBERS_BURST = 600, 256
"""A fifth of 600 packets a second lost, each asked for five times."""
REPORT_EVERY_US = 100_000
KEY_FRAMES_PER_S, KEY_FRAMES_BURST = 1 / 3, 4
"""Of a person whom others are shown too. A key frame is 20 to 40 kB: at this rate it costs them 50 to 100 kbit/s."""
UNDER_WAY_US = 500_000
"""A key frame asked for so recently may still be on its way."""


class Control:
    """The RTCP of one browser: its line, what it is sent by SSRC, what it publishes by SSRC.

    `dropped` counts what was above its budgets: datagrams with 'packets' left over, 'feedback', requests for 'resends'
    cut short, 'reports', 'key_frames' asked for again too soon; and reports of arrivals that were 'implausible'.
    """

    def __init__(
        self, line: Transport, downtrack: Callable[[int], DownTrack | None], uplinks: Mapping[int, Uplink]
    ) -> None:
        self.dropped: Counter[str] = Counter()
        self._line = line
        self._downtrack = downtrack
        self._uplinks = uplinks
        self._packets = Budget(PACKETS_PER_S, PACKETS_BURST)
        self._statuses = Budget(STATUSES_PER_S, STATUSES_BURST)
        self._numbers = Budget(NUMBERS_PER_S, NUMBERS_BURST)
        self._key_frames = Budget(KEY_FRAMES_PER_S, KEY_FRAMES_BURST)
        self._owed: set[DownTrack] = set()

    def read(self, data: bytes, now_us: int) -> None:
        """Act upon a decrypted datagram; nothing is raised, whatever it says."""
        for index, (kind, count, body) in enumerate(rtcp.split(data)):
            if index >= PACKETS_A_DATAGRAM or not self._packets.take(1, now_us):
                self.dropped["packets"] += 1
                return
            for item in rtcp.read(kind, count, body):
                self._act(item, now_us)

    def _act(self, item: rtcp.FeedbackItem, now_us: int) -> None:
        match item:
            case rtcp.SenderReport():
                self._sender_report(item, now_us)
            case rtcp.Nack():
                self._nack(item, now_us)
            case rtcp.KeyFrameRequest():
                downtrack = self._downtrack(item.ssrc)
                if downtrack is not None and not self._ask_key_frame(downtrack, now_us):
                    self.dropped["key_frames"] += 1
            case rtcp.TransportFeedback():
                self._feedback(item.body, now_us)

    def _nack(self, nack: rtcp.Nack, now_us: int) -> None:
        downtrack = self._downtrack(nack.ssrc)
        if downtrack is None:
            return
        lost = nack.numbers(self._numbers.left(now_us) + 1)
        granted = self._numbers.take(len(lost), now_us)
        if granted < len(lost):
            self.dropped["resends"] += 1
        if downtrack.resend(lost[:granted], now_us):
            self._ask_key_frame(downtrack, now_us)

    def _feedback(self, body: bytes, now_us: int) -> None:
        first, count = feedback.named(body)
        downlink = self._line.downlink
        if count > STATUSES_A_PACKET or not downlink.sent(first, count):
            self.dropped["implausible"] += 1
        elif self._statuses.take(count, now_us) < count:
            self.dropped["feedback"] += 1
        elif not downlink.feedback(feedback.parse(body), now_us):
            self.dropped["implausible"] += 1

    def _sender_report(self, report: rtcp.SenderReport, now_us: int) -> None:
        uplink = self._uplinks.get(report.ssrc)
        if uplink is None:
            return
        if uplink.report_at_us and now_us - uplink.report_at_us < REPORT_EVERY_US:
            self.dropped["reports"] += 1
            return
        uplink.last_report, uplink.report_at_us = report.ntp >> 16 & 0xFFFFFFFF, now_us
        for downtrack in uplink.downtracks:
            rtp = downtrack.translated(report.rtp)
            if rtp is not None:
                downtrack.owner.send_rtcp(
                    rtcp.sender_report(downtrack.ssrc, report.ntp, rtp, downtrack.packets, downtrack.octets)
                )

    def _ask_key_frame(self, downtrack: DownTrack, now_us: int) -> bool:
        """For this browser's sake, of the person whom `downtrack` shows; whether it was asked. If nobody else is shown
        that person, as often as it likes, else within its budget.
        """
        source = downtrack.source
        if source is None or not downtrack.is_video:
            return True
        if len(source.downtracks) > 1:
            if source.wants_key_us or now_us - source.key_asked_us < UNDER_WAY_US:
                return False
            if not self._key_frames.take(1, now_us):
                return False
        source.ask_key_frame(now_us)
        return True

    def owe(self, downtrack: DownTrack) -> None:
        """`downtrack` shows nothing before the next key frame: ask until there is one, since the browser will not."""
        self._owed.add(downtrack)

    def keep(self, now_us: int) -> None:
        """Every 20 ms: the key frames that are owed."""
        for downtrack in tuple(self._owed):
            if not downtrack.waiting or self._ask_key_frame(downtrack, now_us):
                self._owed.discard(downtrack)
