"""The rows of effects to come: written in the change's own transaction, gone when the effect has happened.

Times are the database's own: web and worker need not agree on theirs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.platform.tables import effect

# The process that made the change has so long to see to its effect, before the worker does.
FIRST_AFTER_S = 5
# Again after 2, 4, 8 ... seconds, and never more than this.
LATEST_AFTER_S = 60
AT_ONCE = 100


class EffectKind(Enum):
    """What may have to happen. Values are stored."""

    END_ROOM = "end_room"


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that must happen. ``about``: what it happens to, an opaque name; for END_ROOM, the room's."""

    id: UUID
    kind: EffectKind
    about: str


@dataclass(frozen=True, slots=True)
class OutboxBacklog:
    """How many effects have not happened yet, for how many seconds the oldest has been waiting (0: none), and how many
    are due."""

    count: int
    oldest_s: float
    due: int = 0


def end_room(room: str) -> Effect:
    """The call of this room is over for everybody, and nobody may enter again."""
    return Effect(uuid4(), EffectKind.END_ROOM, room)


async def write(conn: AsyncConnection, effects: Iterable[Effect]) -> None:
    """Keep effects with the change that they belong to."""
    again = func.now() + text(f"interval '{FIRST_AFTER_S} seconds'")
    for each in effects:
        await conn.execute(insert(effect).values(id=each.id, kind=each.kind.value, about=each.about, again_at=again))


async def done(conn: AsyncConnection, id: UUID) -> None:
    """The effect has happened. Forgetting it twice is nothing."""
    await conn.execute(delete(effect).where(effect.c.id == id))


async def due(conn: AsyncConnection) -> tuple[Effect, ...]:
    """Effects whose time has come, oldest first, each with its next time put off: one worker takes each."""
    wait = func.least(LATEST_AFTER_S, func.power(2, func.least(effect.c.attempts + 1, 10)))
    chosen = (
        select(effect.c.id)
        .where(effect.c.again_at <= func.now())
        .order_by(effect.c.asked_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(effect)
        .where(effect.c.id.in_(chosen))
        .values(attempts=effect.c.attempts + 1, again_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, wait))
        .returning(effect.c.id, effect.c.kind, effect.c.about, effect.c.asked_at)
    )
    rows = sorted(await conn.execute(taken), key=lambda row: row.asked_at)
    return tuple(Effect(row.id, EffectKind(row.kind), row.about) for row in rows)


async def waiting(conn: AsyncConnection) -> OutboxBacklog:
    """What has not happened yet."""
    age = func.extract("epoch", func.now() - func.min(effect.c.asked_at))
    now = func.count().filter(effect.c.again_at <= func.now())
    row = (await conn.execute(select(func.count(), age, now).select_from(effect))).one()
    return OutboxBacklog(int(row[0]), float(row[1] or 0), int(row[2]))
