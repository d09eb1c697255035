"""Marks of texts that patients read: written in English where they belong, said in the reader's language at rendering.

`_` and `ngettext` are the marks that extraction looks for (`make messages`), so their first arguments are literals.
"""

from gettext import NullTranslations


class Text(str):
    """A marked text. It is its own English, so it can stand wherever a `str` does; a template that prints it says it in
    the language of the rendering. Joined to another string (`+`, an f-string) it is English for good: put what is
    joined into `values`.
    """

    __slots__ = ("_many", "_number", "_one", "_values")

    _one: str
    _many: str | None
    _number: int
    _values: dict[str, object]

    def __new__(cls, one: str, many: str | None, number: int, values: dict[str, object]) -> "Text":
        self = super().__new__(cls, _filled(one if many is None or number == 1 else many, values))
        self._one, self._many, self._number, self._values = one, many, number, values
        return self

    def said_in(self, translations: NullTranslations) -> str:
        """The same in that language, and so are the marked texts within it."""
        if self._many is None:
            words = translations.gettext(self._one)
        else:
            words = translations.ngettext(self._one, self._many, self._number)
        said = {
            name: value.said_in(translations) if isinstance(value, Text) else value
            for name, value in self._values.items()
        }
        return _filled(words, said)


def _(text: str, /, **values: object) -> Text:
    """A text with its values: `_("You spoke with %(name)s.", name=name)`."""
    return Text(text, None, 0, values)


def marked(text: str) -> Text:
    """A text that was marked where it was written (`N_` in the record); one that was not stays as it is."""
    return Text(text, None, 0, {})


def ngettext(one: str, many: str, number: int, /, **values: object) -> Text:
    """A text that depends on how many: `%(num)s` is the number."""
    return Text(one, many, number, {"num": number, **values})


def _filled(words: str, values: dict[str, object]) -> str:
    return words % values if values else words
