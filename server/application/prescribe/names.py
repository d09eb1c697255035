"""A medicine's name as it is shown again: whole, or words that say why it is not there."""

import unicodedata

from compliance.substances.text import MAX_NAME_LENGTH

# What is shown for a name that cannot be shown itself.
EMPTY = "(empty)"
TOO_LONG = "(too long to be a name)"
NOT_TO_BE_SEEN = "(holds a character that cannot be seen)"


def clean_name(text: str) -> str:
    """A name as it is shown again: whole, with single blanks, or words that say why it is not there.

    Never cut and never repaired: a part of a name, or the name without what hides in it, may be another medicine's.
    Only for what is shown; what is decided upon and kept is the text as it was given.
    """
    if len(text) > MAX_NAME_LENGTH:
        return TOO_LONG
    spaced = "".join(" " if letter in "\t\r\n" or unicodedata.category(letter) == "Zs" else letter for letter in text)
    if not spaced.isprintable():
        return NOT_TO_BE_SEEN
    return " ".join(spaced.split()) or EMPTY
