"""Offers: a real browser's is understood, anything else is refused with the reason."""

import re
import time
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.errors import BadOffer
from signaling.sfu import ice
from signaling.sfu.sdp import Ours, Streams, Terms, read_offer, write_answer

CHROMIUM = (Path(__file__).parent / "offer_of_chromium_156.sdp").read_text().replace("\n", "\r\n")


def answer_to(terms: Terms, receives: frozenset[str] = frozenset({"audio", "video"})) -> str:
    streams = tuple(Streams(100 + i, 200 + i) for i in range(len(terms.lines) - 2))
    candidates = ice.candidate_lines(["192.0.2.1"], 5000)
    return write_answer(
        terms, Ours(ice.credentials(), ("sha-256", "AA:BB"), candidates, streams, terms.publications(receives), 7, 1)
    )


def test_chromiums_offer_is_understood() -> None:
    terms = read_offer(CHROMIUM)
    assert terms.slots == 3
    audio, video = terms.lines[:2]
    assert (audio.kind, audio.clock_rate, audio.sends, audio.audio_nack) == ("audio", 48_000, True, True)
    assert (video.kind, video.clock_rate, video.sends) == ("video", 90_000, True)
    assert video.rtx_payload_type is not None
    assert video.ssrc is not None
    assert video.rtx_ssrc is not None
    assert audio.transport_cc == video.transport_cc is not None
    assert not any(line.sends for line in terms.lines[2:])


def test_the_answer_announces_every_slot_and_is_ice_lite_and_passive() -> None:
    terms = read_offer(CHROMIUM)
    answer = SessionDescription.parse(answer_to(terms))
    assert [media.direction for media in answer.media] == ["recvonly"] * 2 + ["sendonly"] * 6
    assert [media.ssrc[0].ssrc for media in answer.media[2:]] == [100, 101, 102, 103, 104, 105]
    first = answer.media[0]
    assert first.ice is not None
    assert first.dtls is not None
    assert (first.ice.iceLite, first.dtls.role) == (True, "client" if first.dtls.role == "client" else "server")
    assert answer.media[3].msid == "slot-0 slot-0-video"
    assert [codec.mimeType for codec in first.rtp.codecs] == ["audio/opus"]
    assert {feedback.type for feedback in first.rtp.codecs[0].rtcpFeedback} == {"transport-cc", "nack"}


def test_what_may_not_be_published_is_inactive() -> None:
    answer = SessionDescription.parse(answer_to(read_offer(CHROMIUM), receives=frozenset({"audio"})))
    assert [media.direction for media in answer.media[:2]] == ["recvonly", "inactive"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=group:BUNDLE", "a=group:OTHER"),
        ("VP8/90000", "VP9/90000"),
        ("opus/48000/2", "PCMU/8000"),
        ("a=setup:actpass", "a=setup:passive"),
        ("a=fingerprint:sha-256", "a=fingerprint:sha-1"),
        ("a=rtcp-mux", "a=nothing"),
        ("a=ice-ufrag:", "a=no-ufrag:"),
        ("a=mid:1\r", "a=mid:0\r"),
        ("m=audio", "m=text"),
        ("m=video 9", "m=audio 9"),
        ("a=mid:0", "a=mid:seventeen-letters"),
        ("a=mid:0", "a=mid:0 1"),
        ("a=mid:0", "a=mid:ä"),
        ("UDP/TLS/RTP/SAVPF 111", "UDP/TLS/RTP/SAVPF/" + "A" * 9000 + " 111"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:300 opus/48000/2\r\na=rtpmap:111 x/1"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus/1/2"),
        ("a=rtpmap:97 rtx/90000", "a=rtpmap:-97 rtx/90000\r\na=fmtp:-97 apt=96\r\na=rtpmap:97 x/1"),
        ("a=ssrc:2409535996", "a=ssrc:4294967296"),
        ("a=ssrc-group:FID 2908715300 3147790638", "a=ssrc-group:FID 2908715300 -1"),
        ("a=mid:0", "a=mid:0" + "\r\na=ssrc:1 cname:a" * 101),
        ("a=mid:0", "a=mid:0" + "\r\na=rtcp-fb:* a" * 201),
        ("a=mid:0", "a=mid:0" + "\r\na=rtpmap:1 a/1" * 81),
        ("a=mid:0", "a=mid:0" + "\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host" * 401),
    ],
)
def test_an_offer_that_cannot_be_answered_is_refused(old: str, new: str) -> None:
    assert old in CHROMIUM
    with pytest.raises(BadOffer):
        read_offer(CHROMIUM.replace(old, new))


def test_too_many_or_too_few_lines_are_refused() -> None:
    head, *media = CHROMIUM.split("m=")
    with pytest.raises(BadOffer):
        read_offer(head)
    with pytest.raises(BadOffer):
        read_offer("m=".join([head, *media, *media[:2]]))
    with pytest.raises(BadOffer):
        read_offer("m=".join([head, *media[:3]]))


def test_an_offer_of_as_many_lines_as_may_be_takes_no_seconds() -> None:
    more = "\r\na=rtpmap:1 a/1" * 70 + "\r\na=rtcp-fb:* a" * 190 + "\r\na=ssrc:1 cname:a" * 90
    began = time.thread_time()
    read_offer(re.sub(r"(a=mid:\d)", rf"\1{more}", CHROMIUM))
    assert time.thread_time() - began < 2  # 0.1 on an idle machine; 64 kB without these limits took 14


@settings(max_examples=200)
@given(st.integers(0, len(CHROMIUM)), st.integers(0, 200), st.text(max_size=20))
def test_a_damaged_offer_is_read_or_refused_and_nothing_else(position: int, cut: int, noise: str) -> None:
    damaged = CHROMIUM[:position] + noise + CHROMIUM[position + cut :]
    try:
        answer_to(read_offer(damaged))
    except BadOffer:
        return
