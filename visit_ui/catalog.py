"""Translations of the texts that patients read, one file for a language: `locale/<language>/LC_MESSAGES/messages.po`.

English stands in code and templates and needs none. Nothing here is changed once it is read.
"""

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
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
def of_scripts() -> tuple[tuple[str, str | None], ...]:
    """The English of every text that stands in a script, with its plural: what a page in another language carries."""
    with (LOCALES / "messages.pot").open("rb") as file:
        found = [text.id for text in read_po(file) if any(place.endswith(".js") for place, _line in text.locations)]
    return tuple((one, None) if isinstance(one, str) else (one[0], one[1]) for one in found if one)


def for_scripts(translations: NullTranslations, language: str) -> dict[str, str | dict[str, str]]:
    """English -> translation for the scripts of a page; of a plural one for each category that `Intl.PluralRules`
    knows ("one", "other"). Empty where the page is in English.
    """
    if type(translations) is NullTranslations:
        return {}
    return {
        one: translations.gettext(one) if many is None else _plurals(translations, language, one, many)
        for one, many in of_scripts()
    }


def _plurals(translations: NullTranslations, language: str, one: str, many: str) -> dict[str, str]:
    rule = Locale.parse(language).plural_form
    numbers = {rule(number): number for number in reversed(range(200))}  # the first number of each category
    return {category: translations.ngettext(one, many, number) for category, number in numbers.items()}
