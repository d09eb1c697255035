"""What a compliance officer reads from the log: lists, counts and patterns. Ids only; the server joins the names.

Every list is newest first. Times are aware; a period is `since` (inclusive) to `until` (exclusive).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import EntryOutcome
from compliance.decision_row import NOTHING
from compliance.masking import patient_code
from compliance.report_values import (
    UNKNOWN,
    BlockedPlot,
    BlockedSeries,
    Counts,
    DecisionRow,
    Filter,
    LogState,
    Page,
    RefusalRow,
)
from compliance.tables import audit_entry, audit_leaf, audit_text, checkpoint, decision
from compliance.typed_text.texts import PRODUCT
from compliance.vocabulary import Modality, Outcome, PrescribingAction

__all__ = [
    "BlockedPlot",
    "BlockedSeries",
    "Counts",
    "DecisionRow",
    "Filter",
    "LogState",
    "Page",
    "RefusalRow",
    "blocked_by_week",
    "check_ins_used",
    "counts",
    "decisions",
    "dispensed_in_person",
    "refusals",
    "retries_after_block",
    "role_ends",
    "state",
]

ROWS_PER_PAGE: Final = 10
_WEEK_S: Final = 7 * 24 * 3600


async def decisions(
    conn: AsyncConnection, where: Filter, *, page: int = 1, per_page: int = ROWS_PER_PAGE
) -> Page[DecisionRow]:
    """A page of the decisions that match, newest first."""
    listed: Select[Any] = (
        select(decision, audit_leaf.c.leaf_index)
        .outerjoin(audit_leaf, audit_leaf.c.entry_id == decision.c.audit_entry_id)
        .where(*where.clauses())
        .order_by(decision.c.decided_at.desc(), decision.c.audit_entry_id.desc())
    )
    rows = await _page_rows(conn, listed, page, per_page)
    total = await conn.scalar(select(func.count()).select_from(decision).where(*where.clauses()))
    return Page(tuple(_decision_row(row) for row in rows), page, per_page, total or 0)


async def counts(conn: AsyncConnection, where: Filter) -> Counts:
    """How many decisions match, and how they ended."""
    blocked = decision.c.outcome == Outcome.BLOCK.value
    row = (
        await conn.execute(
            select(
                func.count(),
                func.count().filter(blocked),
                func.count().filter(and_(blocked, decision.c.schedule == UNKNOWN)),
            )
            .select_from(decision)
            .where(*where.clauses())
        )
    ).one()
    return Counts(row[0], row[1], row[2])


async def refusals(
    conn: AsyncConnection,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    actor_id: UUID | None = None,
    page: int = 1,
    per_page: int = ROWS_PER_PAGE,
) -> Page[RefusalRow]:
    """A page of the refused accesses, newest first. Blocked prescribing is not among them: see `decisions`."""
    clauses = [audit_entry.c.outcome == EntryOutcome.REFUSED.value]
    if since is not None:
        clauses.append(audit_entry.c.occurred_at >= since)
    if until is not None:
        clauses.append(audit_entry.c.occurred_at < until)
    if actor_id is not None:
        clauses.append(audit_entry.c.actor_id == actor_id)
    listed: Select[Any] = (
        select(audit_entry, audit_leaf.c.leaf_index)
        .outerjoin(audit_leaf, audit_leaf.c.entry_id == audit_entry.c.id)
        .where(*clauses)
        .order_by(audit_entry.c.occurred_at.desc(), audit_entry.c.id.desc())
    )
    rows = await _page_rows(conn, listed, page, per_page)
    total = await conn.scalar(select(func.count()).select_from(audit_entry).where(*clauses))
    return Page(tuple(_refusal_row(row) for row in rows), page, per_page, total or 0)


async def blocked_by_week(conn: AsyncConnection, where: Filter, *, since: datetime, weeks: int) -> BlockedPlot:
    """Blocked attempts in `weeks` weeks from `since`, by ingredients. Period and outcome of the filter are ignored."""
    asked = replace(where, since=since, until=since + timedelta(weeks=weeks), outcome=Outcome.BLOCK)
    elapsed = func.extract("epoch", decision.c.decided_at - since)
    week = cast(func.floor(elapsed / _WEEK_S), Integer)
    grouped = (
        select(decision.c.ingredients, decision.c.schedule, week.label("week"), func.count().label("attempts"))
        .where(*asked.clauses())
        .group_by(decision.c.ingredients, decision.c.schedule, week)
    )
    found: dict[tuple[tuple[str, ...], str], list[int]] = {}
    for row in await conn.execute(grouped):
        key = (tuple(row.ingredients), row.schedule)
        found.setdefault(key, [0] * weeks)[row.week] += row.attempts
    series = [BlockedSeries(names, schedule, sum(each), tuple(each)) for (names, schedule), each in found.items()]
    series.sort(key=lambda one: (not one.ingredients, -one.total, one.ingredients))
    return BlockedPlot(tuple(since + timedelta(weeks=n) for n in range(weeks)), tuple(series))


async def retries_after_block(conn: AsyncConnection, where: Filter, *, within: timedelta) -> int:
    """How many blocked attempts were followed by one for the same patient with another name, action or modality.

    Names are compared as typed where both are still there. `within` is how soon: a pattern worth a look, not a verdict.
    """
    later = decision.alias("later")
    names = [_typed(one.c.audit_entry_id) for one in (later, decision)]
    changed = or_(
        later.c.product != decision.c.product,
        func.coalesce(names[0] != names[1], false()),
        later.c.action != decision.c.action,
        later.c.modality != decision.c.modality,
    )
    retried = exists().where(
        later.c.patient_id == decision.c.patient_id,
        later.c.prescriber_id == decision.c.prescriber_id,
        later.c.audit_entry_id > decision.c.audit_entry_id,
        later.c.decided_at.between(decision.c.decided_at, decision.c.decided_at + within),
        changed,
    )
    blocked = [*where.clauses(), decision.c.outcome == Outcome.BLOCK.value, retried]
    return await conn.scalar(select(func.count()).select_from(decision).where(*blocked)) or 0


def _typed(entry_id: ColumnElement[int]) -> ColumnElement[str | None]:
    """The medicine of an entry as it was typed, NULL when that was erased."""
    kept = select(audit_text.c.content).where(audit_text.c.entry_id == entry_id, audit_text.c.name == PRODUCT)
    return kept.correlate_except(audit_text).scalar_subquery()


async def dispensed_in_person(
    conn: AsyncConnection, since: datetime | None, until: datetime | None, limit: int
) -> tuple[DecisionRow, ...]:
    """What was allowed in person and may be dispensed, whatever its schedule, newest first."""
    where = Filter(since=since, until=until, outcome=Outcome.ALLOW, modality=Modality.IN_PERSON)
    dispensing = [action.value for action in PrescribingAction if action.dispenses]
    listed: Select[Any] = (
        select(decision, audit_leaf.c.leaf_index)
        .outerjoin(audit_leaf, audit_leaf.c.entry_id == decision.c.audit_entry_id)
        .where(*where.clauses(), decision.c.action.in_(dispensing))
        .order_by(decision.c.decided_at.desc(), decision.c.audit_entry_id.desc())
    )
    return tuple(_decision_row(row) for row in await _page_rows(conn, listed, 1, limit))


async def check_ins_used(conn: AsyncConnection, ids: Collection[UUID]) -> frozenset[UUID]:
    """Those check-ins on which something was prescribed."""
    rows = await conn.scalars(select(decision.c.check_in_id).where(decision.c.check_in_id.in_(ids)))
    return frozenset(rows)


async def role_ends(conn: AsyncConnection, people: Collection[UUID]) -> Mapping[tuple[UUID, datetime], UUID | None]:
    """Person and time -> who took a role from them then; None: an operator. What the log does not hold is absent."""
    rows = await conn.execute(
        select(audit_entry.c.subject_id, audit_entry.c.occurred_at, audit_entry.c.actor_id).where(
            audit_entry.c.action == "role.revoke", audit_entry.c.subject_id.in_([str(one) for one in people])
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


async def _page_rows(
    conn: AsyncConnection, listed: Select[Any], page: int, per_page: int
) -> Sequence[Mapping[str, Any]]:
    offset = (max(page, 1) - 1) * per_page
    return [dict(row._mapping) for row in await conn.execute(listed.limit(per_page).offset(offset))]


def _decision_row(row: Mapping[str, Any]) -> DecisionRow:
    return DecisionRow(
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
        outcome=Outcome(row["outcome"]),
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
