"""Finds the names of controlled substances in free text: directions, an indication, a note to the pharmacy. Pure.

Here nothing has to be accounted for, and disguises are seen through that would make a product's name unreadable.
Finding none is no proof that none is meant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compliance.substances.names import Lexicon
from compliance.substances.reference import Name
from compliance.substances.text import Part, Token, seen_through

_SHORTEST_INSIDE = 8
_SHORTEST_SPELT = 5


@dataclass(frozen=True, slots=True)
class Named:
    """A controlled name as its reference file writes it, and the controlled substances it stands for, sorted."""

    name: str
    substances: tuple[str, ...]


def names_in(lexicon: Lexicon, diagnoses: frozenset[tuple[str, ...]], text: str) -> tuple[Name, ...]:
    """The controlled names in a text, in order: as written, broken by a hyphen or blanks, spelt letter by letter,
    grown together with other letters, or one letter off.

    `diagnoses`: phrases that name a disorder and no medicine ("cocaine use disorder"). In a text that holds a number
    they count like any other words: what has a number may be a prescription.
    """
    part = seen_through(text)
    tokens = part.tokens
    apart = frozenset() if any(token.is_number for token in tokens) else diagnoses
    found = [*_spelt(lexicon, tokens)]
    at = 0
    while at < len(tokens):
        width = max((len(one) for one in apart if _stands(one, tokens, at)), default=0)
        if not width:
            name, width = _at(lexicon, part, at)
            if name and name.kind != "short" and lexicon.is_controlled(name):
                found.append(name)
        at += width
    return tuple({name.name: name for name in found}.values())


def _at(lexicon: Lexicon, part: Part, at: int) -> tuple[Name | None, int]:
    """The name that starts at a token, if any, and how many tokens it takes."""
    tokens = part.tokens
    entry, width = lexicon.entry(tokens, at, after_name=False)
    if entry is None:
        word = tokens[at].text
        return lexicon.near(word, ingredients_only=True) or _inside(lexicon, word), 1
    if not isinstance(entry, Name):
        return None, width
    counted = lexicon.grade(part, entry, at + width - 1) in {"unsure", "amount"}
    return None if counted else entry, width


def _stands(words: tuple[str, ...], tokens: Sequence[Token], at: int) -> bool:
    return words == tuple(token.text for token in tokens[at : at + len(words)])


def _inside(lexicon: Lexicon, word: str) -> Name | None:
    """A long controlled name inside a word that nobody knows ("takealprazolam1mg")."""
    return _longest(lexicon, word, _SHORTEST_INSIDE)


def _spelt(lexicon: Lexicon, tokens: Sequence[Token]) -> Iterator[Name]:
    """Names spelt in single letters ("x a n a x")."""
    letters = "".join(token.text if len(token.text) == 1 and not token.is_number else " " for token in tokens)
    for word in letters.split():
        name = _longest(lexicon, word, _SHORTEST_SPELT)
        if name is not None:
            yield name


def _longest(lexicon: Lexicon, word: str, shortest: int) -> Name | None:
    """The longest controlled name of at least so many letters that a word holds."""
    held = (joined for joined in lexicon.controlled if len(joined) >= shortest and joined in word)
    best = max(held, key=len, default=None)
    return None if best is None else lexicon.controlled[best]
