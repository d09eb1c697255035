"""How long words are in the chart, and where a long name breaks: nothing is cut off, nothing stands outside. Pure."""

import re

# Widths at the chart's 13 px, of Atkinson Hyperlegible Next (digits: Hanken Grotesk), rounded up: a label may end
# before its place does, never after it.
_NARROW, _MIDDLE, _WIDE, _CAPITAL, _DIGIT = 4.6, 7.4, 11.2, 8.9, 7.9
_NARROW_LETTERS = frozenset("ijlftrI.,;:'!|()[]/ -")
_WIDE_LETTERS = frozenset("mwMW+%")
MOST_LETTERS = 17  # of a line beside the chart: the longest single names have so many


def width(text: str) -> float:
    """In the drawing's units, at least what a browser needs."""
    return sum(_letter(letter) for letter in text)


def _letter(letter: str) -> float:
    if letter in _NARROW_LETTERS:
        return _NARROW
    if letter in _WIDE_LETTERS:
        return _WIDE
    if letter.isdigit():
        return _DIGIT
    return _CAPITAL if letter.isupper() else _MIDDLE


def lines(name: str) -> tuple[str, ...]:
    """A name in lines of at most `MOST_LETTERS`, broken where it may be: after a space, a hyphen or a slash. A single
    word stays whole, however long it is.
    """
    found: list[str] = []
    for part in re.findall(r"[^\s/-]+[/-]?|[/-]", name):
        joint = "" if not found or found[-1].endswith(("/", "-")) else " "
        if found and len(found[-1]) + len(joint) + len(part) <= MOST_LETTERS:
            found[-1] += joint + part
        else:
            found.append(part)
    return tuple(found)
