"""The one way from what happened at a desk to its entries in the log, with the digests of the rows it is about."""

from uuid import UUID

from compliance.audit.entries import Entry
from emr.shared.context import Desk
from emr.shared.events import Fact
from server.application import audit_coverage, audit_mapping


def entries_of(desk: Desk, *, actor_id: UUID | None, role: str, rule: str) -> list[tuple[Fact, Entry]]:
    """Each fact with its entry, in the order of what happened. `actor_id`: None when the program itself acted."""
    return [
        (fact, audit_mapping.entry(fact, actor_id=actor_id, actor_role=role, rule=rule, now=desk.now))
        for fact in desk.facts
    ]


async def record(desk: Desk, *also: Entry, actor_id: UUID | None, role: str, rule: str) -> None:
    """Write the entries of what happened, and `also` those of no fact, in the desk's own transaction."""
    await audit_coverage.write(desk.conn, entries_of(desk, actor_id=actor_id, role=role, rule=rule), *also)
