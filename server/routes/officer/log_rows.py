"""The rows of the officer's list: decisions with what they did to the dose, or refused accesses. No patient's name."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.reports.reports import ListedDecision, RefusalRow
from compliance.shared.vocabulary import DecisionOutcome, PrescribingAction, Role
from emr.medications import queries as changes
from emr.medications.dose_change import DoseChange
from emr.medications.model import Act
from emr.medications.queries import Ended
from emr.people import queries as people_records
from emr.people.model import Person
from emr.shared.ids import DecisionId, PersonId
from server.application.unit_of_work import UnitOfWork
from server.auth import accounts
from server.presenters.log_words import ACTION_WORDS, badge_of, where_words
from visit_ui.pages.officer.log import LogRow
from visit_ui.pages.shell.parts import Badge

People = Mapping[PersonId, Person]
ENDING = {PrescribingAction.HOLD: Act.HELD, PrescribingAction.DISCONTINUE: Act.STOPPED}


async def prescribers(work: UnitOfWork) -> dict[PersonId, Person]:
    """Everybody who may prescribe."""
    ids = [one.person_id for one in await accounts.accounts(work.conn) if Role.PRESCRIBER in one.roles]
    return dict(await people_records.people(work.conn, ids))


async def rows(
    conn: AsyncConnection, listed: Sequence[ListedDecision | RefusalRow], known: People
) -> tuple[LogRow, ...]:
    """The rows of a page. `known`: people who were read already."""
    asked = {PersonId(one.actor_id) for one in listed if isinstance(one, RefusalRow) and one.actor_id}
    people = {**known, **await people_records.people(conn, asked - set(known))}
    doses = await dose_changes(conn, [one for one in listed if isinstance(one, ListedDecision)])
    return tuple(
        _row(one, people, doses.get(DecisionId(one.id))) if isinstance(one, ListedDecision) else _refusal(one, people)
        for one in listed
    )


async def dose_changes(conn: AsyncConnection, listed: Sequence[ListedDecision]) -> Mapping[DecisionId, DoseChange]:
    """What each decision did to a dose; one by which nothing was written is absent."""
    allowed = [one for one in listed if one.outcome is DecisionOutcome.ALLOW]
    ended = [
        Ended(DecisionId(one.id), PersonId(one.patient_id), one.decided_at, act, frozenset(one.ingredients))
        for one in allowed
        if (act := ENDING.get(one.action))
    ]
    dispensed = [DecisionId(one.id) for one in allowed if one.action.dispenses]
    return {**await changes.prescribed(conn, dispensed), **await changes.ended(conn, ended)}


def _row(row: ListedDecision, people: People, dose: DoseChange | None) -> LogRow:
    who = people.get(PersonId(row.prescriber_id))
    return LogRow(
        entry=row.entry_id,
        sealed=row.sealed,
        at=row.decided_at,
        prescriber=who.signature if who else "not on record",
        patient_code=row.patient_code,
        asked=f"{ACTION_WORDS[row.action]} {row.product}",
        dose=dose.words if dose else "",
        schedule=None if row.schedule == "unknown" else row.schedule,
        where=where_words(row.modality, row.state),
        rule=row.rule,
        pack=f"{row.pack_id} {row.pack_version}",
        outcome=badge_of(row.outcome, row.schedule),
        href=f"/log/{row.id}",
    )


def _refusal(row: RefusalRow, people: People) -> LogRow:
    """An access that was refused: who tried what. No medicine is part of it."""
    who = people.get(PersonId(row.actor_id)) if row.actor_id else None
    return LogRow(
        entry=row.entry_id,
        sealed=row.sealed,
        at=row.occurred_at,
        prescriber=who.signature if who else "not on record",
        patient_code=row.patient_code or "no patient record",
        asked=f"{row.action.replace('.', ', ').replace('_', ' ')}, as {row.actor_role.replace('_', ' ')}",
        dose="",
        schedule="",
        where="",
        rule=row.rule,
        pack="",
        outcome=Badge("Refused", "warning", "ban"),
        href=None,
    )
