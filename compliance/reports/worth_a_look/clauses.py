"""Each rule as conditions on the table `decision`, and how many decisions fulfill them."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit.typed_text.texts import PRODUCT
from compliance.reports.officer_list.amount import Amount, Certainty
from compliance.reports.officer_list.pages import Branches
from compliance.reports.worth_a_look.rules import PatternKind, PatternRule
from compliance.shared.tables import audit_text, decision
from compliance.shared.vocabulary import DecisionOutcome, PrescribingAction

_BLOCKED = decision.c.outcome == literal_column(f"'{DecisionOutcome.BLOCK.value}'")  # as the index says it


def clauses(rule: PatternRule, zone: str, warned: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a rule. `zone`: the clinic's; `warned`: decisions of the period signed over a warning."""
    match rule.kind:
        case PatternKind.RETRIED:
            return _BLOCKED, retried(rule.within)
        case PatternKind.UNKNOWN_NAME:
            return _BLOCKED, decision.c.schedule == "unknown"
        case PatternKind.WARNING_ANSWERED:
            return (decision.c.id.in_(warned),)
        case PatternKind.RAISED_AGAIN:
            return decision.c.action == PrescribingAction.INCREASE.value, _raised_before(rule.within)
        case PatternKind.AFTER_HOURS:
            hour = func.extract("hour", func.timezone(zone, decision.c.decided_at))
            return (or_(hour >= rule.begins, hour < rule.ends),)


def retried(within: timedelta) -> ColumnElement[bool]:
    """Followed by one for the same patient and prescriber with another name, action or modality.

    Names are compared as typed where both are still there.
    """
    later = decision.alias("later")
    names = [_typed(one.c.audit_entry_id) for one in (later, decision)]
    return exists().where(
        later.c.patient_id == decision.c.patient_id,
        later.c.prescriber_id == decision.c.prescriber_id,
        later.c.audit_entry_id > decision.c.audit_entry_id,
        later.c.decided_at.between(decision.c.decided_at, decision.c.decided_at + within),
        or_(
            later.c.product != decision.c.product,
            func.coalesce(names[0] != names[1], false()),
            later.c.action != decision.c.action,
            later.c.modality != decision.c.modality,
        ),
    )


def _raised_before(within: timedelta) -> ColumnElement[bool]:
    before = decision.alias("before")
    return exists().where(
        before.c.patient_id == decision.c.patient_id,
        before.c.ingredients == decision.c.ingredients,
        before.c.action == PrescribingAction.INCREASE.value,
        before.c.outcome == DecisionOutcome.ALLOW.value,
        before.c.audit_entry_id < decision.c.audit_entry_id,
        before.c.decided_at.between(decision.c.decided_at - within, decision.c.decided_at),
    )


def _typed(entry_id: ColumnElement[int]) -> ColumnElement[str | None]:
    """The medicine of an entry as it was typed, NULL when that was erased."""
    kept = select(audit_text.c.content).where(audit_text.c.entry_id == entry_id, audit_text.c.name == PRODUCT)
    return kept.correlate_except(audit_text).scalar_subquery()


async def count(conn: AsyncConnection, branches: Branches, most: int) -> Amount:
    """How many decisions match one of these lists of conditions at least; more than `most` are not told apart."""
    found = 0
    for conditions in branches:
        first = select(decision.c.id).where(*conditions).limit(most + 1 - found).subquery()
        found += await conn.scalar(select(func.count()).select_from(first)) or 0
        if found > most:
            return Amount(most, Certainty.MORE_THAN)
    return Amount(found)
