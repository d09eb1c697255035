"""Doors that are open for a moment: what one transaction looks at changes in another before it is done."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from emr.shared.ids import VisitId
from tests.server.gate import rows, scenes
from tests.server.gate.attacks import Attack
from tests.server.gate.mends import empty, trigger
from tests.server.gate.world import World

Act = Callable[[AsyncConnection], Awaitable[object]]
# By the database's own word, so that nobody has to wait for a time.
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def _in_the_past(world: World, meanwhile: Act, act: Act) -> None:
    """`act` in a transaction that goes on seeing the database as it was before `meanwhile`."""

    async def acting() -> None:
        async with world.web.begin() as conn:
            await conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            await conn.execute(text("SELECT count(*) FROM call_join"))
            await world.acting(meanwhile)
            await act(conn)

    try:
        world.wait(acting())
    except DBAPIError as refused:
        world.told.append(str(refused.orig))


def _unseen(world: World, first: Act, act: Act) -> None:
    """`first` is written but not committed when `act` begins; committed as soon as `act` is done or waits for it."""

    async def acting() -> None:
        async with world.web.begin() as conn:
            await first(conn)
            signing = asyncio.create_task(world.acting(act))
            while not signing.done() and not await world.acting(_waiting):
                pass
        await signing

    try:
        world.wait(acting())
    except DBAPIError as refused:
        world.told.append(str(refused.orig))


async def _waiting(conn: AsyncConnection) -> bool:
    return bool((await conn.execute(text(WAITS))).scalar())


def _giving(world: World, role: Role) -> Act:
    values = {"person_id": world.id("sofia"), "role": role.value, "granted_at": datetime.now(UTC)}
    return lambda conn: rows.write(conn, "role_grant", values)


def _joining(world: World, call: VisitId) -> Act:
    joined = "INSERT INTO call_join (visit_id, person_id, joined_at, recorded_at) VALUES (:visit, :who, now(), now())"
    return lambda conn: conn.execute(text(joined), {"visit": call, "who": world.id("drew")})


def _signing(of: UUID) -> Act:
    return lambda conn: rows.forged(conn, of, {}, {})


def _met(world: World) -> tuple[UUID, VisitId]:
    """An alprazolam prescription of a visit in person that goes on, and a call of Drew's with Marcus."""
    of = scenes.signed(world, scenes.met(world), "alprazolam")
    return of, scenes.video(world, patient="marcus")


def roles_given_in_the_past(world: World) -> Iterator[None]:
    """Sofia becomes front desk while somebody who does not see it yet makes her a prescriber."""
    yield
    _in_the_past(world, _giving(world, Role.FRONT_DESK), _giving(world, Role.PRESCRIBER))


def signed_in_the_past(world: World) -> Iterator[None]:
    """Drew joins a call; a transaction that does not see it yet signs by his check-in."""
    of, call = _met(world)
    yield
    _in_the_past(world, _joining(world, call), _signing(of))


def signed_while_joining(world: World) -> Iterator[None]:
    """Drew is about to be let into a call; his signature comes between the row that says so and its commit."""
    of, call = _met(world)
    yield
    _unseen(world, _joining(world, call), _signing(of))


def signed_while_taken_over(world: World) -> Iterator[None]:
    """A colleague's attendance is written, by hand, and not committed yet when Drew signs."""
    visit = scenes.met(world)
    of = scenes.signed(world, visit, "sertraline")
    here, now = scenes.row(world, "visit", visit), world.ask("SELECT id FROM attendance WHERE visit_id = :id", id=visit)
    yield
    _unseen(world, lambda conn: rows.attendance(conn, here, world.id("ruth"), now), _signing(of))


SEES_NOW = empty("require_fresh_view()")
HELD = empty("hold_presence(person uuid, alone boolean)")
ATTENDED = trigger("attendance", "attendance_recorded")
PAST = ("only where what others committed is seen",)
MOMENTS = (
    Attack(roles_given_in_the_past, PAST, (SEES_NOW,), "front_desk_beside", meanwhile=True),
    Attack(signed_in_the_past, PAST, (SEES_NOW,), "joined_a_call", meanwhile=True),
    Attack(signed_while_joining, ("does not hold: joined_call",), (HELD,), "joined_a_call", meanwhile=True),
    Attack(signed_while_taken_over, ("does not attend",), (ATTENDED,), "not_attending", meanwhile=True),
)
