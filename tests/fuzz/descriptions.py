"""Session descriptions that somebody might offer: a real browser's with lines changed, and lines made up."""

import re
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.texts import ANY_TEXT

OFFER = (Path(__file__).parents[1] / "signaling" / "offer_of_chromium_156.sdp").read_text()
LINES = tuple(OFFER.splitlines())

TOKENS = (
    *("0", "1", "-1", "111", "96", "97", "255", "256", "65536", "4294967295", "4294967296", "9" * 30, "", " ", "*"),
    *("audio", "video", "opus/48000/2", "VP8/90000", "VP8/0", "rtx/90000", "a/b/c", "sha-256", "SHA-512", "FID"),
    *(
        "\ud800",
        "ä",
        "\0",
        "\u2028",
        "\x0b",
        "1/sendrecv",
        "1/2/3",
        "apt=96",
        "apt=-1",
        "nack pli",
        "UDP/TLS/RTP/SAVPF",
    ),
)
ATTRIBUTES = (
    *("mid", "rtpmap", "rtcp-fb", "fmtp", "extmap", "ssrc", "ssrc-group", "fingerprint", "setup", "group"),
    *("ice-ufrag", "ice-pwd", "candidate", "msid", "rtcp", "rtcp-mux", "sendonly", "simulcast", "rid", "sctpmap"),
)

WORD = st.sampled_from(TOKENS) | st.integers(-1, 2**33).map(str) | ANY_TEXT
VALUE = st.lists(WORD, max_size=5).map(" ".join)
LINE = st.one_of(
    st.builds(lambda name, value: f"a={name}:{value}", st.sampled_from(ATTRIBUTES), VALUE),
    st.builds(lambda kind, value: f"m={kind} {value}", st.sampled_from(("audio", "video", "application", "")), VALUE),
    st.builds(lambda letter, value: f"{letter}={value}", st.sampled_from("vostcbkma"), VALUE),
    ANY_TEXT,
)
MANY = st.sampled_from((2, 20, 300, 3000))
BYTES = 65_000
"""A longer message is refused before anybody reads it."""


@st.composite
def _changed(draw: st.DrawFn) -> str:
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(("drop", "repeat", "word", "everywhere", "add", "many", "cut", "swap")))
        if how == "drop":
            del lines[at]
        elif how == "repeat":
            lines[at:at] = [lines[at]] * draw(MANY)
        elif how == "word":
            lines[at] = _word_changed(draw, lines[at])
        elif how == "everywhere":
            old, new = lines[at], _word_changed(draw, lines[at])
            lines = [new if line == old else line for line in lines]
        elif how == "add":
            lines.insert(at, draw(LINE))
        elif how == "many":
            lines[at:at] = [draw(LINE)] * draw(MANY)
        elif how == "cut":
            lines = lines[: at + 1]
        else:
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        if not lines:
            break
    return _text(draw, lines)


def _word_changed(draw: st.DrawFn, line: str) -> str:
    words = re.split(r"([ :/=;])", line)
    words[2 * draw(st.integers(0, len(words) // 2))] = draw(WORD)
    return "".join(words)


@st.composite
def _made_up(draw: st.DrawFn) -> str:
    return _text(draw, [*LINES[: draw(st.integers(0, 60))], *draw(st.lists(LINE, max_size=30))])


def _text(draw: st.DrawFn, lines: list[str]) -> str:
    return draw(st.sampled_from(("\r\n", "\n"))).join(lines)[:BYTES]


OFFERS: SearchStrategy[str] = _changed() | _made_up()
