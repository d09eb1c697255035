"""Translations of the texts that patients read, one file for a language: `locale/<language>/LC_MESSAGES/messages.po`.

English stands in code and templates and needs none. Nothing here is changed once it is read.
"""

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH: Final = "en"
LOCALES: Final = Path(__file__).parent / "locale"


@lru_cache(maxsize=16)
def translations(language: str) -> NullTranslations:
    """What is translated into that language; a text without a translation stays English.

    Raises ``FileNotFoundError`` for a language that has no file.
    """
    if language == ENGLISH:
        return NullTranslations()
    compiled = BytesIO()
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=1)
def of_scripts() -> tuple[str, ...]:
    """The English of every text that stands in a script: what a page in another language carries for its scripts."""
    with (LOCALES / "messages.pot").open("rb") as file:
        return tuple(
            str(text.id)
            for text in read_po(file)
            if text.id and any(place.endswith(".js") for place, _line in text.locations)
        )
