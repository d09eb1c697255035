"""Giving a role to somebody on record, and taking it: with the event that the log keeps of it."""

from collections.abc import Iterable

from compliance.shared.vocabulary import Role
from emr.shared.context import UseCaseContext
from emr.shared.errors import Refused
from emr.shared.ids import PersonId
from server.auth import accounts
from server.auth.events import RoleGranted, RoleRevoked


async def give(context: UseCaseContext, person_id: PersonId, roles: Iterable[Role], *, by: PersonId | None) -> None:
    """Give roles; those already held stay as they are. Raises ``Invalid`` for roles that do not go together."""
    for role in await accounts.grant(context.conn, person_id, roles, now=context.now, by=by):
        context.events.append(RoleGranted(patient=None, visit=None, person=person_id, role=role.value))


async def take(context: UseCaseContext, person_id: PersonId, role: Role) -> None:
    """Take a role from now on. Raises ``Refused`` when it is not held."""
    if not await accounts.revoke(context.conn, person_id, role, now=context.now):
        raise Refused("role_not_held", f"This person does not hold the role {role.value}.")
    context.events.append(RoleRevoked(patient=None, visit=None, person=person_id, role=role.value))
