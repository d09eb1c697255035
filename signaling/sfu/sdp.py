"""Session descriptions: reads a browser's offer, writes the server's answer (RFC 8829, RFC 8843, RFC 8839).

The answer is written by hand: it is ICE-lite, passive in DTLS, one bundle, VP8 and Opus only, and announces the
streams of every slot beforehand so that people come and go without renegotiation.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription

from signaling.errors import BadOffer
from signaling.protocol import SLOTS
from signaling.sfu.ice import IceCredentials
from signaling.sfu.publication import (
    VERSION_1,
    Carried,
    Encoding,
    MediaSource,
    Medium,
    Publication,
    PublicationId,
    SlotPosition,
)

TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
CLOCK_RATES: Mapping[str, int] = {"audio": 48_000, "video": 90_000}
TRACKS: Mapping[MediaSource, str] = {
    MediaSource.MICROPHONE: "audio",
    MediaSource.CAMERA: "video",
    MediaSource.SCREEN: "screen",
}
"""What the tracks of a slot are called in an answer, after its name."""
MAX_SECTION = 400
"""Lines of text in one media section; Chromium with every codec writes about 180."""
MAX_ATTRIBUTES: Mapping[str, int] = {"a=rtpmap:": 80, "a=rtcp-fb:": 200, "a=ssrc:": 100}
"""Each in one section. aiortc compares every one with every other: 4,000 lines took 14 s of everybody's time."""
DIGESTS = frozenset({"sha-256", "sha-384", "sha-512"})
START_KBPS = 1500
"""Chromium's estimator starts here instead of at 300 kbps; against a slow first ten seconds."""

_MID = re.compile(r"[!#-'*+\-.0-9A-Z^-~]{1,16}")  # a token of RFC 8866 section 9, as in RFC 5888 section 4
_PROFILE = re.compile(r"(?:(?:UDP|TCP)/D?TLS/)?RTP/S?AVPF?")  # RFC 8829 section 5.1.2


@dataclass(frozen=True, slots=True)
class MediaLine:
    """One media line of an offer, reduced to what the relay uses. Ids of header extensions are this browser's own."""

    medium: Medium
    mid: str
    profile: str
    payload_type: int
    rtx_payload_type: int | None
    clock_rate: int
    transport_cc: int | None
    mid_extension: int | None
    sends: bool
    ssrc: int | None
    rtx_ssrc: int | None
    audio_nack: bool

    @property
    def kind(self) -> str:
        """'audio' or 'video'."""
        return self.medium.kind


@dataclass(frozen=True, slots=True)
class Terms:
    """A readable offer: a line for each medium that is `carried`, which the browser may send; then as many for each
    slot.
    """

    ice: IceCredentials
    fingerprints: tuple[tuple[str, str], ...]
    lines: tuple[MediaLine, ...]
    carried: Carried

    @property
    def slots(self) -> int:
        """How many slots the browser offered, at most SLOTS."""
        return len(self.lines) // len(self.carried) - 1

    @property
    def sending(self) -> tuple[MediaLine, ...]:
        """The lines in which the browser may publish."""
        return self.lines[: len(self.carried)]

    @property
    def receiving(self) -> tuple[tuple[SlotPosition, MediaLine], ...]:
        """The lines of the slots, each with its place."""
        lines = self.lines[len(self.carried) :]
        return tuple((SlotPosition(index // len(self.carried), line.medium), line) for index, line in enumerate(lines))

    def publications(self, kinds: frozenset[str]) -> tuple[Publication, ...]:
        """What the browser publishes, as far as it may publish that kind."""
        return tuple(
            Publication(PublicationId(line.mid), line.medium, (Encoding(None, line.ssrc, line.rtx_ssrc),))
            for line in self.sending
            if line.sends and line.kind in kinds
        )


@dataclass(frozen=True, slots=True)
class Streams:
    """SSRCs of one outgoing line."""

    ssrc: int
    rtx_ssrc: int


@dataclass(frozen=True, slots=True)
class Ours:
    """The server's side of an answer.

    `streams`: one for each line of a slot. `publications`: what is taken of what the browser offers to send.
    """

    ice: IceCredentials
    fingerprint: tuple[str, str]
    candidates: Sequence[str]
    streams: tuple[Streams, ...]
    publications: tuple[Publication, ...]
    session: int
    version: int


def read_offer(sdp: str, carried: Carried = VERSION_1) -> Terms:
    """The terms of an offer. Raises BadOffer for anything that this server cannot answer."""
    each, most = len(carried), len(carried) * (1 + SLOTS)
    _bounded(sdp, most)
    try:
        description = SessionDescription.parse(sdp)
    except Exception as error:  # aiortc asserts, indexes and converts: any text may raise anything
        raise BadOffer(f"unreadable: {type(error).__name__}") from error
    media = description.media
    if not each <= len(media) <= most or len(media) % each:
        raise BadOffer(f"{len(media)} media lines; expected {each} to send and {each} for each slot")
    if any(line.kind != carried[index % each].kind for index, line in enumerate(media)):
        raise BadOffer(f"media lines must be {', '.join([medium.kind for medium in carried] * 2)}, ...")
    if not any(group.semantic == "BUNDLE" and len(group.items) == len(media) for group in description.group):
        raise BadOffer("all media lines must be in one bundle")
    first = media[0]
    if first.ice is None or not first.ice.usernameFragment or not first.ice.password:
        raise BadOffer("no ICE credentials")
    if first.dtls is None or first.dtls.role not in ("auto", "client"):
        raise BadOffer("DTLS setup must be actpass or active")
    prints = tuple((f.algorithm.lower(), f.value.upper()) for f in first.dtls.fingerprints)
    if not any(algorithm in DIGESTS for algorithm, _ in prints):
        raise BadOffer("no DTLS fingerprint of a known digest")
    lines = tuple(_line(line, carried[index % each], index < each) for index, line in enumerate(media))
    if len({line.mid for line in lines}) != len(lines):
        raise BadOffer("media lines need a MID each")
    return Terms(IceCredentials(first.ice.usernameFragment, first.ice.password), prints, lines, carried)


def _bounded(sdp: str, most: int) -> None:
    """Raises BadOffer when a section has more lines than any browser writes."""
    sections: list[list[str]] = [[]]
    for line in sdp.splitlines():
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    if len(sections) > most + 1:
        raise BadOffer(f"{len(sections) - 1} media lines; at most {most}")
    for lines in sections:
        counts = {start: sum(line.startswith(start) for line in lines) for start in MAX_ATTRIBUTES}
        if len(lines) > MAX_SECTION or any(counts[start] > MAX_ATTRIBUTES[start] for start in counts):
            raise BadOffer("more lines in a section than this server reads")


def _line(media: MediaDescription, medium: Medium, publishes: bool) -> MediaLine:
    wanted = "opus" if media.kind == "audio" else "vp8"
    codec = next((c for c in media.rtp.codecs if c.mimeType.lower() == f"{media.kind}/{wanted}"), None)
    if codec is None or codec.payloadType is None:
        raise BadOffer(f"{media.kind} without {wanted}")
    extensions = {extension.uri: extension.id for extension in media.rtp.headerExtensions}
    ssrcs = [description.ssrc for description in media.ssrc]
    rtx = next((g.items[1] for g in media.ssrc_group if g.semantic == "FID" and len(g.items) == 2), None)
    if not media.rtp.muxId or not _MID.fullmatch(media.rtp.muxId) or not media.rtcp_mux:
        raise BadOffer("media lines need a short MID and rtcp-mux")
    if not _PROFILE.fullmatch(media.profile):
        raise BadOffer("media lines must be of RTP")
    rtx_payload_type = _rtx(media, codec)
    if codec.clockRate != CLOCK_RATES[media.kind] or not {codec.payloadType, rtx_payload_type or 0} <= set(range(128)):
        raise BadOffer(f"{wanted} with an impossible clock rate or payload type")
    ssrc, rtx_ssrc = (ssrcs[0] if ssrcs else None), (int(rtx) if rtx is not None else None)
    if not all(0 <= (each or 0) < 1 << 32 for each in (ssrc, rtx_ssrc)):
        raise BadOffer("an impossible SSRC")
    return MediaLine(
        medium=medium,
        mid=media.rtp.muxId,
        profile=media.profile,
        payload_type=codec.payloadType,
        rtx_payload_type=rtx_payload_type,
        clock_rate=codec.clockRate,
        transport_cc=_one_byte(extensions.get(TRANSPORT_CC)),
        mid_extension=_one_byte(extensions.get(MID)),
        sends=publishes and media.direction in ("sendonly", "sendrecv"),
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
        audio_nack=any(f.type == "nack" and not f.parameter for f in codec.rtcpFeedback),
    )


def _rtx(media: MediaDescription, codec: RTCRtpCodecParameters) -> int | None:
    for other in media.rtp.codecs:
        if other.mimeType.lower().endswith("/rtx") and other.parameters.get("apt") == codec.payloadType:
            return other.payloadType
    return None


def _one_byte(id: int | None) -> int | None:
    """Ids above 14 need two-byte headers, which the relay does not write."""
    return id if id is not None and 1 <= id <= 14 else None


def write_answer(terms: Terms, ours: Ours) -> str:
    """The SDP answer to `terms`."""
    mids = " ".join(line.mid for line in terms.lines)
    lines = [
        "v=0",
        f"o=- {ours.session} {ours.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {mids}",
        "a=msid-semantic:WMS *",
    ]
    taken = {publication.id for publication in ours.publications}
    for line in terms.sending:
        lines += _answer_line(line, ours)
        lines.append("a=recvonly" if line.mid in taken else "a=inactive")
    for (place, line), streams in zip(terms.receiving, ours.streams, strict=True):
        lines += _answer_line(line, ours)
        lines += _slot(place, line, streams)
    return "\r\n".join(lines) + "\r\n"


def _answer_line(line: MediaLine, ours: Ours) -> list[str]:
    types = [line.payload_type] + ([line.rtx_payload_type] if line.rtx_payload_type is not None else [])
    lines = [
        f"m={line.kind} 9 {line.profile} {' '.join(map(str, types))}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=mid:{line.mid}",
        f"a=ice-ufrag:{ours.ice.ufrag}",
        f"a=ice-pwd:{ours.ice.password}",
        f"a=fingerprint:{ours.fingerprint[0]} {ours.fingerprint[1]}",
        "a=setup:passive",
    ]
    if line.transport_cc is not None:
        lines.append(f"a=extmap:{line.transport_cc} {TRANSPORT_CC}")
    if line.mid_extension is not None:
        lines.append(f"a=extmap:{line.mid_extension} {MID}")
    lines += _opus(line) if line.kind == "audio" else _vp8(line)
    return [*lines, *ours.candidates, "a=end-of-candidates"]  # on every line: some stacks read those of the last one


def _opus(line: MediaLine) -> list[str]:
    type_ = line.payload_type
    lines = [
        f"a=rtpmap:{type_} opus/48000/2",
        f"a=fmtp:{type_} minptime=10;useinbandfec=1",
    ]
    if line.transport_cc is not None:
        lines.append(f"a=rtcp-fb:{type_} transport-cc")
    if line.audio_nack:
        lines.append(f"a=rtcp-fb:{type_} nack")
    return lines


def _vp8(line: MediaLine) -> list[str]:
    type_ = line.payload_type
    lines = [f"a=rtpmap:{type_} VP8/90000", f"a=fmtp:{type_} x-google-start-bitrate={START_KBPS}"]
    feedback = ["goog-remb", "ccm fir", "nack", "nack pli"]
    if line.transport_cc is not None:
        feedback.insert(0, "transport-cc")
    lines += [f"a=rtcp-fb:{type_} {kind}" for kind in feedback]
    if line.rtx_payload_type is not None:
        lines += [
            f"a=rtpmap:{line.rtx_payload_type} rtx/90000",
            f"a=fmtp:{line.rtx_payload_type} apt={type_}",
        ]
    return lines


def _slot(place: SlotPosition, line: MediaLine, streams: Streams) -> list[str]:
    name = f"slot-{place.slot}"
    lines = ["a=sendonly", f"a=msid:{name} {name}-{TRACKS[place.medium.source]}"]
    ssrcs = [streams.ssrc]
    if line.rtx_payload_type is not None:
        lines.append(f"a=ssrc-group:FID {streams.ssrc} {streams.rtx_ssrc}")
        ssrcs.append(streams.rtx_ssrc)
    return lines + [f"a=ssrc:{ssrc} cname:{name}" for ssrc in ssrcs]
