"""What one use case works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.events import DomainEvent
from emr.shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class UseCaseContext:
    """What one use case works with: an open transaction, who acts, when, and the domain events it leaves behind.

    `now` is aware, UTC. Events are appended in the order in which things happened; whoever opened the
    transaction turns them into audit entries before committing it.
    """

    conn: AsyncConnection
    actor: PersonId
    now: datetime
    events: list[DomainEvent] = field(default_factory=list)
