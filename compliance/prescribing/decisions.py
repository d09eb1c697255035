"""Recording and reading prescribing decisions. A decision and its audit entry are written together, whatever the
outcome.

The entry holds the digest of the whole decision row, so a row that is altered later is seen by the verification.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.audit import entries as audit
from compliance.audit.entries import AuditEntry, EntryOutcome, WrittenRow
from compliance.audit.errors import InvalidEntry
from compliance.audit.typed_text.texts import PRODUCT, TypedText, canonical_name, key, salted
from compliance.prescribing.decision import Decision
from compliance.prescribing.decision_row import (
    DECISION_FORMAT,
    ENTRY_ACTION,
    FIELDS,
    NOTHING,
    SUBJECT,
    as_hashed,
    decision_of,
    digest_of,
    values_of,
)
from compliance.shared.tables import audit_entry, audit_leaf, checkpoint, decision
from compliance.shared.vocabulary import Modality, Schedule


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """A decision as it now stands in the log. `product` is the name that it stands under; the three ids after it are as
    stored: the nil UUID where there is none.
    """

    id: UUID
    audit_entry_id: int
    product: str
    encounter_id: UUID
    attendance_id: UUID
    check_in_id: UUID
    decision: Decision


@dataclass(frozen=True, slots=True)
class DecisionSeal:
    """Where an entry stands in the tree. `checkpoint_size`: the first signed one covering it, None until then."""

    leaf_index: int
    leaf_hash: bytes
    sealed_at: datetime
    checkpoint_size: int | None


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """One decision as it was recorded, with its entry's number and time; `seal` is None until the entry is sealed.

    `encounter_id` is None when there was no encounter; `digest` is the row's SHA-256 that the entry holds. `product`:
    a canonical name, or (in the first two formats) as it was typed.
    """

    id: UUID
    audit_entry_id: int
    recorded_at: datetime
    patient_id: UUID
    prescriber_id: UUID
    encounter_id: UUID | None
    product: str
    patient_state: str | None
    decision: Decision
    format: str
    digest: str
    seal: DecisionSeal | None


async def record(
    conn: AsyncConnection,
    made: Decision,
    *,
    patient_id: UUID,
    prescriber_id: UUID,
    typed: str,
    product: str | None,
    encounter_id: UUID | None,
    now: datetime,
    patient_state: str | None = None,
    actor_role: str = "prescriber",
    attendance_id: UUID | None = None,
    check_in_id: UUID | None = None,
) -> RecordedDecision:
    """Write the decision and its audit entry in the caller's transaction (for a block: a transaction of its own).

    `typed` is the medicine as it was given, which is kept beside the entry and can be erased; `product` the product of
    the release that it is, None: it is none. `encounter_id` is None exactly when the decision's modality is NONE.
    `attendance_id` and `check_in_id`: by which the prescriber treats and the two met; kept of a decision that allows
    something to be dispensed, the second of what is controlled. Raises ``InvalidEntry`` for a text that cannot be kept,
    or when modality and encounter disagree; what is below the floor the database refuses with an integrity error.
    """
    stored_encounter = encounter_id or NOTHING
    named, as_typed = canonical_name(made, product), salted(typed)
    _check(made, typed, stored_encounter)
    dispensing = made.allowed and made.action.dispenses
    controlled = made.schedule is not Schedule.NONE
    attended = attendance_id if dispensing and attendance_id else NOTHING
    checked_in = check_in_id if dispensing and controlled and check_in_id else NOTHING
    values: dict[str, Any] = {
        **values_of(made),
        "id": uuid4(),
        "encounter_id": stored_encounter,
        "patient_id": patient_id,
        "prescriber_id": prescriber_id,
        "product": named,
        "patient_state": patient_state,
        "format": DECISION_FORMAT,
        "attendance_id": attended,
        "check_in_id": checked_in,
    }
    entry = _entry(made, values, as_typed, encounter_id, actor_role, now)
    entry_id = await audit.append(conn, entry, {PRODUCT: as_typed}, WrittenRow(decision, values))
    return RecordedDecision(values["id"], entry_id, named, stored_encounter, attended, checked_in, made)


def _entry(
    made: Decision,
    values: Mapping[str, Any],
    typed: TypedText,
    encounter_id: UUID | None,
    actor_role: str,
    now: datetime,
) -> AuditEntry:
    """The entry of a decision row with these values."""
    return AuditEntry(
        actor_id=values["prescriber_id"],
        actor_role=actor_role,
        action=ENTRY_ACTION,
        outcome=EntryOutcome.ALLOWED if made.allowed else EntryOutcome.BLOCKED,
        rule=made.rule,
        subject_type=SUBJECT,
        subject_id=values["id"],
        patient_id=values["patient_id"],
        visit_id=encounter_id,
        occurred_at=now,
        digest=digest_of(as_hashed(values)),
        details={**_details(made), key(PRODUCT): typed.digest},
    )


def _check(made: Decision, typed: str, encounter: UUID) -> None:
    if "\0" in typed or any("\ud800" <= letter <= "\udfff" for letter in typed):
        raise InvalidEntry("typed", "holds a character that cannot be kept")
    if (encounter == NOTHING) != (made.modality is Modality.NONE):
        raise InvalidEntry("encounter_id", "and the modality disagree about whether there is an encounter")


def _details(made: Decision) -> dict[str, str]:
    return {
        "prescribing_action": made.action.value,
        "schedule": made.schedule_word,
        "modality": made.modality.value,
        "pack": made.pack_id,
        "pack_version": made.pack_version,
    }


def text_columns() -> list[ColumnElement[str]]:
    """A decision row's `FIELDS` as text, so that a damaged value still reads; lists are JSON text."""
    chosen: list[ColumnElement[str]] = []
    for name in FIELDS:
        column = decision.c[name]
        moment = name in {"decided_at", "valid_until"}
        chosen.append((audit.instant_text(column) if moment else cast(column, Text)).label(name))
    return chosen


async def read(conn: AsyncConnection, decision_id: UUID) -> StoredDecision | None:
    """One decision with its entry and its place in the tree; None when there is none."""
    row = (await conn.execute(_stored().where(decision.c.id == decision_id))).first()
    return None if row is None else _stored_decision(dict(row._mapping))


def _stored() -> Select[Any]:
    covering = select(func.min(checkpoint.c.size)).where(checkpoint.c.size > audit_leaf.c.leaf_index)
    return (
        select(
            decision,
            audit_entry.c.recorded_at,
            audit_entry.c.digest,
            audit_leaf.c.leaf_index,
            audit_leaf.c.leaf_hash,
            audit_leaf.c.sealed_at,
            covering.correlate(audit_leaf).scalar_subquery().label("checkpoint_size"),
        )
        .join(audit_entry, audit_entry.c.id == decision.c.audit_entry_id)
        .outerjoin(audit_leaf, audit_leaf.c.entry_id == audit_entry.c.id)
    )


def _stored_decision(row: Mapping[str, Any]) -> StoredDecision:
    sealed = row["leaf_index"] is not None
    return StoredDecision(
        id=row["id"],
        audit_entry_id=row["audit_entry_id"],
        recorded_at=row["recorded_at"],
        patient_id=row["patient_id"],
        prescriber_id=row["prescriber_id"],
        encounter_id=None if row["encounter_id"] == NOTHING else row["encounter_id"],
        product=row["product"],
        patient_state=row["patient_state"],
        decision=decision_of(row),
        format=row["format"],
        digest=row["digest"],
        seal=DecisionSeal(row["leaf_index"], row["leaf_hash"], row["sealed_at"], row["checkpoint_size"])
        if sealed
        else None,
    )
