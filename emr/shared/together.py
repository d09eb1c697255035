"""Reads that do not need one another's answers are asked together: as many statements as the deepest of them takes.

`await together(conn, one(conn), other(conn), ...)` runs each read up to where it first asks the database, sends what
they ask as one statement, gives each its answer, and goes on. Reads may use `together` themselves: theirs join in.
What was asked before in the same outermost `together` is not asked again, so that a page shows one state of a thing.

One statement holds each question as an array of its rows, `SELECT ARRAY(SELECT q FROM (...) AS q), ...`, which the
driver decodes value by value as it does rows. A connection that is no `TogetherConnection` is asked one after another.
"""

from collections.abc import Callable, Collection, Coroutine, Generator, Iterable, Sequence
from dataclasses import dataclass
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
# The names of a statement's columns, and its rows.
_Rows = tuple[Sequence[str], Sequence[tuple[Any, ...]]]


def any_of(column: ColumnElement[T], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether the column is one of the values: one statement however many there are, unlike `in_`."""
    return column == any_(literal(list(values), ARRAY(column.type)))


@dataclass(slots=True)
class _Question:
    """A statement that a read waits for, and its answer."""

    statement: Executable
    parameters: Any = None
    answer: Any = None


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
        asked: dict[Any, _Question] = {}
        for question in questions:
            if not isinstance(question.statement, Select) or question.parameters is not None:
                question.answer = await super().execute(question.statement, question.parameters)
                continue
            asked.setdefault(_identity(question.statement), question)
        new = {key: question.statement for key, question in asked.items() if key not in known}
        if new:
            known |= zip(new, await self._rows([cast(Select[Any], one) for one in new.values()]), strict=True)
        for question in questions:
            if question.answer is None:
                names, rows = known[_identity(question.statement)]
                question.answer = IteratorResult(SimpleResultMetaData(names), iter(rows))

    async def _rows(self, statements: Sequence[Select[Any]]) -> Iterable[_Rows]:
        """The rows of each statement, all by one."""
        if len(statements) == 1:
            found: Result[Any] = await super().execute(statements[0])
            return [(list(found.keys()), [tuple(row) for row in found])]
        columns = [
            func.array(select(literal_column(f"q{at}")).select_from(one.subquery(f"q{at}")).scalar_subquery())
            for at, one in enumerate(statements)
        ]
        arrays = (await super().execute(select(*columns))).one()
        return [_read(statement, rows, self.dialect) for statement, rows in zip(statements, arrays, strict=True)]


class TogetherEngine(AsyncEngine):
    """An engine whose connections can be asked together."""

    _connection_cls = TogetherConnection


def _identity(statement: Any) -> Any:
    """Equal for the same question with the same values. Any: `CacheKey` is a tuple of anything."""
    key = statement._generate_cache_key()
    if key is None:
        return id(statement)
    return key.key, tuple(_hashable(one.effective_value) for one in key.bindparams)


def _hashable(value: Any) -> Any:
    return tuple(_hashable(one) for one in value) if isinstance(value, list | tuple | set | frozenset) else value


def _read(statement: Select[Any], rows: Sequence[tuple[Any, ...]], dialect: Dialect) -> _Rows:
    """The rows as SQLAlchemy would read them: a type that converts what the driver gives does so here too."""
    columns = statement.selected_columns
    names = [str(column.key) for column in columns]
    reading = [(at, by) for at, column in enumerate(columns) if (by := _converted_by(column.type, dialect)) is not None]
    if not reading or not rows:
        return names, rows
    converted = []
    for row in rows:
        values = list(row)
        for at, by in reading:
            values[at] = by(values[at])
        converted.append(tuple(values))
    return names, converted


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
