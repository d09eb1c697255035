"""The unit of work: one actor, one decision, one transaction, its audit entries.

Everything that touches a record goes through :func:`begin`. It asks who the actor is to the patient, asks the access
rules, and goes on only with what they allow. The domain events that use cases leave behind become audit entries in the
same transaction, and so do the effects that must follow; a refusal is recorded in a transaction of its own.
Announcements go out after commit, and nothing that happens then makes the answer a failure.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.access.rules import AccessDecision
from compliance.audit import entries as audit
from compliance.shared.vocabulary import Action, Relation, Role
from emr.people import use_cases as people
from emr.people.model import Person
from emr.relations import use_cases as relations
from emr.shared.context import UseCaseContext
from emr.shared.errors import NotFound
from emr.shared.ids import PersonId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import Visit
from server.application import audit_mapping as ledger
from server.application.actors import Actor, Subject
from server.application.context import AppContext
from server.application.effects import outbox
from server.application.effects.doing import after_commit
from server.application.effects.outbox import Effect
from server.application.recording import record
from server.auth import accounts
from server.http.idempotency.commit import transaction
from server.platform import database_clock as clocks


class NotAllowed(Exception):
    """The actor may not do this. To the asker it looks like a thing that does not exist."""


@dataclass(slots=True)
class UnitOfWork:
    """One unit of work in progress. ``conn`` is inside the transaction that commits when the block ends well."""

    app_context: AppContext
    actor: Actor
    action: Action
    subject: Subject
    verdict: AccessDecision
    relations: frozenset[Relation]
    context: UseCaseContext
    announcements: list[tuple[str, str]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    repeated: bool = False  # answers a change that was made before: nothing of it is done, or recorded, again
    _viewer: Person | None = None
    _visit: Visit | None = None

    @property
    def conn(self) -> AsyncConnection:
        """The open transaction."""
        return self.context.conn

    @property
    def now(self) -> datetime:
        """The time of this unit of work (UTC)."""
        return self.context.now

    async def viewer(self) -> Person:
        """The actor as a person, read once."""
        if self._viewer is None:
            self._viewer = await people.person(self.conn, self.actor.person_id)
        return self._viewer

    async def visit(self) -> Visit:
        """The visit it is about: as it was when the work began, and as it is once something was changed."""
        assert self.subject.visit_id is not None
        if self._visit is None or self.context.events:
            self._visit = await visit_records.get(self.conn, self.subject.visit_id)
        if self._visit is None:
            raise NotFound
        return self._visit

    @property
    def acting_as(self) -> str:
        """The role that the access rule went by, of those the actor holds."""
        rules = self.app_context.references.access
        fitting = (
            role
            for role in Role
            if role in self.actor.roles and rules.decide(self.action, frozenset({role}), self.relations).allowed
        )
        return next(fitting).value

    def must_happen(self, effect: Effect) -> None:
        """Once the change is committed this happens outside the database, at once or as soon as it can."""
        self.effects.append(effect)

    def announce(self, key: str, topic: str) -> None:
        """After commit, tell the pages that listen to ``key`` to re-read ``topic``."""
        self.announcements.append((key, topic))

    def may(self, action: Action) -> bool:
        """Whether the actor, being who they are to this patient, may also do ``action``: shows or hides its button."""
        return self.would_allow(action, self.relations)

    def would_allow(self, action: Action, relations: frozenset[Relation]) -> bool:
        """Whether the actor might do ``action`` to somebody they have these relations to."""
        return self.app_context.references.access.decide(action, self.actor.roles, relations).allowed


@asynccontextmanager
async def begin(
    app_context: AppContext,
    person_id: PersonId,
    action: Action,
    subject: Subject,
    *,
    record_read: bool = False,
) -> AsyncIterator[UnitOfWork]:
    """Open a unit of work for an allowed action; raise ``NotAllowed``, recorded, for any other, and ``NotFound`` for a
    visit that is none. Its time is the database's: ``ClockWrong`` when this machine's is far from it. Who acts, how
    they stand to whom it is about, and the visit are read in one statement; a visit brings its patient.

    ``record_read`` writes an entry for a reading: opening a record is audited, its live fragments are not. Raises
    ``OutcomeUnknown`` when the commit was not answered.
    """
    async with transaction(app_context.database) as conn:
        (roles, at), relations, visit = await together(
            conn,
            accounts.roles_and_time(conn, person_id),
            relations_of(conn, person_id, subject),
            _visit_of(conn, subject),
        )
        now, actor = clocks.agreed(app_context, at), Actor(person_id, roles)
        if subject.visit_id is not None:
            subject = _of_visit(subject, visit)
        verdict = app_context.references.access.decide(action, actor.roles, relations)
        if verdict.allowed:
            work = UnitOfWork(
                app_context,
                actor,
                action,
                subject,
                verdict,
                relations,
                UseCaseContext(conn, person_id, now),
                _visit=visit,
            )
            yield work
            await _write_entries(work, record_read and not work.repeated)
            await outbox.write(conn, work.effects)
    if not verdict.allowed:
        await _record_refusal(app_context, actor, action, subject, verdict, now)
        raise NotAllowed
    await after_commit(app_context, work.effects, work.announcements)


async def _visit_of(conn: AsyncConnection, subject: Subject) -> Visit | None:
    return None if subject.visit_id is None else await visit_records.get(conn, subject.visit_id)


def _of_visit(subject: Subject, visit: Visit | None) -> Subject:
    """The visit and whose it is; who asks for another patient in it asks for a visit that is not there."""
    if visit is None or subject.patient_id not in (None, visit.patient):
        raise NotFound
    return Subject(visit.patient, visit.id)


async def would_allow(
    app_context: AppContext, conn: AsyncConnection, person_id: PersonId, action: Action, subject: Subject
) -> bool:
    """Whether ``begin`` would let the person in now. Leaves no trace: for a line that is asked again and again."""
    roles = await accounts.roles_of(conn, person_id)
    relations = await relations_of(conn, person_id, subject)
    return app_context.references.access.decide(action, roles, relations).allowed


async def relations_of(conn: AsyncConnection, person_id: PersonId, subject: Subject) -> frozenset[Relation]:
    """What the actor is to the patient and the visit; ``none`` when nothing."""
    if subject.patient_id is None and subject.visit_id is None:
        return frozenset({Relation.NONE})
    found = await relations.relations(conn, person_id, subject.patient_id, subject.visit_id)
    return frozenset(Relation(name) for name in found) or frozenset({Relation.NONE})


async def _write_entries(work: UnitOfWork, record_read: bool) -> None:
    role, rule, person_id = work.acting_as, work.verdict.rule, work.actor.person_id
    reading = ledger.reading(work.actor, role, work.action, work.subject, work.verdict, work.now)
    also = (reading,) if record_read else ()
    await record(work.context, *also, actor_id=person_id, role=role, rule=rule)


async def _record_refusal(
    app_context: AppContext, actor: Actor, action: Action, subject: Subject, verdict: AccessDecision, now: datetime
) -> None:
    async with app_context.database.begin() as conn:
        await audit.append(conn, ledger.refusal(actor, action, subject, verdict, now))
