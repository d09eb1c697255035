"""Playing the story through the application: units of work with a past time, under the same access rules as a page's.

The whole story is written in one transaction: a start that is interrupted leaves an empty clinic, never half of one.
Its times are arguments, so nothing in it depends on the moment of writing but the database's own stamps.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.entries import AuditEntry
from compliance.shared.vocabulary import Action, Relation, Role
from emr.medications.model import Order
from emr.shared.context import UseCaseContext
from emr.shared.events import DomainEvent
from emr.shared.ids import DiaryEntryId, PersonId, VisitId
from emr.visits.model import Visit
from server.application import audit_coverage as coverage
from server.application.actors import Actor, Subject
from server.application.context import AppContext
from server.application.recording import entries_of
from server.application.unit_of_work import UnitOfWork, relations_of
from server.auth import accounts
from server.demo import cast
from server.demo.when import Calendar

# What depends on who attends, which the relationships between people do not tell.
OF_THE_VISIT = frozenset({Action.VISIT_END})


class StoryError(Exception):
    """The story asks for something that the application refuses, or has no answer to a finding: the story is wrong."""


@dataclass(slots=True)
class Teller:
    """Tells the story in one open transaction. What it remembers spares a query, and decides nothing.

    ``orders``: patient and medicine (or the name as told) -> the order that is current. ``visits``: by story name.
    ``questions``: those a patient has written and nobody has acknowledged. ``effects``: by patient and name.
    """

    app_context: AppContext
    conn: AsyncConnection
    calendar: Calendar
    orders: dict[tuple[str, str], Order] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    questions: dict[str, list[DiaryEntryId]] = field(default_factory=dict)
    effects: dict[tuple[str, str], DiaryEntryId] = field(default_factory=dict)
    _roles: dict[PersonId, frozenset[Role]] = field(default_factory=dict)
    _ties: dict[tuple[PersonId, PersonId | None], frozenset[Relation]] = field(default_factory=dict)
    _pending: list[tuple[DomainEvent, AuditEntry]] = field(default_factory=list)

    @asynccontextmanager
    async def acting(
        self, slug: str, action: Action, now: datetime, *, patient: str | None = None, visit: VisitId | None = None
    ) -> AsyncIterator[UnitOfWork]:
        """One act of one person. Raises ``StoryError`` when the access rules would refuse it."""
        actor = await self._actor(cast.person_id(slug))
        subject = Subject(cast.person_id(patient) if patient else None, visit)
        if action in OF_THE_VISIT:
            relations = await relations_of(self.conn, actor.person_id, subject)
        else:
            relations = await self._relations(actor.person_id, subject.patient_id)
        verdict = self.app_context.references.access.decide(action, actor.roles, relations)
        if not verdict.allowed:
            raise StoryError(f"{slug} may not {action.value} ({verdict.rule})")
        work = UnitOfWork(
            self.app_context,
            actor,
            action,
            subject,
            verdict,
            relations,
            UseCaseContext(self.conn, actor.person_id, now),
        )
        yield work
        self.keep(work.context, role=work.acting_as, rule=verdict.rule)

    def keep(self, context: UseCaseContext, *, role: str, rule: str, by_program: bool = False) -> None:
        """Turn what happened at a desk into entries, to be written by ``flush``."""
        actor = None if by_program else context.actor
        self._pending.extend(entries_of(context, actor_id=actor, role=role, rule=rule))

    async def flush(self) -> None:
        """Write the entries kept so far. Before a decision, so that the log stays in the order of what happened."""
        waiting, self._pending = self._pending, []
        await coverage.write(self.conn, waiting)

    def order(self, patient: str, medicine: str) -> Order:
        """The current order of that medicine. Raises ``StoryError`` when the patient does not take it."""
        found = self.orders.get((patient, medicine))
        if found is None:
            raise StoryError(f"{patient} does not take {medicine}")
        return found

    async def _actor(self, person: PersonId) -> Actor:
        if person not in self._roles:
            self._roles[person] = await accounts.roles_of(self.conn, person)
        return Actor(person, self._roles[person])

    async def _relations(self, person: PersonId, patient: PersonId | None) -> frozenset[Relation]:
        """Ties are made before the first visit and do not end in the story, so once asked is enough."""
        known = person, patient
        if known not in self._ties:
            self._ties[known] = await relations_of(self.conn, person, Subject(patient))
        return self._ties[known]
