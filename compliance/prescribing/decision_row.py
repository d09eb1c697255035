"""A decision as a row: its columns, its digest, and the value again. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from compliance.audit import canonical as leaf
from compliance.prescribing.decision import Citation, Decision, Obligation, Reason, WayForward
from compliance.shared.vocabulary import NIL, DecisionOutcome, Modality, PrescribingAction, Schedule, SystemEvent

NOTHING: Final = UUID(NIL)
"""Stands in a decision for "no encounter", "no attendance", "no check-in"."""

ENTRY_ACTION: Final = SystemEvent.PRESCRIPTION_DECIDE.value
SUBJECT: Final = "decision"
"""What the audit entry of a decision is called, and what it is about."""

LISTS: Final = ("ingredients", "reasons", "citations", "obligations", "ways_forward", "evidence")
"""The columns of a decision that hold JSON; the others are text, ids and times."""

_FIRST: Final = (
    "id",
    "outcome",
    "action",
    "encounter_id",
    "modality",
    "schedule",
    "patient_id",
    "prescriber_id",
    "product",
    "valid_until",
    "decided_at",
    "patient_state",
    "rule",
    "ingredients",
    "reasons",
    "citations",
    "obligations",
    "ways_forward",
    "evidence",
    "pack_id",
    "pack_version",
    "pack_sha256",
    "reference_sha256",
)
_SECOND: Final = (*_FIRST, "attendance_id", "check_in_id")
FIRST_FORMAT: Final = "titrate-decision/1"
SECOND_FORMAT: Final = "titrate-decision/2"
DECISION_FORMAT: Final = "titrate-decision/3"
FORMATS: Final = {FIRST_FORMAT: _FIRST, SECOND_FORMAT: _SECOND, DECISION_FORMAT: _SECOND}
"""The columns that the digest of each format covers. A released format never changes. From the third on `product` is a
canonical name, never what somebody typed, and `evidence` holds all that policy saw.
"""

FIELDS: Final = (*FORMATS[DECISION_FORMAT], "format")
"""Every column that some format covers, and which format the row is in."""


def values_of(made: Decision) -> dict[str, object]:
    """The columns that come from the decision itself, by name."""
    return {
        "outcome": made.outcome.value,
        "action": made.action.value,
        "modality": made.modality.value,
        "schedule": made.schedule_word,
        "valid_until": made.valid_until,
        "decided_at": made.decided_at,
        "rule": made.rule,
        "ingredients": list(made.ingredients),
        "reasons": [{"code": one.code, "sentence": one.sentence} for one in made.reasons],
        "citations": [_citation(one) for one in made.citations],
        "obligations": [
            {"code": one.code, "sentence": one.sentence, "citation": _citation(one.citation)}
            for one in made.obligations
        ],
        "ways_forward": [{"code": one.code, "title": one.title, "sentence": one.sentence} for one in made.ways_forward],
        "evidence": [[key, value] for key, value in made.evidence],
        "pack_id": made.pack_id,
        "pack_version": made.pack_version,
        "pack_sha256": made.pack_sha256,
        "reference_sha256": made.reference_sha256,
    }


def _citation(one: Citation) -> dict[str, str | None]:
    return {"id": one.id, "text": one.text, "says": one.says, "url": one.url}


def as_hashed(values: Mapping[str, object]) -> dict[str, object]:
    """A row by column as it is hashed: ids and times as text, lists as they are."""
    plain: dict[str, object] = {}
    for name, value in values.items():
        match value:
            case datetime():
                plain[name] = leaf.instant(value)
            case UUID():
                plain[name] = str(value)
            case _:
                plain[name] = value
    return plain


def covered(plain: Mapping[str, object]) -> tuple[str, ...]:
    """The columns that the digest of this row covers; a row that names no format is of the first.

    Raises ``ValueError`` for a format that is none.
    """
    fields = FORMATS.get(str(plain.get("format") or FIRST_FORMAT))
    if fields is None:
        raise ValueError("not a format of decisions")
    return fields


def digest_of(plain: Mapping[str, object]) -> str:
    """The digest of a row given as `as_hashed` gives it, by its own format.

    Raises ``KeyError`` when a column is missing, ``ValueError`` for a format that is none, or when a row of the first
    format holds what only the second has.
    """
    fields = covered(plain)
    extra = {plain.get(name) or NIL for name in FORMATS[DECISION_FORMAT] if name not in fields}
    if extra - {NIL}:
        raise ValueError("a decision of the first format names neither attendance nor check-in")
    return leaf.digest_hex({"format": plain.get("format") or FIRST_FORMAT, **{name: plain[name] for name in fields}})


def decision_of(row: Mapping[str, Any]) -> Decision:
    """The value again, from a row as the driver gives it (`Any`: JSON columns hold what was written above)."""
    schedule: str = row["schedule"]
    return Decision(
        outcome=DecisionOutcome(row["outcome"]),
        action=PrescribingAction(row["action"]),
        modality=Modality(row["modality"]),
        schedule=None if schedule == "unknown" else Schedule(schedule),
        ingredients=tuple(row["ingredients"]),
        reasons=tuple(Reason(**one) for one in row["reasons"]),
        rule=row["rule"],
        citations=tuple(Citation(**one) for one in row["citations"]),
        pack_id=row["pack_id"],
        pack_version=row["pack_version"],
        pack_sha256=row["pack_sha256"],
        reference_sha256=row["reference_sha256"],
        decided_at=row["decided_at"],
        valid_until=row["valid_until"],
        evidence=tuple((key, value) for key, value in row["evidence"]),
        obligations=tuple(
            Obligation(one["code"], one["sentence"], Citation(**one["citation"])) for one in row["obligations"]
        ),
        ways_forward=tuple(WayForward(**one) for one in row["ways_forward"]),
    )
