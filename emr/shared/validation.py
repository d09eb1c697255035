"""Files become typed values, or one error that tells all that is wrong with a file. By pydantic (docs/adr/0013). Pure.

What is right stands in the types: frozen dataclasses with annotated fields, whose names (or aliases) are columns and
keys. Here is only how a file becomes cells and tables, and how what pydantic found becomes a sentence. It knows nothing
of records or policy: beside days and times, it alone is shared by packages that do not know one another.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Protocol, TypeVar, cast

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    Strict,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    with_config,
)
from pydantic_core import ErrorDetails

T = TypeVar("T")

NeededText = Annotated[str, Field(pattern=r"\S")]
"""A text that must be there, and not blank."""

exactly = with_config(extra="forbid")
"""Decorates a dataclass whose table may hold nothing that the dataclass does not know: nothing must be half read."""

# The same as yaml.SafeLoader, in C: every process reads these files when it starts, and Python takes it a third of a
# second. A wheel of PyYAML that was built without libyaml has the other alone.
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file. `line`: 0 for none; `place`: a column, or the way to a field; "" for none."""

    file: str
    line: int
    place: str
    what: str

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        return f"{', '.join(part for part in (self.file, line, self.place) if part)}: {self.what}".removeprefix(": ")


class BadFile(Exception):
    """A file cannot be used; nothing starts with it. The message has one line for each problem, at most 20."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        rest = [f"... and {len(problems) - 20} more"] if len(problems) > 20 else []
        super().__init__("\n".join([*map(str, problems[:20]), *rest]))
        self.problems = tuple(problems)


class Placed(Protocol):
    """A row that knows its line."""

    @property
    def line(self) -> int: ...


@dataclass(slots=True)
class Problems:
    """Collects what is wrong between the rows of a file, which no row shows by itself."""

    file: str
    found: list[Problem] = field(default_factory=list)
    refusal: type[BadFile] = BadFile

    def add(self, line: int, what: str, column: str = "") -> None:
        self.found.append(Problem(self.file, line, column and f"column {column}", what))

    def need(self, holds: object, what: str, line: int = 0, column: str = "") -> None:
        """Adds it unless it `holds`."""
        if not holds:
            self.add(line, what, column)

    def twice(self, rows: Iterable[tuple[Placed, Hashable]], column: str = "") -> None:
        """Adds each row whose key an earlier row has."""
        first: dict[Hashable, int] = {}
        for row, key in rows:
            if first.setdefault(key, row.line) != row.line:
                self.add(row.line, f"{key!r} is there twice, first in line {first[key]}", column)

    def check(self) -> None:
        """Raises BadFile, or the `refusal` of this file's package, when anything was added."""
        if self.found:
            raise self.refusal(self.found)


WholeNumber = Annotated[int, Strict(), Field(ge=0)]
"""A whole number from 0 on, written as one."""


def one_of(*words: str) -> AfterValidator:
    """A text that must be one of these words."""

    def check(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text!r} is not one of: {', '.join(word or 'nothing' for word in words)}")
        return text

    return AfterValidator(check)


def given(info: ValidationInfo, group: str) -> Any:  # Any: what the reader of the file gave under that name
    """What a validator may look in: the `known` of that name that the reading was given."""
    return (info.context or {})[group]


def among(group: str, otherwise: str) -> AfterValidator:
    """A value that must be among those that the reading was given as `group`; `otherwise` says what it is not."""

    def check(value: T, info: ValidationInfo) -> T:
        if value not in given(info, group):
            raise ValueError(f"{value!r} {otherwise}")
        return value

    return AfterValidator(check)


def parts(mark: str) -> BeforeValidator:
    """A cell that holds several texts with a mark between them; () when it is empty."""

    def split(cell: str) -> tuple[str, ...]:
        return tuple(part for part in map(str.strip, cell.split(mark)) if part)

    return BeforeValidator(split)


def _day(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{cell!r} is not a date such as 2026-11-28") from None


DayCell = Annotated[date, BeforeValidator(_day)]
"""A cell that holds a date. (The library alone would read a number as seconds since 1970.)"""

if_any = BeforeValidator(lambda cell: None if cell == "" else cell)
"""A cell that may be empty: None."""


def csv_rows(file: str, text: str, kind: type[T], known: Mapping[str, Collection[Any]] | None = None) -> list[T]:
    """The rows of a CSV file, each cell without space around it; a field `line` gets the row's line.

    Raises BadFile with every row and column that cannot be used. `known`: what `among` looks in.
    """
    problems, lines, rows = Problems(file), list[int](), list[dict[str, object]]()
    numbered = any(one.name == "line" for one in fields(cast(Any, kind)))  # fields() wants to know that it is one
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        for cells in reader:
            if len(cells) != len(header):
                problems.add(reader.line_num, f"{len(cells)} cells instead of {len(header)}")
                continue
            lines.append(reader.line_num)
            row: dict[str, object] = dict(zip(header, map(str.strip, cells), strict=True))
            rows.append({**row, "line": reader.line_num} if numbered else row)
        problems.need(rows or problems.found, "holds no row", 1)
        problems.need(len(set(header)) == len(header), "a column is there twice", 1)
    except csv.Error as error:
        problems.add(reader.line_num, f"is not readable as CSV ({error})")
    try:
        found = _adapter(GenericAlias(list, (kind,))).validate_python(rows, context=known)
    except ValidationError as error:
        problems.found += dict.fromkeys(_of_cell(file, lines, one) for one in error.errors(include_url=False))
    problems.check()
    return cast(list[T], found)


def checked(file: str, loaded: object, kind: type[T], known: Mapping[str, Collection[Any]] | None = None) -> T:
    """What a file holds as one typed value. Raises BadFile with every field that cannot be used."""
    try:
        return cast(T, _adapter(cast(Hashable, kind)).validate_python(loaded, context=known))
    except ValidationError as error:
        found = (Problem(file, 0, _way(one["loc"]), sentence(one)) for one in error.errors(include_url=False))
        raise BadFile(list(found)) from None


def yaml_value(file: str, text: str, kind: type[T], known: Mapping[str, Collection[Any]] | None = None) -> T:
    """What a YAML file holds. Raises BadFile."""
    try:
        loaded = yaml.load(text, _LOADER)  # noqa: S506 - either loader is a safe one
    except yaml.YAMLError as error:
        raise BadFile([Problem(file, 0, "", f"is not readable as YAML ({error})")]) from None
    return checked(file, loaded, kind, known)


def toml_value(file: str, content: bytes, kind: type[T], known: Mapping[str, Collection[Any]] | None = None) -> T:
    """What a TOML file holds. Raises BadFile."""
    try:
        loaded = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadFile([Problem(file, 0, "", f"is not readable as TOML ({error})")]) from None
    return checked(file, loaded, kind, known)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # Any: whatever types a caller reads; it gives and gets them typed
    return TypeAdapter(kind)


def _of_cell(file: str, lines: Sequence[int], found: ErrorDetails) -> Problem:
    row, *way = found["loc"]
    head = found["type"] in ("missing", "unexpected_keyword_argument")  # the same in every row: the header's
    return Problem(file, 1 if head else lines[cast(int, row)], f"column {way[0]}" if way else "", sentence(found))


def _way(place: tuple[int | str, ...]) -> str:
    return ", ".join(f"number {part + 1}" if isinstance(part, int) else part for part in place)


_SENTENCES: Mapping[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "value_error": lambda has, told: str(told["error"]),
    "missing": lambda has, told: "is missing",
    "unexpected_keyword_argument": lambda has, told: "is not known",
    "dataclass_type": lambda has, told: "is not a table",
    "enum": lambda has, told: f"{has!r} is not one of {told['expected']}",
    "literal_error": lambda has, told: f"{has!r} is not one of {told['expected']}",
    "greater_than": lambda has, told: f"{has} is not above {told['gt']}",
    "greater_than_equal": lambda has, told: f"{has} is below {told['ge']}",
}


def sentence(found: ErrorDetails) -> str:
    """What is wrong with a field, in words; the field's own name stands before it."""
    has, told = found["input"], found.get("ctx", {})
    if found["type"].endswith("_parsing") and has:
        return f"{has!r} is not a number"
    blank = not has.strip() if isinstance(has, str) else has in ([], None)
    if blank and found["type"] not in ("missing", "value_error"):
        return "is empty"
    if say := _SENTENCES.get(found["type"]):
        return say(has, told)
    shown = repr(has)
    return f"{found['msg'].removeprefix('Input ')} (it is {shown if len(shown) <= 60 else shown[:57] + '...'})"
