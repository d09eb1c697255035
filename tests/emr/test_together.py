"""Reads asked together: the same rows as one by one, in as few statements as the deepest read takes."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Float, Integer, Numeric, Select, Text, bindparam, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from emr.people import queries as people
from emr.shared.errors import NotFound
from emr.shared.metadata import metadata
from emr.shared.together import any_of, together
from server.platform.database import DRIVER
from tests.conftest import Database
from tests.emr.clinic import Clinic
from tests.server.counting import Counter, counting


@pytest.fixture
def counter() -> Iterator[Counter]:
    with counting() as counted:
        yield counted


async def rows(conn: AsyncConnection, statement: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in await conn.execute(statement)]


async def after(conn: AsyncConnection, *statements: Select[Any]) -> list[list[dict[str, Any]]]:
    """Each asked when the one before was answered."""
    return [await rows(conn, statement) for statement in statements]


async def test_rows_and_their_types_are_those_of_a_statement_alone(clinic: Clinic, conn: AsyncConnection) -> None:
    tables = [select(table) for table in metadata.sorted_tables]
    odd = select(
        literal("1.50").cast(Numeric).label("n"),
        literal(2).cast(Float).label("f"),
        literal("b").cast(Text).label("t"),
        func.jsonb_build_object("k", 1.5, "none", None).label("j"),
        func.array_agg(literal("a")).label("several"),
    )
    asked = [*tables, odd]
    alone = [await rows(conn, one) for one in asked]
    assert any(alone[:-1]), "the record is not empty"
    assert await together(conn, *(rows(conn, one) for one in asked)) == tuple(alone)
    kinds = [[type(value) for row in table for value in row.values()] for table in alone]
    again = await together(conn, *(rows(conn, one) for one in asked))
    assert [[type(value) for row in table for value in row.values()] for table in again] == kinds


async def test_as_many_statements_as_the_deepest_read_takes(conn: AsyncConnection, counter: Counter) -> None:
    one, two, three = (select(literal(number).label("n")) for number in (1, 2, 3))
    counter.take()

    async def nested() -> Any:
        return await together(conn, rows(conn, two), after(conn, one, three))

    got = await together(conn, after(conn, one, two, three), nested(), rows(conn, three))
    assert got == ([[{"n": 1}], [{"n": 2}], [{"n": 3}]], ([{"n": 2}], [[{"n": 1}], [{"n": 3}]]), [{"n": 3}])
    # One, two and three in the first; what the second and third of the deepest ask was answered by then.
    assert counter.take() == 1
    await together(conn, after(conn, *(select(literal(number)) for number in range(4, 8))), rows(conn, one))
    assert counter.take() == 4


async def test_what_was_answered_before_is_asked_anew_by_the_next(conn: AsyncConnection, counter: Counter) -> None:
    moment = select(func.clock_timestamp().label("at"))
    first, same = await together(conn, rows(conn, moment), rows(conn, moment))
    assert first == same != await rows(conn, moment)
    counter.take()
    anew = (await together(conn, rows(conn, moment), rows(conn, moment)))[0]
    assert anew != first
    assert counter.take() == 1


async def test_values_of_one_name_are_not_mixed_up(conn: AsyncConnection, counter: Counter) -> None:
    named = select(bindparam("n", type_=Integer).label("n"))

    async def valued(n: int) -> list[Any]:
        return list((await conn.execute(named, {"n": n})).scalars())

    async def plain(n: int) -> Any:
        return await rows(conn, select(literal(n).label("n")))

    for first, second in ((1, 2), (3, 3), (4, 5)):
        counter.take()
        assert await together(conn, valued(first), valued(second), plain(first), plain(second)) == (
            [first],
            [second],
            [{"n": first}],
            [{"n": second}],
        )
        assert counter.take() == 1


async def test_each_round_is_answered_with_its_own_values(clinic: Clinic, conn: AsyncConnection) -> None:
    """The statement is put together in the first round, for values of every kind of place."""
    person = metadata.tables["person"].c
    everybody = sorted(await people.people(conn, [clinic.ada, clinic.marcus, clinic.drew, clinic.ilse]))
    latest = select(person.id).ext(distinct_on(person.zone)).order_by(person.zone, person.added_at.desc())

    def asked(turn: int) -> list[Select[Any]]:
        one, two = everybody[turn], everybody[turn - 1]
        return [
            select(person.id).where(person.id == one),
            select(person.id).where(person.id == two),
            select(person.id).where(person.id.in_([one, two])).order_by(person.id),
            select(person.id).where(any_of(person.id, everybody[:turn])).order_by(person.id),
            select(person.id).where(or_(person.id == one, person.id == two)).order_by(person.id).limit(turn),
            latest.where(person.id != one),
            select(
                literal(turn).label("n"),
                exists().where(person.id == one).label("e"),
                select(person.id).where(person.id == two).scalar_subquery().label("s"),
            ),
            select(func.count().label("n")).select_from(
                select(person.id).where(person.id == one).limit(turn).subquery()
            ),
        ]

    for turn in range(len(everybody)):
        alone = [await rows(conn, one) for one in asked(turn)]
        assert await together(conn, *(rows(conn, one) for one in asked(turn))) == tuple(alone)


async def test_what_one_raises_is_raised_and_the_connection_goes_on(conn: AsyncConnection) -> None:
    closed: list[str] = []

    async def lost() -> None:
        await rows(conn, select(literal(1)))
        raise NotFound

    async def other() -> None:
        try:
            await after(conn, select(literal(1)), select(literal(2)), select(literal(3)))
        finally:
            closed.append("other")

    with pytest.raises(NotFound):
        await together(conn, lost(), other())
    assert closed == ["other"]
    assert await rows(conn, select(literal(5).label("n"))) == [{"n": 5}]


async def test_a_read_that_waits_for_something_else_is_a_mistake(conn: AsyncConnection) -> None:
    async def elsewhere() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="its connection alone"):
        await together(conn, elsewhere(), rows(conn, select(literal(1))))


async def test_a_connection_of_another_engine_is_asked_one_after_another(database: Database) -> None:
    store = create_async_engine(DRIVER, connect_args={"dsn": database.app_url.replace("+asyncpg", "")})
    async with store.connect() as conn:
        statement = select(literal(1).label("n"))
        assert await together(conn, rows(conn, statement), rows(conn, statement)) == ([{"n": 1}], [{"n": 1}])
    await store.dispose()


async def test_any_of_is_one_statement_for_any_number(clinic: Clinic, conn: AsyncConnection, counter: Counter) -> None:
    known = [*await people.people(conn, [clinic.drew, clinic.ada])]
    assert len(known) == 2
    person = metadata.tables["person"].c.id
    counter.take()
    for ids in ([], known[:1], [*known, uuid4()]):
        found = await conn.execute(select(person).where(any_of(person, ids)))
        assert {row.id for row in found} == set(ids) & set(known)
    assert len(set(counter.statements)) == 1
