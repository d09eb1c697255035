"""Reads the reference files of compliance and believes none of them: every row is checked, or nothing starts.

Knows files and rows, not how a name is resolved. All errors are BadReference and name file and line.
"""

import hashlib
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field

from compliance.shared.errors import BadReference
from compliance.substances.text import UnreadableName, words_of
from emr.shared.validation import (
    BadFile,
    NeededText,
    Placed,
    Problem,
    Problems,
    among,
    csv_rows,
    exactly,
    one_of,
    parts,
)

T = TypeVar("T")

DIRECTORY = Path(__file__).parents[1] / "reference"

NAME_KINDS = ("ingredient", "synonym", "brand", "abbreviation", "salt", "short", "excluded")
WORD_KINDS = (
    *("salt", "form", "release", "route", "population", "connector", "phrase"),
    *("unit", "count", "frequency", "period", "direction", "intake"),
)


def _words(cell: str) -> tuple[str, ...]:
    try:
        words = words_of(cell)
    except UnreadableName as unreadable:
        raise ValueError(f"cannot be read: {unreadable.code}") from None
    if not words:
        raise ValueError("holds no letters or digits")
    return words


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
"""A name's tokens."""

Several = Annotated[tuple[str, ...], parts(";")]
Source = Annotated[str, among("sources", "is no key of sources.csv")]


@dataclass(slots=True)
class Files:
    """The reference files while they are read, from their folder or from bytes by name: remembers what was read, for
    the digest.
    """

    source: Path | Mapping[str, bytes]
    _digests: dict[str, str] = field(default_factory=dict)

    def rows(self, name: str, kind: type[T], sources: Collection[str] = (), **known: Collection[str]) -> list[T]:
        """The rows of one file, with exactly the columns of `kind`. Raises BadReference with all that is wrong."""
        content = self._content(name)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadReference([Problem(name, 0, "", "is not UTF-8 text")]) from error
        self._digests[name] = hashlib.sha256(content).hexdigest()
        try:
            return csv_rows(name, text, kind, {"sources": sources, **known})
        except BadFile as bad:
            raise BadReference(bad.problems) from None

    def _content(self, name: str) -> bytes:
        if isinstance(self.source, Mapping):
            if name not in self.source:
                raise BadReference([Problem(name, 0, "", "is not there")])
            return self.source[name]
        try:
            return (self.source / name).read_bytes()
        except OSError as error:
            raise BadReference([Problem(name, 0, "", f"cannot be read ({error.strerror})")]) from error

    def sha256(self) -> str:
        """One digest over all files read."""
        return digest_of_files(self._digests)


def digest_of_files(digests: Mapping[str, str]) -> str:
    """SHA-256 of "name:digest" lines in the order of their names; each digest is the SHA-256 of a file."""
    lines = "".join(f"{name}:{digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _pins(cell: str) -> dict[str, str]:
    pairs = [pin.strip().split("=", 1) for pin in cell.split(";") if pin.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"{cell!r} is not 'ingredient=listing'")
    return dict(pairs)


@exactly
@dataclass(frozen=True, slots=True)
class Name:
    """A known name: its words, the substances it stands for, and listings its product is pinned to."""

    line: int
    words: Annotated[Words, Field(alias="name")]
    name: NeededText
    kind: Annotated[str, one_of(*NAME_KINDS)]
    substances: Annotated[Several, Field(alias="ingredients", min_length=1)]
    pins: Annotated[Mapping[str, str], BeforeValidator(_pins)]
    source: Source

    def __post_init__(self) -> None:
        if not set(self.pins) <= set(self.substances):
            raise ValueError("'pins' must be 'ingredient=listing' of an ingredient of this name")


@exactly
@dataclass(frozen=True, slots=True)
class Filler:
    """Words that say something other than which medicine: a form, a unit, a salt, a time of day."""

    line: int
    # The percent sign is a token; words_of drops nothing of it.
    words: Annotated[Words, Field(alias="word")]
    kind: Annotated[str, one_of(*WORD_KINDS)]
    form: Annotated[str, one_of("", "solid", "capsule", "liquid")]
    source: Source


@exactly
@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A name that could be several medicines, or a class: never resolved."""

    words: Annotated[Words, Field(alias="name")]
    could_be: NeededText
    source: Source


@exactly
@dataclass(frozen=True, slots=True)
class _SourceRow:
    """A row of sources.csv."""

    line: int
    key: NeededText
    what: NeededText
    terms: str
    mark: Annotated[str, one_of("R", "S", "K", "M")]


@exactly
@dataclass(frozen=True, slots=True)
class _Diagnosis:
    """A row of diagnoses.csv."""

    words: Annotated[Words, Field(alias="diagnosis")]
    source: Source


@exactly
@dataclass(frozen=True, slots=True)
class _Jurisdiction:
    """A row of jurisdictions.csv: a state, a territory or the District of Columbia."""

    line: int
    code: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    name: NeededText
    source: Source


def source_keys(files: Files) -> frozenset[str]:
    """The keys other files may use as their source."""
    rows = files.rows("sources.csv", _SourceRow)
    once("sources.csv", ((row, row.key) for row in rows), "key")
    return frozenset(row.key for row in rows)


def once(file: str, rows: Iterable[tuple[Placed, Hashable]], column: str) -> None:
    """Raises BadReference for rows whose key an earlier row has."""
    problems = Problems(file, refusal=BadReference)
    problems.twice(rows, column)
    problems.check()


def names(files: Files, file_name: str, keys: frozenset[str]) -> tuple[Name, ...]:
    """The names of one file."""
    found = files.rows(file_name, Name, keys)
    once(file_name, ((one, one.words) for one in found), "name")
    return tuple(found)


def ingredient_names(found: Iterable[Name]) -> frozenset[str]:
    """The substances that a names file brings in itself (its rows of kind ingredient or excluded)."""
    return frozenset(
        one.name for one in found if one.kind in {"ingredient", "excluded"} and one.substances == (one.name,)
    )


def check_known(file_name: str, found: Iterable[Name], known: Callable[[str], bool]) -> None:
    """Raises BadReference for a name of a substance that this program has no row for."""
    problems = Problems(file_name, refusal=BadReference)
    for one in found:
        for substance in one.substances:
            problems.need(known(substance), f"{substance!r} has no row of its own", one.line, "ingredients")
    problems.check()


def fillers(files: Files, keys: frozenset[str]) -> tuple[Filler, ...]:
    """The words that may stand beside a name."""
    found = files.rows("words.csv", Filler, keys)
    once("words.csv", ((one, one.words) for one in found), "word")
    return tuple(found)


def ambiguous(files: Files, keys: frozenset[str]) -> tuple[Ambiguous, ...]:
    """The names that are never resolved."""
    return tuple(files.rows("ambiguous_names.csv", Ambiguous, keys))


def diagnoses(files: Files, keys: frozenset[str]) -> frozenset[tuple[str, ...]]:
    """The names of disorders that hold the name of a controlled substance, as words."""
    return frozenset(row.words for row in files.rows("diagnoses.csv", _Diagnosis, keys))


def jurisdictions(files: Files, keys: frozenset[str]) -> frozenset[str]:
    """Two-letter codes of states, territories and the District of Columbia."""
    rows = files.rows("jurisdictions.csv", _Jurisdiction, keys)
    once("jurisdictions.csv", ((row, row.code) for row in rows), "code")
    return frozenset(row.code for row in rows)
