"""Takes typed values out of a TOML file, and complains about what is wrong, missing or not asked for."""

import tomllib
from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from compliance.shared.errors import BadPack

_T = TypeVar("_T")


def parsed(content: bytes) -> dict[str, object]:
    """The top table of a TOML file. Raises BadPack when it is not one."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPack(f"it is not readable ({error})") from error


class Table:
    """A TOML table that hands out typed values once and complains about what nobody asked for."""

    def __init__(self, values: object, where: str) -> None:
        """`where` names the table in errors."""
        if not isinstance(values, dict):
            raise BadPack(f"'{where}' is not a table")
        self.values: dict[str, object] = values
        self._where = where
        self._asked: set[str] = set()

    def _get(self, key: str) -> object:
        self._asked.add(key)
        if key not in self.values:
            raise BadPack(f"'{self._where}' has no '{key}'")
        return self.values[key]

    def text(self, key: str) -> str:
        """A text that is not blank."""
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            raise BadPack(f"'{key}' of '{self._where}' is not a text")
        return value

    def day(self, key: str) -> date:
        """A date."""
        value = self._get(key)
        if type(value) is not date:
            raise BadPack(f"'{key}' of '{self._where}' is not a date")
        return value

    def flag(self, key: str) -> bool | None:
        """True, false, or None when it is not there."""
        if key not in self.values:
            return None
        value = self._get(key)
        if not isinstance(value, bool):
            raise BadPack(f"'{key}' of '{self._where}' is not true or false")
        return value

    def whole(self, key: str) -> int | None:
        """A whole number from 0 on, or None when it is not there."""
        if key not in self.values:
            return None
        value = self._get(key)
        if type(value) is not int or value < 0:
            raise BadPack(f"'{key}' of '{self._where}' is not a whole number")
        return value

    def table(self, key: str) -> "Table":
        """A table within."""
        return Table(self._get(key), key)

    def tables(self, key: str) -> tuple["Table", ...]:
        """A list of tables; none when it is not there."""
        self._asked.add(key)
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise BadPack(f"'{key}' is not a list of tables")
        return tuple(Table(one, f"{key}, number {place}") for place, one in enumerate(value, 1))

    def _texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key)
        if not isinstance(value, list) or not value:
            raise BadPack(f"'{key}' of '{self._where}' is not a list with something in it")
        texts = tuple(one for one in value if isinstance(one, str))
        if len(texts) != len(value):
            raise BadPack(f"'{key}' of '{self._where}' holds more than texts")
        return texts

    def words(self, key: str, known: set[str]) -> frozenset[str]:
        """Several words of a closed list."""
        return frozenset(self.members(key, {word: word for word in known}))

    def member(self, key: str, known: Mapping[str, _T]) -> _T:
        """The value that a word of a closed list stands for."""
        return self._one(key, self.text(key), known)

    def members(self, key: str, known: Mapping[str, _T]) -> tuple[_T, ...]:
        """The values that several words of a closed list stand for."""
        return tuple(self._one(key, one, known) for one in self._texts(key))

    def closed(self, key: str, known: Mapping[str, _T]) -> frozenset[_T] | None:
        """The same as a set, or None when it is not there."""
        return frozenset(self.members(key, known)) if key in self.values else None

    def _one(self, key: str, word: str, known: Mapping[str, _T]) -> _T:
        if word not in known:
            raise BadPack(f"'{key}' of '{self._where}' is '{word}', which is not known")
        return known[word]

    def nothing_else(self) -> None:
        """Complains about a key that nobody asked for: a rule must not be half read."""
        if extra := set(self.values) - self._asked:
            raise BadPack(f"'{self._where}' has '{sorted(extra)[0]}', which is not known")
