"""RTCP as written here is what aiortc reads, and the other way round; damage does no harm."""

from aiortc.rtp import (
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    unpack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from signaling.sfu import rtcp

SSRC = st.integers(0, 0xFFFFFFFF)
SEQUENCES = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=60, unique=True).map(sorted)


@given(SSRC, SEQUENCES)
def test_a_nack_names_what_is_lost(ssrc: int, lost: list[int]) -> None:
    data = rtcp.nack(7, ssrc, lost)
    (theirs,) = RtcpPacket.parse(data)
    assert isinstance(theirs, RtcpRtpfbPacket)
    assert (theirs.media_ssrc, sorted({n & 0xFFFF for n in theirs.lost})) == (ssrc, lost)
    (ours,) = rtcp.parse(data)
    assert isinstance(ours, rtcp.Nack)
    assert sorted(ours.numbers(1000)) == lost
    assert ours.numbers(3) == ours.numbers(1000)[:3]


@given(SSRC, st.integers(0, (1 << 40)))
def test_remb_keeps_the_bitrate_to_a_thousandth_of_a_percent(ssrc: int, bitrate: int) -> None:
    (packet,) = RtcpPacket.parse(rtcp.remb(7, bitrate, [ssrc]))
    assert isinstance(packet, RtcpPsfbPacket)
    read, ssrcs = unpack_remb_fci(packet.fci)
    assert ssrcs == [ssrc]
    assert bitrate * 0.9999 <= read <= bitrate


def test_reports_and_key_frame_requests_read_as_aiortc_writes_them() -> None:
    block = RtcpReceiverInfo(5, 12, -3, 70_000, 4, 9, 8)
    data = bytes(RtcpSrPacket(1, RtcpSenderInfo(1 << 40, 77, 3, 4), [block])) + bytes(RtcpRrPacket(2, [block]))
    data += bytes(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=9))
    report, wish = rtcp.parse(data)
    assert report == rtcp.SenderReport(1, 1 << 40, 77)
    assert wish == rtcp.KeyFrameRequest(9)


def test_our_reports_read_in_aiortc() -> None:
    sent = rtcp.sender_report(3, 1 << 50, 1 << 33 | 5, 1 << 32 | 6, 7) + rtcp.goodbye([3])
    report, bye = RtcpPacket.parse(sent)
    assert isinstance(report, RtcpSrPacket)
    assert (report.sender_info.rtp_timestamp, report.sender_info.packet_count) == (5, 6)
    assert bye == RtcpByePacket([3])
    (reception,) = RtcpPacket.parse(rtcp.receiver_report(4, [rtcp.ReportBlock(5, 12, -3, 70_000, 4, 9, 8)]))
    assert reception == RtcpRrPacket(4, [RtcpReceiverInfo(5, 12, -3, 70_000, 4, 9, 8)])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_harm(data: bytes) -> None:
    list(rtcp.parse(data))
    list(rtcp.parse(b"\x8f\xcd" + data))
