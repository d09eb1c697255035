"""One text as typed with its salted digest, and the name that a sealed row holds in its place. Pure."""

import secrets
from dataclasses import dataclass
from typing import Final

from compliance.audit import canonical as leaf
from compliance.prescribing.decision import Decision

PRODUCT: Final = "product"
"""The name of the field that a medicine was typed into."""

UNRECOGNIZED: Final = "unrecognized"
"""Stands in a decision in the place of a name that is not known."""

_SALT_BYTES: Final = 16
_MOST_LETTERS: Final = 300


@dataclass(frozen=True, slots=True)
class TypedText:
    """A text, whole, with the salt that keeps its digest from being guessed."""

    salt: bytes
    content: str

    @property
    def digest(self) -> str:
        """SHA-256(salt || canonical text) in hexadecimal. Raises ``ValueError`` for what is no Unicode."""
        return leaf.content_digest(self.salt, self.content).hex()


def salted(content: str) -> TypedText:
    """The text under a new salt."""
    return TypedText(secrets.token_bytes(_SALT_BYTES), content)


def key(name: str) -> str:
    """Under what the entry's content holds the digest of a text."""
    return f"typed_{name}"


def canonical_name(made: Decision, product: str | None) -> str:
    """What a decision's row calls the medicine: the release's product, or the substances, or how many (the row lists
    them besides); a name that is not known is not repeated.
    """
    if made.schedule is None:
        return UNRECOGNIZED
    joined = product or " + ".join(made.ingredients)
    return joined if len(joined) <= _MOST_LETTERS else f"{len(made.ingredients)} substances"
