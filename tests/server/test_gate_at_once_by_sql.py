"""Around the code by two connections: the front desk kept apart, and what was committed meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from server.platform import database as databases
from tests.conftest import Database
from tests.server.gate_rows import Gate, open_gate, switch_off
from tests.server.prescription_rows import another_decision

GRANT = "INSERT INTO role_grant (id, person_id, role, granted_at) VALUES (:id, :person, :role, now())"
ENDED = (
    "INSERT INTO role_grant (id, person_id, role, granted_at, revoked_at) VALUES (:id, :person, :role, now(), now())"
)
REVOKE = "UPDATE role_grant SET revoked_at = now() WHERE person_id = :person AND revoked_at IS NULL"
PERSON = "INSERT INTO person (id, given_name, family_name, zone, added_at) VALUES (:id, 'A', 'Person', 'UTC', now())"
APART = "nobody holds front desk beside"
KEPT_APART = (Role.PRESCRIBER, Role.SUPERVISOR, Role.ADMINISTRATOR)
BESIDE = tuple(role for role in Role if role not in (*KEPT_APART, Role.FRONT_DESK))


async def somebody(conn: AsyncConnection) -> UUID:
    person = uuid4()
    await conn.execute(text(PERSON), {"id": person})
    return person


async def grant(conn: AsyncConnection, person: UUID, role: Role) -> None:
    await conn.execute(text(GRANT), {"id": uuid4(), "person": person, "role": role.value})


@pytest.mark.parametrize("other", KEPT_APART)
@pytest.mark.parametrize("desk_first", [True, False])
async def test_nobody_holds_front_desk_beside_who_prescribes_supervises_or_gives_roles(
    conn: AsyncConnection, other: Role, desk_first: bool
) -> None:
    person = await somebody(conn)
    first, second = (Role.FRONT_DESK, other) if desk_first else (other, Role.FRONT_DESK)
    await grant(conn, person, first)
    for attempt in (
        GRANT,
        # A grant of somebody else, or one that was ended, turned into it.
        "UPDATE role_grant SET person_id = :person WHERE id = :other",
        "UPDATE role_grant SET role = :role WHERE person_id = :person AND role = 'officer'",
        "UPDATE role_grant SET revoked_at = NULL WHERE id = :ended",
    ):
        nested = await conn.begin_nested()
        other_id, ended = uuid4(), uuid4()
        await conn.execute(text(GRANT), {"id": other_id, "person": await somebody(conn), "role": second.value})
        await conn.execute(text(GRANT), {"id": uuid4(), "person": person, "role": "officer"})
        await conn.execute(text(ENDED), {"id": ended, "person": person, "role": second.value})
        values = {"id": uuid4(), "person": person, "role": second.value, "other": other_id, "ended": ended}
        with pytest.raises(DBAPIError, match=APART):
            await conn.execute(text(attempt), {name: values[name] for name in values if f":{name}" in attempt})
        await nested.rollback()
    await conn.execute(text(REVOKE), {"person": person})
    await grant(conn, person, second)


@pytest.mark.parametrize("other", BESIDE)
async def test_front_desk_is_held_beside_the_others(conn: AsyncConnection, other: Role) -> None:
    for roles in ((Role.FRONT_DESK, other), (other, Role.FRONT_DESK)):
        person = await somebody(conn)
        for role in roles:
            await grant(conn, person, role)


async def test_without_its_guard_front_desk_is_given_to_a_prescriber(owner_conn: AsyncConnection) -> None:
    person = await somebody(owner_conn)
    await grant(owner_conn, person, Role.PRESCRIBER)
    await switch_off(owner_conn, "trigger role_grant front_desk_apart")
    await grant(owner_conn, person, Role.FRONT_DESK)


# Two at once


@pytest.fixture
async def connections(database: Database) -> AsyncIterator[tuple[AsyncConnection, AsyncConnection]]:
    """Two of the application's login. What they commit stays in this module's database."""
    engine = databases.one_shot_engine(database.app_url)
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(engine.connect()),
            await stack.enter_async_context(engine.connect()),
        )
    await engine.dispose()


async def waits(conn: AsyncConnection) -> None:
    """Until somebody waits for a lock in this database."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(20):
        while not (await conn.execute(text(waiting))).scalar_one():
            pass


@pytest.mark.parametrize("desk_first", [True, False])
async def test_of_two_grants_at_once_that_must_not_meet_one_is_refused(
    connections: tuple[AsyncConnection, AsyncConnection], desk_first: bool
) -> None:
    one, other = connections
    person = await somebody(one)
    await one.commit()
    roles = (Role.FRONT_DESK, Role.PRESCRIBER) if desk_first else (Role.PRESCRIBER, Role.FRONT_DESK)
    await grant(one, person, roles[0])
    late = asyncio.create_task(grant(other, person, roles[1]))
    await waits(one)
    await one.commit()
    with pytest.raises(DBAPIError, match=APART):
        await late


# A transaction that goes on seeing what stood when it began


OLD_VIEWS = ("REPEATABLE READ", "SERIALIZABLE")


async def old_view(conn: AsyncConnection, level: str) -> None:
    await conn.execute(text(f"SET TRANSACTION ISOLATION LEVEL {level}"))
    await conn.execute(text("SELECT 1 FROM person LIMIT 1"))


@pytest.mark.parametrize("level", OLD_VIEWS)
async def test_a_grant_is_not_given_by_a_view_from_before_the_other(
    connections: tuple[AsyncConnection, AsyncConnection], level: str
) -> None:
    one, other = connections
    person = await somebody(one)
    await one.commit()
    await old_view(other, level)
    await grant(one, person, Role.PRESCRIBER)
    await one.commit()
    with pytest.raises(DBAPIError, match="read committed"):
        await grant(other, person, Role.FRONT_DESK)


@pytest.mark.parametrize("level", OLD_VIEWS)
async def test_a_check_in_that_a_call_ended_buys_nothing_by_a_view_from_before_the_call(
    connections: tuple[AsyncConnection, AsyncConnection], level: str
) -> None:
    one, other = connections
    gate: Gate = await open_gate(one)
    await one.commit()
    await another_decision(other, gate.controlled)  # the premise: as it stands now, it is allowed
    await other.rollback()
    await old_view(other, level)
    await gate.join(gate.clinic.ada)
    await one.commit()
    with pytest.raises(DBAPIError, match="read committed"):
        await another_decision(other, gate.controlled)
    await other.rollback()
    with pytest.raises(DBAPIError, match="joined_call"):
        await another_decision(other, gate.controlled)
