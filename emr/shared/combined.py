"""Several statements put together as one, once for each combination of them; another time only values are given.

Statements are of one kind when SQLAlchemy's cache key says so: they differ in values alone.
"""

from collections.abc import Callable, Mapping, Sequence, ValuesView
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, Executable, Select, bindparam, func, literal_column, select
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import Float, Numeric, TypeEngine

T = TypeVar("T")
# What PostgreSQL calls the types that SQLAlchemy reads by it: numeric, double precision.
NUMERIC, FLOAT = 1700, 701
# So many statements, and combinations of them, are remembered as they were put together.
_REMEMBERED = 500


@dataclass(slots=True)
class PendingStatement:
    """A statement that a read waits for, and its answer. `kind`: equal for statements that differ in values alone;
    `values`: by the names of its parameters.
    """

    statement: Executable
    parameters: Mapping[str, Any] | None = None
    kind: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    answer: Any = None

    @property
    def joins(self) -> bool:
        """Whether it can be asked with others; finds out what it is, if so."""
        if not isinstance(self.statement, Select):
            return False
        key = self.statement._generate_cache_key()
        if key is None:
            return False
        given = self.parameters or {}
        self.kind = key.key
        self.values = {one.key: given.get(one.key, one.effective_value) for one in key.bindparams}
        return True

    @property
    def identity(self) -> Any:
        """Equal for the same question with the same values."""
        return self.kind, _hashable(self.values.values())


def _hashable(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset | ValuesView):
        return tuple(_hashable(one) for one in value)
    return value


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement gives. `converted`: place of a column -> how SQLAlchemy reads what the driver gives for it."""

    metadata: SimpleResultMetaData
    converted: Sequence[tuple[int, Callable[[Any], Any]]]

    def read(self, rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
        """The rows as a statement alone gives them."""
        if not self.converted:
            return rows
        read = []
        for row in rows:
            values = list(row)
            for at, by in self.converted:
                values[at] = by(values[at])
            read.append(tuple(values))
        return read


@dataclass(frozen=True, slots=True)
class Combined:
    """Several statements as one. `names`: under which each takes its values."""

    statement: Select[Any]
    names: Sequence[Sequence[str]]
    shapes: Sequence[Shape]

    def parameters(self, questions: Sequence[PendingStatement]) -> dict[str, Any]:
        """The values of statements of the same kinds."""
        pairs = zip(self.names, questions, strict=True)
        return {name: value for names, one in pairs for name, value in zip(names, one.values.values(), strict=True)}


_shapes: dict[Any, Shape] = {}
_combinations: dict[Any, Combined] = {}


def combined(questions: Sequence[PendingStatement], dialect: Dialect) -> Combined:
    """One statement for all, put together once for each combination of kinds."""
    kinds = tuple(one.kind for one in questions)
    found = _combinations.get(kinds)
    if found is None:
        own = [_with_names_of_its_own(one, f"q{at}") for at, one in enumerate(questions)]
        each = [statement.subquery(f"q{at}") for at, (statement, _) in enumerate(own)]
        columns = [func.array(select(literal_column(one.name)).select_from(one).scalar_subquery()) for one in each]
        shapes = [shape(one, dialect) for one in questions]
        found = Combined(select(*columns), [names for _, names in own], shapes)
        _remember(_combinations, kinds, found)
    return found


def _with_names_of_its_own(question: PendingStatement, prefix: str) -> tuple[Select[Any], Sequence[str]]:
    """The statement with names for its values that no other has and no value under them, and these names in the order
    of the values. Raises RuntimeError when one of its values would stay in it: the next would be answered with it.
    """
    given = {name: f"{prefix}_{place}" for place, name in enumerate(question.values)}

    def renamed(element: Any, **_: Any) -> Any:
        if not isinstance(element, BindParameter):
            return None
        return bindparam(given[element.key], type_=element.type, expanding=element.expanding, required=True)

    statement = cast(Any, replacement_traverse(cast(Any, question.statement), {}, renamed))
    if {one.key for one in statement._generate_cache_key().bindparams} != set(given.values()):
        raise RuntimeError("a statement keeps a value of its own and cannot be asked with others")
    return statement, list(given.values())


def shape(question: PendingStatement, dialect: Dialect) -> Shape:
    found = _shapes.get(question.kind)
    if found is None:
        columns = cast(Select[Any], question.statement).selected_columns
        made = [(at, _converted_by(column.type, dialect)) for at, column in enumerate(columns)]
        metadata = SimpleResultMetaData([str(column.key) for column in columns])
        found = Shape(metadata, [(at, by) for at, by in made if by is not None])
        _remember(_shapes, question.kind, found)
    return found


def _remember(remembered: dict[Any, T], key: Any, value: T) -> None:
    while len(remembered) >= _REMEMBERED:
        del remembered[next(iter(remembered))]
    remembered[key] = value


def _converted_by(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    known_as = FLOAT if isinstance(type_, Float) else NUMERIC if isinstance(type_, Numeric) else None
    return type_._cached_result_processor(dialect, known_as)
