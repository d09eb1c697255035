"""Reads the reference files of compliance and believes none of them: every row is checked, or nothing starts.

Knows files and rows, not how a name is resolved. All errors are BadReference and name file and line.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from compliance.shared.errors import BadReference
from compliance.shared.vocabulary import Schedule
from compliance.substances.text import UnreadableName, words_of

DIRECTORY = Path(__file__).parents[1] / "reference"

NAME_KINDS = frozenset({"ingredient", "synonym", "brand", "abbreviation", "salt", "short", "excluded"})
WORD_KINDS = frozenset(
    {
        *("salt", "form", "release", "route", "population", "connector", "phrase"),
        *("unit", "count", "frequency", "period", "direction", "intake"),
    }
)
WORD_FORMS = frozenset({"", "solid", "capsule", "liquid"})


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """One row of a file, with its place for error messages."""

    file: str
    line: int
    cells: Mapping[str, str]

    def bad(self, problem: str) -> BadReference:
        """The error that names this row."""
        return BadReference(self.file, self.line, problem)

    def text(self, column: str) -> str:
        """A cell that must not be empty."""
        value = self.cells[column]
        if not value:
            raise self.bad(f"'{column}' is empty")
        return value

    def some(self, column: str) -> tuple[str, ...]:
        """A cell that holds several values, separated by ";". Empty cell: empty tuple."""
        return tuple(value for value in (one.strip() for one in self.cells[column].split(";")) if value)

    def schedule(self, column: str) -> Schedule:
        """A cell that names a schedule, or "none"."""
        try:
            return Schedule(self.cells[column])
        except ValueError:
            raise self.bad(f"'{column}' is not a schedule: '{self.cells[column]}'") from None

    def day(self, column: str) -> date | None:
        """A cell that holds a date, or nothing."""
        value = self.cells[column]
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.bad(f"'{column}' is not a date: '{value}'") from None

    def number(self, column: str) -> float | None:
        """A cell that holds a positive number, or nothing."""
        value = self.cells[column]
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            raise self.bad(f"'{column}' is not a number: '{value}'") from None
        if not number > 0:
            raise self.bad(f"'{column}' must be above zero")
        return number

    def numbers(self, column: str) -> tuple[float, ...]:
        """A cell that holds positive numbers, separated by ";"; at least one."""
        try:
            found = tuple(float(value) for value in self.some(column))
        except ValueError:
            raise self.bad(f"'{column}' is not a list of numbers: '{self.cells[column]}'") from None
        if not found or min(found) <= 0:
            raise self.bad(f"'{column}' must hold numbers above zero")
        return found

    def one_of(self, column: str, words: frozenset[str]) -> str:
        """A cell with one word of a closed list."""
        value = self.cells[column]
        if value not in words:
            raise self.bad(f"'{column}' is '{value}', not one of: {', '.join(sorted(words))}")
        return value

    def words(self, column: str) -> tuple[str, ...]:
        """A name's tokens."""
        try:
            words = words_of(self.text(column))
        except UnreadableName as unreadable:
            raise self.bad(f"'{column}' cannot be read: {unreadable.code}") from None
        if not words:
            raise self.bad(f"'{column}' holds no letters or digits")
        return words


@dataclass(slots=True)
class Files:
    """The reference files while they are read, from their folder or from bytes by name: remembers what was read, for
    the digest.
    """

    source: Path | Mapping[str, bytes]
    _digests: dict[str, str] = field(default_factory=dict)

    def rows(self, name: str, columns: tuple[str, ...]) -> Iterator[ReferenceRow]:
        """The rows of one file, which must have exactly these columns, at least one row, and no odd row."""
        content = self._content(name)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadReference(name, 0, "is not UTF-8 text") from error
        self._digests[name] = hashlib.sha256(content).hexdigest()
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            header = tuple(next(reader, []))
            if header != columns:
                raise BadReference(name, 1, f"the columns must be: {', '.join(columns)}")
            count = 0
            for cells in reader:
                count += 1
                if len(cells) != len(columns):
                    raise BadReference(name, reader.line_num, f"{len(cells)} cells, not {len(columns)}")
                row = ReferenceRow(name, reader.line_num, dict(zip(columns, map(str.strip, cells), strict=True)))
                if "source" in columns:
                    row.text("source")
                yield row
        except csv.Error as error:
            raise BadReference(name, reader.line_num, f"is not readable as CSV ({error})") from error
        if not count:
            raise BadReference(name, 1, "holds no row")

    def _content(self, name: str) -> bytes:
        if isinstance(self.source, Mapping):
            if name not in self.source:
                raise BadReference(name, 0, "is not there")
            return self.source[name]
        try:
            return (self.source / name).read_bytes()
        except OSError as error:
            raise BadReference(name, 0, f"cannot be read ({error.strerror})") from error

    def sha256(self) -> str:
        """One digest over all files read."""
        return digest_of_files(self._digests)


def digest_of_files(digests: Mapping[str, str]) -> str:
    """SHA-256 of "name:digest" lines in the order of their names; each digest is the SHA-256 of a file."""
    lines = "".join(f"{name}:{digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Name:
    """A known name: its words, the substances it stands for, and listings its product is pinned to."""

    words: tuple[str, ...]
    name: str
    kind: str
    substances: tuple[str, ...]
    pins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filler:
    """Words that say something other than which medicine: a form, a unit, a salt, a time of day."""

    words: tuple[str, ...]
    kind: str
    form: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A name that could be several medicines, or a class: never resolved."""

    words: tuple[str, ...]
    could_be: str


def source_keys(files: Files) -> frozenset[str]:
    """The keys other files may use as their source."""
    keys: set[str] = set()
    for row in files.rows("sources.csv", ("key", "what", "terms", "mark")):
        row.text("what")
        row.one_of("mark", frozenset({"R", "S", "K", "M"}))
        if row.text("key") in keys:
            raise row.bad(f"the key '{row.cells['key']}' is there twice")
        keys.add(row.cells["key"])
    return frozenset(keys)


def names(files: Files, file_name: str, keys: frozenset[str], known: Callable[[str], bool]) -> tuple[Name, ...]:
    """The names of one file. `known` says whether a substance is one that this program has a row for."""
    found: dict[tuple[str, ...], Name] = {}
    for row in files.rows(file_name, ("name", "kind", "ingredients", "pins", "source")):
        row.one_of("source", keys)
        words = row.words("name")
        if words in found:
            raise row.bad(f"'{row.cells['name']}' reads the same as '{found[words].name}'")
        kind = row.one_of("kind", NAME_KINDS)
        substances = row.some("ingredients")
        if not substances:
            raise row.bad("'ingredients' is empty")
        for substance in substances:
            if not known(substance) and not (kind in {"ingredient", "excluded"} and substances == (row.cells["name"],)):
                raise row.bad(f"the ingredient '{substance}' has no row of its own")
        pins = dict(pin.split("=", 1) for pin in row.some("pins") if "=" in pin)
        if len(pins) != len(row.some("pins")) or not set(pins) <= set(substances):
            raise row.bad("'pins' must be 'ingredient=listing' of an ingredient of this name")
        found[words] = Name(words, row.cells["name"], kind, substances, pins)
    return tuple(found.values())


def ingredient_names(files: Files, file_name: str) -> frozenset[str]:
    """The substances that a names file brings in itself (its rows of kind ingredient or excluded)."""
    rows = files.rows(file_name, ("name", "kind", "ingredients", "pins", "source"))
    return frozenset(
        row.cells["name"]
        for row in rows
        if row.cells["kind"] in {"ingredient", "excluded"} and row.cells["ingredients"] == row.cells["name"]
    )


def fillers(files: Files, keys: frozenset[str]) -> tuple[Filler, ...]:
    """The words that may stand beside a name."""
    found: dict[tuple[str, ...], Filler] = {}
    for row in files.rows("words.csv", ("word", "kind", "form", "source")):
        row.one_of("source", keys)
        # The percent sign is a token; words_of drops nothing of it.
        words = row.words("word")
        if words in found:
            raise row.bad(f"'{row.cells['word']}' is there twice")
        found[words] = Filler(words, row.one_of("kind", WORD_KINDS), row.one_of("form", WORD_FORMS))
    return tuple(found.values())


def ambiguous(files: Files, keys: frozenset[str]) -> tuple[Ambiguous, ...]:
    """The names that are never resolved."""
    found: list[Ambiguous] = []
    for row in files.rows("ambiguous_names.csv", ("name", "could_be", "source")):
        row.one_of("source", keys)
        found.append(Ambiguous(row.words("name"), row.text("could_be")))
    return tuple(found)


def diagnoses(files: Files, keys: frozenset[str]) -> frozenset[tuple[str, ...]]:
    """The names of disorders that hold the name of a controlled substance, as words."""
    found: set[tuple[str, ...]] = set()
    for row in files.rows("diagnoses.csv", ("diagnosis", "source")):
        row.one_of("source", keys)
        found.add(row.words("diagnosis"))
    return frozenset(found)


def jurisdictions(files: Files, keys: frozenset[str]) -> frozenset[str]:
    """Two-letter codes of states, territories and the District of Columbia."""
    found: set[str] = set()
    for row in files.rows("jurisdictions.csv", ("code", "name", "source")):
        row.one_of("source", keys)
        row.text("name")
        code = row.text("code")
        if len(code) != 2 or not code.isupper() or code in found:
            raise row.bad(f"'{code}' is not a new two-letter code")
        found.add(code)
    return frozenset(found)
