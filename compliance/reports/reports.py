"""What a compliance officer reads from the log: lists, counts and patterns. Ids only; the server joins the names.

Every list is newest first. Times are aware; a period is `since` (inclusive) to `until` (exclusive).
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, cast, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.prescribing.decision_row import NOTHING
from compliance.reports.officer_list.amount import COUNTED, COUNTED_AMONG, Amount, amount
from compliance.reports.officer_list.cursor import Cursor
from compliance.reports.officer_list.order import NEWEST, SortOrder
from compliance.reports.officer_list.pages import ROWS_PER_PAGE, ListPage, OfficerList
from compliance.reports.officer_list.values import values
from compliance.reports.values import (
    UNKNOWN,
    BlockedPlot,
    BlockedSeries,
    Counts,
    Filter,
    ListedDecision,
    LogState,
    RefusalFilter,
    RefusalRow,
    first_ingredient,
    second_ingredient,
    third_ingredient,
)
from compliance.reports.worth_a_look.clauses import count, retried
from compliance.shared.masking import patient_code
from compliance.shared.tables import audit_entry, audit_leaf, checkpoint, decision
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction

__all__ = [
    "BlockedPlot",
    "BlockedSeries",
    "Counts",
    "Filter",
    "ListPage",
    "ListedDecision",
    "LogState",
    "RefusalFilter",
    "RefusalRow",
    "blocked_by_week",
    "check_ins_used",
    "counts",
    "decisions",
    "dispensed_in_person",
    "ingredients",
    "patient_of",
    "refusals",
    "refusals_counted",
    "retries_after_block",
    "role_ends",
    "rules",
    "state",
    "states",
]

_WEEK_S: Final = 7 * 24 * 3600
_SHOWN: Final = (
    "id", "audit_entry_id", "decided_at", "prescriber_id", "patient_id", "action", "product", "ingredients", "schedule",
    "modality", "patient_state", "encounter_id", "rule", "pack_id", "pack_version", "outcome",
)  # fmt: skip
_REFUSAL_SHOWN: Final = (
    "id", "occurred_at", "actor_id", "actor_role", "action", "rule", "subject_type", "subject_id", "patient_id",
    "visit_id",
)  # fmt: skip


async def decisions(
    conn: AsyncConnection,
    where: Filter,
    cursor: Cursor | None = None,
    *,
    per_page: int = ROWS_PER_PAGE,
    order: SortOrder = NEWEST,
) -> ListPage[ListedDecision]:
    """The decisions that match beside `cursor`, in that order; the first ones without it."""
    return await DECISIONS.page(conn, where.branches(), cursor, per_page, order)


async def counts(conn: AsyncConnection, where: Filter, *, counted: int = COUNTED) -> Counts:
    """How many decisions match, and how they ended; of more than `counted` it is estimated, of those among others' ids
    of more than `COUNTED_AMONG`.
    """
    if where.among is not None:
        counted = min(counted, COUNTED_AMONG)

    async def of(asked: Filter, part: Amount | None = None) -> Amount:
        return await amount(conn, decision, asked.branches(), counted, part=part)

    if where.outcome is DecisionOutcome.ALLOW:
        return Counts(await of(where), Amount(0), Amount(0))
    only = replace(where, outcome=DecisionOutcome.BLOCK)
    unknown = Amount(0)
    if where.schedule in (None, UNKNOWN) and where.ingredient is None:
        unknown = await of(replace(only, schedule=UNKNOWN))
    blocked = await of(only, unknown)
    every = blocked if where.outcome is DecisionOutcome.BLOCK else await of(where, blocked)
    blocked = _at_most(every, blocked)
    return Counts(every, blocked, _at_most(blocked, unknown))


def _at_most(whole: Amount, part: Amount) -> Amount:
    """Two estimates may contradict each other; a part is never said to be more than the whole."""
    return part if part.number <= whole.number else whole


async def refusals(
    conn: AsyncConnection, where: RefusalFilter, cursor: Cursor | None = None, *, per_page: int = ROWS_PER_PAGE
) -> ListPage[RefusalRow]:
    """The refused accesses beside `cursor`, newest first. Blocked prescribing is not among them: see `decisions`."""
    return await REFUSALS.page(conn, [where.clauses()], cursor, per_page)


async def refusals_counted(conn: AsyncConnection, where: RefusalFilter, *, counted: int = COUNTED) -> Amount:
    """How many accesses were refused; of more than `counted` it is estimated."""
    return await amount(conn, audit_entry, [where.clauses()], counted)


async def blocked_by_week(conn: AsyncConnection, where: Filter, *, since: datetime, weeks: int) -> BlockedPlot:
    """Blocked attempts in `weeks` weeks from `since`, by ingredients. Period and outcome of the filter are ignored."""
    asked = replace(where, since=since, until=since + timedelta(weeks=weeks), outcome=DecisionOutcome.BLOCK)
    elapsed = func.extract("epoch", decision.c.decided_at - since)
    week = cast(func.floor(elapsed / _WEEK_S), Integer)
    found: dict[tuple[tuple[str, ...], str], list[int]] = {}
    for clauses in asked.branches():
        grouped = (
            select(decision.c.ingredients, decision.c.schedule, week.label("week"), func.count().label("attempts"))
            .where(*clauses)
            .group_by(decision.c.ingredients, decision.c.schedule, week)
        )
        for row in await conn.execute(grouped):
            key = (tuple(row.ingredients), row.schedule)
            found.setdefault(key, [0] * weeks)[row.week] += row.attempts
    series = [BlockedSeries(names, schedule, sum(each), tuple(each)) for (names, schedule), each in found.items()]
    series.sort(key=lambda one: (not one.ingredients, -one.total, one.ingredients))
    return BlockedPlot(tuple(since + timedelta(weeks=n) for n in range(weeks)), tuple(series))


async def retries_after_block(
    conn: AsyncConnection, where: Filter, *, within: timedelta, counted: int = COUNTED
) -> Amount:
    """How many blocked attempts were followed by one for the same patient with another name, action or modality.

    Names are compared as typed where both are still there. `within` is how soon: a pattern worth a look, not a verdict.
    More than `counted` are not told apart. Each blocked attempt of the filter is looked at: ask about a period.
    """
    conditions = [*replace(where, outcome=DecisionOutcome.BLOCK).clauses(), retried(within)]
    return await count(conn, [conditions], counted)


async def dispensed_in_person(
    conn: AsyncConnection, since: datetime | None, until: datetime | None, limit: int
) -> tuple[ListedDecision, ...]:
    """What was allowed in person and may be dispensed, whatever its schedule, newest first."""
    where = Filter(since=since, until=until, outcome=DecisionOutcome.ALLOW, modality=Modality.IN_PERSON)
    dispensing = [action.value for action in PrescribingAction if action.dispenses]
    listed = DECISIONS.statement([[*where.clauses(), decision.c.action.in_(dispensing)]], None, limit)
    return tuple(DECISIONS.row(dict(row._mapping)) for row in await conn.execute(listed))


async def ingredients(conn: AsyncConnection) -> tuple[str, ...]:
    """The names of all ingredients that were asked for, in alphabetical order."""
    found = {*await values(conn, first_ingredient), *await values(conn, second_ingredient)}
    rest = select(func.jsonb_array_elements_text(decision.c.ingredients)).where(third_ingredient.is_not(None))
    return tuple(sorted({*found, *await conn.scalars(rest.distinct())}))


async def states(conn: AsyncConnection) -> tuple[str, ...]:
    """The states that patients were in, in alphabetical order."""
    return await values(conn, decision.c.patient_state)


async def rules(conn: AsyncConnection) -> tuple[str, ...]:
    """The rules that decided, in alphabetical order."""
    return await values(conn, decision.c.rule)


async def patient_of(conn: AsyncConnection, entry_id: int) -> UUID | None:
    """Whose decision that entry records; None: it records none."""
    found: UUID | None = await conn.scalar(select(decision.c.patient_id).where(decision.c.audit_entry_id == entry_id))
    return found


async def check_ins_used(conn: AsyncConnection, ids: Collection[UUID]) -> frozenset[UUID]:
    """Those check-ins on which something was prescribed."""
    used = decision.c.check_in_id
    some = used != literal_column(f"'{NOTHING}'::uuid")  # as in the index, which leaves out what was not seen
    rows = await conn.scalars(select(used).where(used.in_(ids), some))
    return frozenset(rows)


async def role_ends(conn: AsyncConnection, people: Collection[UUID]) -> Mapping[tuple[UUID, datetime], UUID | None]:
    """Person and time -> who took a role from them then; None: an operator. What the log does not hold is absent."""
    rows = await conn.execute(
        select(audit_entry.c.subject_id, audit_entry.c.occurred_at, audit_entry.c.actor_id).where(
            audit_entry.c.action == literal_column("'role.revoke'"),
            audit_entry.c.subject_id.in_([str(one) for one in people]),
        )
    )
    return {(UUID(row.subject_id), row.occurred_at): row.actor_id for row in rows}


async def state(conn: AsyncConnection) -> LogState:
    """How far sealing and signing are."""
    newest = select(checkpoint.c.size, checkpoint.c.at).order_by(checkpoint.c.size.desc()).limit(1)
    signed = (await conn.execute(newest)).first()
    last_leaf = await conn.scalar(select(func.max(audit_leaf.c.leaf_index)))
    return LogState(
        last_entry_id=await conn.scalar(select(func.max(audit_entry.c.id))),
        sealed=0 if last_leaf is None else last_leaf + 1,
        signed=0 if signed is None else signed.size,
        signed_at=None if signed is None else signed.at,
    )


def _decision_row(row: Mapping[str, Any]) -> ListedDecision:
    return ListedDecision(
        id=row["id"],
        entry_id=row["audit_entry_id"],
        decided_at=row["decided_at"],
        prescriber_id=row["prescriber_id"],
        patient_id=row["patient_id"],
        patient_code=patient_code(row["patient_id"]),
        action=PrescribingAction(row["action"]),
        product=row["product"],
        ingredients=tuple(row["ingredients"]),
        schedule=row["schedule"],
        modality=Modality(row["modality"]),
        state=row["patient_state"],
        encounter_id=None if row["encounter_id"] == NOTHING else row["encounter_id"],
        rule=row["rule"],
        pack_id=row["pack_id"],
        pack_version=row["pack_version"],
        outcome=DecisionOutcome(row["outcome"]),
        sealed=row["leaf_index"] is not None,
    )


def _refusal_row(row: Mapping[str, Any]) -> RefusalRow:
    patient_id = row["patient_id"]
    return RefusalRow(
        entry_id=row["id"],
        occurred_at=row["occurred_at"],
        actor_id=row["actor_id"],
        actor_role=row["actor_role"],
        action=row["action"],
        rule=row["rule"],
        subject_type=row["subject_type"],
        subject_id=row["subject_id"],
        patient_id=patient_id,
        patient_code=None if patient_id is None else patient_code(patient_id),
        visit_id=row["visit_id"],
        sealed=row["leaf_index"] is not None,
    )


DECISIONS: Final = OfficerList(
    tuple(decision.c[name] for name in _SHOWN), decision.c.decided_at, decision.c.audit_entry_id, _decision_row
)
REFUSALS: Final = OfficerList(
    tuple(audit_entry.c[name] for name in _REFUSAL_SHOWN), audit_entry.c.occurred_at, audit_entry.c.id, _refusal_row
)
