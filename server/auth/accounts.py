"""Accounts: which person a subject of the provider is, and which roles a person holds. The only SQL of sign-in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.shared.vocabulary import Role
from emr.shared.errors import Invalid
from emr.shared.ids import PersonId
from server.platform.tables import identity, role_grant

# Whoever prescribes, supervises or gives roles is never the second person who says who is at the clinic. The database
# keeps it too, by a trigger of this name.
APART_FROM_DESK = frozenset({Role.PRESCRIBER, Role.SUPERVISOR, Role.ADMINISTRATOR})
APART = "front_desk_apart"
NOT_BESIDE_DESK = "Front desk excludes prescriber, supervisor, and administrator: a check-in needs a second person."


_ROLES_AND_TIME = select(func.clock_timestamp(), func.array_agg(role_grant.c.role)).where(
    role_grant.c.person_id == bindparam("roles_of"), role_grant.c.revoked_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class Account:
    """One person's ways in and roles. ``subjects``: issuer, subject, and since when."""

    person_id: PersonId
    subjects: tuple[tuple[str, str, datetime], ...]
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A role given (``by``: None for an operator), or its end; who ended it stands in the log alone."""

    person_id: PersonId
    at: datetime
    by: UUID | None
    ended: bool


async def person_of(conn: AsyncConnection, issuer: str, subject: str) -> PersonId | None:
    """The person behind a provider's subject; None: nobody here."""
    asked = select(identity.c.person_id).where(identity.c.issuer == issuer, identity.c.subject == subject)
    found = (await conn.execute(asked)).scalar_one_or_none()
    return None if found is None else PersonId(found)


async def roles_of(conn: AsyncConnection, person_id: UUID) -> frozenset[Role]:
    """The roles held now."""
    asked = select(role_grant.c.role).where(role_grant.c.person_id == person_id, role_grant.c.revoked_at.is_(None))
    return frozenset(Role(name) for name in (await conn.execute(asked)).scalars())


async def roles_and_time(conn: AsyncConnection, person_id: UUID) -> tuple[frozenset[Role], datetime]:
    """The roles held now, and what time that is by the database's clock (aware, UTC)."""
    at, names = (await conn.execute(_ROLES_AND_TIME, {"roles_of": person_id})).one()
    return frozenset(Role(name) for name in names or ()), at


async def link(
    conn: AsyncConnection, person_id: UUID, issuer: str, subject: str, *, now: datetime, by: UUID | None
) -> None:
    """Let a subject in as this person. Raises ``Invalid`` when the subject is somebody's already."""
    row = {"issuer": issuer, "subject": subject, "person_id": person_id, "added_at": now, "added_by": by}
    try:
        async with conn.begin_nested():
            await conn.execute(insert(identity).values(row))
    except IntegrityError as error:
        raise Invalid(
            {"subject": "This sign-in already belongs to someone. Check the issuer and the subject."}
        ) from error


async def grant(
    conn: AsyncConnection, person_id: UUID, roles: Iterable[Role], *, now: datetime, by: UUID | None
) -> tuple[Role, ...]:
    """Give roles and return those that are new; those already held stay as they are.

    Raises ``Invalid`` for front desk beside a role that it is kept apart from.
    """
    held = await roles_of(conn, person_id)
    new = tuple(sorted(frozenset(roles) - held))
    together = held | frozenset(new)
    if Role.FRONT_DESK in together and together & APART_FROM_DESK:
        raise Invalid({"role": NOT_BESIDE_DESK})
    for role in new:
        row = {"id": uuid4(), "person_id": person_id, "role": role.value, "granted_at": now, "granted_by": by}
        try:
            async with conn.begin_nested():
                await conn.execute(insert(role_grant).values(row))
        except IntegrityError as error:  # another grant came first
            if getattr(error.orig and error.orig.__cause__, "constraint_name", None) != APART:
                raise
            raise Invalid({"role": NOT_BESIDE_DESK}) from error
    return new


async def revoke(conn: AsyncConnection, person_id: UUID, role: Role, *, now: datetime) -> bool:
    """Take a role away from now on. False: it was not held."""
    ended = await conn.execute(
        update(role_grant)
        .where(role_grant.c.person_id == person_id, role_grant.c.role == role.value, role_grant.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(role_grant.c.id)
    )
    return ended.first() is not None


async def holding(conn: AsyncConnection, roles: Iterable[Role]) -> frozenset[PersonId]:
    """Everybody who holds one of these roles now."""
    names = [role.value for role in roles]
    asked = select(role_grant.c.person_id).where(role_grant.c.role.in_(names), role_grant.c.revoked_at.is_(None))
    return frozenset(PersonId(one) for one in (await conn.execute(asked)).scalars())


async def accounts(conn: AsyncConnection) -> tuple[Account, ...]:
    """Everybody who can sign in or holds a role."""
    subjects: dict[UUID, list[tuple[str, str, datetime]]] = {}
    for row in await conn.execute(select(identity).order_by(identity.c.added_at)):
        subjects.setdefault(row.person_id, []).append((row.issuer, row.subject, row.added_at))
    roles: dict[UUID, set[Role]] = {}
    for row in await conn.execute(select(role_grant).where(role_grant.c.revoked_at.is_(None))):
        roles.setdefault(row.person_id, set()).add(Role(row.role))
    everybody = subjects.keys() | roles.keys()
    return tuple(
        Account(PersonId(each), tuple(subjects.get(each, ())), frozenset(roles.get(each, ()))) for each in everybody
    )


async def changes_of(
    conn: AsyncConnection, role: Role, since: datetime | None, until: datetime | None, limit: int
) -> tuple[RoleChange, ...]:
    """Each time somebody was given that role or lost it, with since <= its time < until, newest first."""
    held, found = role_grant.c, []
    for column, ended in ((held.granted_at, False), (held.revoked_at, True)):
        asked = select(held.person_id, column.label("at"), held.granted_by).where(held.role == role.value)
        asked = asked.where(column.is_not(None)).order_by(column.desc(), held.id).limit(limit)
        if since is not None:
            asked = asked.where(column >= since)
        if until is not None:
            asked = asked.where(column < until)
        for row in await conn.execute(asked):
            found.append(RoleChange(PersonId(row.person_id), row.at, None if ended else row.granted_by, ended))
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:limit])
