"""Reads that do not need one another's answers are asked together: as many statements as the deepest of them takes.

`await together(conn, one(conn), other(conn), ...)` runs each read up to where it first asks the database, sends what
they ask as one statement, gives each its answer, and goes on. Reads may use `together` themselves: theirs join in.
What was asked before in the same outermost `together` is not asked again, so that a page shows one state of a thing.

One statement holds each question as an array of its rows, `SELECT ARRAY(SELECT q FROM (...) AS q), ...`, which the
driver decodes value by value as it does rows. A connection that is no `TogetherConnection` is asked one after another.
"""

from collections.abc import Callable, Collection, Coroutine, Generator, Hashable, Iterable, Sequence
from typing import Any, TypeVar, cast, overload

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    any_,
    bindparam,
    literal,
)
from sqlalchemy.engine import IteratorResult, Result
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from emr.shared.combined import PendingStatement, Shape, combined, shape

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


def any_of(column: ColumnElement[T], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether the column is one of the values: one statement however many there are, unlike `in_`."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def any_named(column: ColumnElement[T], name: str) -> ColumnElement[bool]:
    """As `any_of`, in a statement that is made once: the values are given by that name when it is asked."""
    return column == any_(bindparam(name, type_=ARRAY(column.type)))


def once(conn: AsyncConnection, of: Hashable, make: Callable[[], T]) -> T:
    """What is made of answers; of the same ones it is made once for all reads of the outermost `together`.

    `of` says what is made and for what values it was asked. Nobody changes what it gives.
    """
    known = conn.answered if isinstance(conn, TogetherConnection) else None
    if known is None:
        return make()
    if (of := ("made", of)) not in known:
        known[of] = make()
    return cast(T, known[of])


class _Asked:
    """What a read hands to whoever runs it when it waits: its questions."""

    def __init__(self, questions: list[PendingStatement]) -> None:
        self.questions = questions

    def __await__(self) -> Generator["_Asked", None, None]:
        yield self


class TogetherConnection(AsyncConnection):
    """A connection whose reads can be asked together."""

    _running = False  # a read is being run by `together`: it hands over what it asks
    _known: dict[Any, Any] | None = None  # what was answered since the outermost `together` began

    @property
    def answered(self) -> dict[Any, Any] | None:
        """What is known since the outermost `together` began; None: there is none."""
        return self._known

    # Any: the same signature as SQLAlchemy's, whose overloads tell what a statement gives.
    async def execute(self, statement: Executable, parameters: Any = None, **options: Any) -> Any:
        """As SQLAlchemy's; of a read that is run by `together` the statement waits for those of the others."""
        if not self._running:
            return await super().execute(statement, parameters, **options)
        question = PendingStatement(statement, parameters)
        await _Asked([question])
        return question.answer

    async def together(self, reads: Sequence[Read[Any]]) -> list[Any]:
        """What each read gives. Raises what the first one raises that does; the others are closed."""
        outermost, given = self._known is None, [None] * len(reads)
        self._known = {} if self._known is None else self._known
        try:
            going = list(enumerate(reads))
            while going:
                questions: list[PendingStatement] = []
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

    def _run(self, read: Read[Any]) -> list[PendingStatement]:
        """Runs a read until it asks. Raises StopIteration with what it gives; RuntimeError when it waits for else."""
        before, self._running = self._running, True
        try:
            asked = read.send(None)
        finally:
            self._running = before
        if not isinstance(asked, _Asked):
            raise RuntimeError("what is read together waits for its connection alone")
        return asked.questions

    async def _answer(self, questions: Sequence[PendingStatement]) -> None:
        """Asks what is not known yet, in one statement what can be, and answers each question with rows of its own."""
        known = cast(dict[Any, Any], self._known)
        joined: list[tuple[Any, PendingStatement]] = []
        for question in questions:
            if question.joins:
                joined.append((question.identity, question))
            else:
                question.answer = await super().execute(question.statement, question.parameters)
        new = {identity: question for identity, question in joined if identity not in known}
        if new:
            known |= zip(new, await self._rows(list(new.values())), strict=True)
        for identity, question in joined:
            found, rows = known[identity]
            question.answer = IteratorResult(found.metadata, iter(rows))

    async def _rows(self, questions: Sequence[PendingStatement]) -> Iterable[tuple[Shape, Sequence[Any]]]:
        """The rows of each question, all by one statement."""
        if len(questions) == 1:
            (one,) = questions
            found: Result[Any] = await super().execute(one.statement, one.parameters)
            return [(shape(one, self.dialect), [tuple(row) for row in found])]
        several = combined(questions, self.dialect)
        arrays = (await super().execute(several.statement, several.parameters(questions))).one()
        return [(one, one.read(rows)) for one, rows in zip(several.shapes, arrays, strict=True)]


class TogetherEngine(AsyncEngine):
    """An engine whose connections can be asked together."""

    _connection_cls = TogetherConnection


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
