"""Reads that do not need one another's answers are asked together: as many statements as the deepest of them takes.

`await together(conn, one(conn), other(conn), ...)` runs each read up to where it first asks the database, sends what
they ask as one statement, gives each its answer, and goes on. Reads may use `together` themselves: theirs join in.
What was asked before in the same outermost `together` is not asked again, so that a page shows one state of a thing.

One statement holds each question as an array of its rows, `SELECT ARRAY(SELECT q FROM (...) AS q), ...`, which the
driver decodes value by value as it does rows. A connection that is no `TogetherConnection` is asked one after another.
"""

from collections.abc import Callable, Collection, Coroutine, Generator, Iterable, Mapping, Sequence, ValuesView
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast, overload

from sqlalchemy import ARRAY, ColumnElement, Executable, Select, any_, func, literal, literal_column, select
from sqlalchemy.engine import Dialect, IteratorResult, Result
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.types import Float, Numeric, TypeEngine

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")
H = TypeVar("H")
# Any: what a coroutine yields and is sent is asyncio's affair; what a statement gives is known where it is written.
Read = Coroutine[Any, Any, T]
# What PostgreSQL calls the types that SQLAlchemy reads by it: numeric, double precision.
_NUMERIC, _FLOAT = 1700, 701
# So many statements, and combinations of them, are remembered as they were put together.
_REMEMBERED = 1_000


def any_of(column: ColumnElement[T], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether the column is one of the values: one statement however many there are, unlike `in_`."""
    return column == any_(literal(list(values), ARRAY(column.type)))


@dataclass(slots=True)
class _Question:
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


class _Asked:
    """What a read hands to whoever runs it when it waits: its questions."""

    def __init__(self, questions: list[_Question]) -> None:
        self.questions = questions

    def __await__(self) -> Generator["_Asked", None, None]:
        yield self


class TogetherConnection(AsyncConnection):
    """A connection whose reads can be asked together."""

    _running = False  # a read is being run by `together`: it hands over what it asks
    _known: dict[Any, Any] | None = None  # what was answered since the outermost `together` began

    # Any: the same signature as SQLAlchemy's, whose overloads tell what a statement gives.
    async def execute(self, statement: Executable, parameters: Any = None, **options: Any) -> Any:
        """As SQLAlchemy's; of a read that is run by `together` the statement waits for those of the others."""
        if not self._running:
            return await super().execute(statement, parameters, **options)
        question = _Question(statement, parameters)
        await _Asked([question])
        return question.answer

    async def together(self, reads: Sequence[Read[Any]]) -> list[Any]:
        """What each read gives. Raises what the first one raises that does; the others are closed."""
        outermost, given = self._known is None, [None] * len(reads)
        self._known = {} if self._known is None else self._known
        try:
            going = list(enumerate(reads))
            while going:
                questions: list[_Question] = []
                still = []
                for at, read in going:
                    try:
                        questions += self._run(read)
                    except StopIteration as ended:
                        given[at] = ended.value
                    else:
                        still.append((at, read))
                going = still
                if questions and self._running:
                    await _Asked(questions)
                elif questions:
                    await self._answer(questions)
        finally:
            for read in reads:
                read.close()
            if outermost:
                self._known = None
        return given

    def _run(self, read: Read[Any]) -> list[_Question]:
        """Runs a read until it asks. Raises StopIteration with what it gives; RuntimeError when it waits for else."""
        before, self._running = self._running, True
        try:
            asked = read.send(None)
        finally:
            self._running = before
        if not isinstance(asked, _Asked):
            raise RuntimeError("what is read together waits for its connection alone")
        return asked.questions

    async def _answer(self, questions: Sequence[_Question]) -> None:
        """Asks what is not known yet, in one statement what can be, and answers each question with rows of its own."""
        known = cast(dict[Any, Any], self._known)
        joined: list[tuple[Any, _Question]] = []
        for question in questions:
            if question.joins:
                joined.append((question.identity, question))
            else:
                question.answer = await super().execute(question.statement, question.parameters)
        new = {identity: question for identity, question in joined if identity not in known}
        while new:
            now = _without_clashes(new)
            known |= zip(now, await self._rows(list(now.values())), strict=True)
            new = {identity: question for identity, question in new.items() if identity not in now}
        for identity, question in joined:
            shape, rows = known[identity]
            question.answer = IteratorResult(shape.metadata, iter(rows))

    async def _rows(self, questions: Sequence[_Question]) -> Iterable[tuple["_Shape", Sequence[Any]]]:
        """The rows of each question, all by one statement."""
        if len(questions) == 1:
            (one,) = questions
            found: Result[Any] = await super().execute(one.statement, one.parameters)
            return [(_shape(one, self.dialect), [tuple(row) for row in found])]
        combined = _combined(questions, self.dialect)
        arrays = (await super().execute(combined.statement, combined.parameters(questions))).one()
        return [(shape, shape.read(rows)) for shape, rows in zip(combined.shapes, arrays, strict=True)]


class TogetherEngine(AsyncEngine):
    """An engine whose connections can be asked together."""

    _connection_cls = TogetherConnection


def _hashable(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset | ValuesView):
        return tuple(_hashable(one) for one in value)
    return value


@dataclass(frozen=True, slots=True)
class _Shape:
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
class _Combined:
    """Several statements as one. `names`: under which each takes its values."""

    statement: Select[Any]
    names: Sequence[Sequence[str]]
    shapes: Sequence[_Shape]

    def parameters(self, questions: Sequence[_Question]) -> dict[str, Any]:
        """The values of statements of the same kinds."""
        pairs = zip(self.names, questions, strict=True)
        return {name: value for names, one in pairs for name, value in zip(names, one.values.values(), strict=True)}


def _without_clashes(questions: Mapping[Any, _Question]) -> Mapping[Any, _Question]:
    """Those of which no two call different values by one name."""
    taken: dict[str, Any] = {}
    chosen = {}
    for identity, one in questions.items():
        if all(taken.get(name, value) == value for name, value in one.values.items()):
            taken |= one.values
            chosen[identity] = one
    return chosen


_shapes: dict[Any, _Shape] = {}
_combinations: dict[Any, _Combined] = {}


def _combined(questions: Sequence[_Question], dialect: Dialect) -> _Combined:
    """One statement for all, put together once for each combination of kinds."""
    kinds = tuple(one.kind for one in questions)
    found = _combinations.get(kinds)
    if found is None:
        each = [cast(Select[Any], one.statement).subquery(f"q{at}") for at, one in enumerate(questions)]
        columns = [func.array(select(literal_column(one.name)).select_from(one).scalar_subquery()) for one in each]
        names = [list(one.values) for one in questions]
        found = _Combined(select(*columns), names, [_shape(one, dialect) for one in questions])
        _remember(_combinations, kinds, found)
    return found


def _shape(question: _Question, dialect: Dialect) -> _Shape:
    found = _shapes.get(question.kind)
    if found is None:
        columns = cast(Select[Any], question.statement).selected_columns
        made = [(at, _converted_by(column.type, dialect)) for at, column in enumerate(columns)]
        metadata = SimpleResultMetaData([str(column.key) for column in columns])
        found = _Shape(metadata, [(at, by) for at, by in made if by is not None])
        _remember(_shapes, question.kind, found)
    return found


def _remember(those: dict[Any, T], key: Any, value: T) -> None:
    while len(those) >= _REMEMBERED:
        del those[next(iter(those))]
    those[key] = value


def _converted_by(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    known_as = _FLOAT if isinstance(type_, Float) else _NUMERIC if isinstance(type_, Numeric) else None
    return type_._cached_result_processor(dialect, known_as)


@overload
async def together(conn: AsyncConnection, a: Read[A], b: Read[B], /) -> tuple[A, B]: ...
@overload
async def together(conn: AsyncConnection, a: Read[A], b: Read[B], c: Read[C], /) -> tuple[A, B, C]: ...
@overload
async def together(conn: AsyncConnection, a: Read[A], b: Read[B], c: Read[C], d: Read[D], /) -> tuple[A, B, C, D]: ...
@overload
async def together(
    conn: AsyncConnection, a: Read[A], b: Read[B], c: Read[C], d: Read[D], e: Read[E], /
) -> tuple[A, B, C, D, E]: ...
@overload
async def together(
    conn: AsyncConnection, a: Read[A], b: Read[B], c: Read[C], d: Read[D], e: Read[E], f: Read[F], /
) -> tuple[A, B, C, D, E, F]: ...
@overload
async def together(
    conn: AsyncConnection, a: Read[A], b: Read[B], c: Read[C], d: Read[D], e: Read[E], f: Read[F], g: Read[G], /
) -> tuple[A, B, C, D, E, F, G]: ...
@overload
async def together(
    conn: AsyncConnection,
    a: Read[A],
    b: Read[B],
    c: Read[C],
    d: Read[D],
    e: Read[E],
    f: Read[F],
    g: Read[G],
    h: Read[H],
    /,
) -> tuple[A, B, C, D, E, F, G, H]: ...
@overload
async def together(conn: AsyncConnection, *reads: Read[T]) -> tuple[T, ...]: ...
async def together(conn: AsyncConnection, *reads: Read[Any]) -> tuple[Any, ...]:
    """What each read gives, in their order. Raises what the first one raises that does. They read and nothing else."""
    if isinstance(conn, TogetherConnection):
        return tuple(await conn.together(reads))
    return tuple([await read for read in reads])
