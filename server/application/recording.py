"""The one way from what happened at a desk to its entries in the log, with the digests of the rows it is about."""

from uuid import UUID

from compliance.audit.entries import AuditEntry
from emr.shared.context import UseCaseContext
from emr.shared.events import DomainEvent
from server.application import audit_coverage, audit_mapping


def entries_of(
    context: UseCaseContext, *, actor_id: UUID | None, role: str, rule: str
) -> list[tuple[DomainEvent, AuditEntry]]:
    """Each event with its entry, in the order of what happened. `actor_id`: None when the program itself acted."""
    return [
        (event, audit_mapping.entry(event, actor_id=actor_id, actor_role=role, rule=rule, now=context.now))
        for event in context.events
    ]


async def record(context: UseCaseContext, *also: AuditEntry, actor_id: UUID | None, role: str, rule: str) -> None:
    """Write the entries of what happened, and `also` those of no event, in the context's own transaction."""
    await audit_coverage.write(context.conn, entries_of(context, actor_id=actor_id, role=role, rule=rule), *also)
