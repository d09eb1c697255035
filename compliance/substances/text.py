"""Reads the writing of a product's name: plain letters, tokens, parts. Knows characters, not medicines.

A name is refused rather than repaired when it holds what a person cannot see or tell apart: an invisible
character, or a letter of another script that looks like a Latin one (Unicode TR 36 and TR 39).
"""

import re
import unicodedata
from dataclasses import dataclass

MAX_NAME_LENGTH = 300
"""Characters of a product's name. The longest RxNorm pack names are shorter; more is not a name."""

_DROPPED = str.maketrans("", "", "®™©")
_PLAIN = {
    ord("μ"): "u",
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    **dict.fromkeys(map(ord, "‘’‛′ʼ"), "'"),
    **dict.fromkeys(map(ord, "“”„″"), '"'),
    **dict.fromkeys(map(ord, "•·"), " "),
    ord("⁄"): "/",
    ord("×"): " x ",
    ord("\t"): " ",
    ord("\r"): " ",
}
# Letters that are drawn like Latin ones (a small part of Unicode's confusables.txt, TR 39). Used only to look
# for hidden controlled names in directions, never to accept a product's name.
_LOOKALIKES = {
    ord(pair[0]): pair[1]
    for pair in re.split(
        " ",
        "аa вb еe кk мm нh оo рp сc тt уy хx іi јj ѕs ԁd ԛq ԝw һh ӏl ɑa əe ıi αa οo ρp υu νv ιi κk τt εe",
    )
}
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+[a-z0-9]*|%")
_CODE = re.compile(r"\b(?:rx\s?cui|rx\s?norm)\b[\s:#=]*(\d{1,9})\b")
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")


class UnreadableName(Exception):
    """The writing itself cannot be trusted; `code` says why."""

    def __init__(self, code: str) -> None:
        """Keep the reason's code: the caller has the sentence for it."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or percent sign, with its place in the part it was read from."""

    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Whether it is written in digits."""
        return self.text[0].isdigit()


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of a name: the main text, or what stands in one pair of brackets."""

    text: str
    tokens: tuple[Token, ...]
    bracketed: bool


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A name as read: RxCUI codes written in it, and its items (";" or a new line separates), each in parts."""

    codes: tuple[str, ...]
    items: tuple[tuple[Part, ...], ...]


def plain(text: str) -> str:
    """The same text in lower-case ASCII. Raises Unreadable for what cannot be told apart or cannot be seen."""
    for character in text:
        if unicodedata.category(character) in {"Cf", "Cc", "Co", "Cn", "Cs"} and character not in "\t\r\n":
            raise UnreadableName("invisible_character")
    folded = unicodedata.normalize("NFKC", text.translate(_DROPPED)).translate(_PLAIN).lower()
    for character in folded:
        if character.isascii():
            continue
        if unicodedata.category(character).startswith(("L", "M")):
            raise UnreadableName("mixed_script")
        raise UnreadableName("unreadable_character")
    return folded


def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of plain text, in order. An apostrophe joins ("children's" is one word), all else parts."""
    joined = text.replace("'", "")
    return tuple(Token(found.group(), found.start(), found.end()) for found in _TOKEN.finditer(joined))


def words_of(name: str) -> tuple[str, ...]:
    """The token texts of a name as reference files write it."""
    return tuple(token.text for token in tokens_of(plain(name)))


def read(text: str) -> ParsedText:
    """Text into codes, items and parts. Raises Unreadable, also for an empty or an overlong name."""
    if len(text) > MAX_NAME_LENGTH:
        raise UnreadableName("name_too_long")
    clean = plain(text)
    if not clean.strip():
        raise UnreadableName("name_empty")
    codes = tuple(_CODE.findall(clean))
    without_codes = _CODE.sub(" ", clean)
    items = tuple(_parts(item) for item in re.split(r"[;\n]", without_codes))
    return ParsedText(codes, tuple(item for item in items if item))


def _parts(item: str) -> tuple[Part, ...]:
    """The main text first, then what stood in brackets, innermost first. Parts without tokens are left out."""
    bracketed: list[str] = []
    while found := _BRACKETS.search(item):
        bracketed.append(found.group(1))
        item = f"{item[: found.start()]} , {item[found.end() :]}"
    parts = [_part(item, bracketed=False), *(_part(text, bracketed=True) for text in bracketed)]
    return tuple(part for part in parts if part.tokens)


def _part(text: str, *, bracketed: bool) -> Part:
    """One part, its text without apostrophes so that token places fit it."""
    return Part(text.replace("'", ""), tokens_of(text), bracketed)


def seen_through(text: str) -> Part:
    """Free text with its disguises taken off: for looking for names, never for accepting one."""
    visible = "".join(one for one in text if unicodedata.category(one) not in {"Cf", "Co", "Cn", "Cs"})
    folded = unicodedata.normalize("NFKC", visible).translate(_PLAIN).lower().translate(_LOOKALIKES)
    bare = "".join(one for one in unicodedata.normalize("NFD", folded) if unicodedata.category(one) != "Mn")
    return _part(bare, bracketed=False)
