"""Decisions as they are written: an allowing one with what it allows, a block in a transaction of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypedDict

from sqlalchemy.exc import IntegrityError

from compliance.prescribing import decisions
from compliance.prescribing.decision import Decision
from compliance.prescribing.decisions import RecordedDecision
from emr.medications.clearance import Clearance
from emr.shared.errors import Refused
from emr.shared.ids import DecisionId
from server.application.context import AppContext
from server.application.prescribe.decide import PrescribeIntent, decide
from server.application.unit_of_work import UnitOfWork

# How the guards of `server/migrations/grounds_guards.py` refuse; a CHECK of a table names its constraint besides.
CHECK_VIOLATION = "23514"


@contextmanager
def grounds() -> Iterator[None]:
    """What is signed rests on what the database sees as it writes. Raises ``Refused`` when that changed meanwhile: the
    visit was ended or taken over, somebody joined a call. A constraint that fails is a fault of ours and stays one.
    """
    try:
        yield
    except IntegrityError as error:
        told = error.orig.__cause__ if error.orig else None
        if getattr(told, "sqlstate", None) != CHECK_VIOLATION or getattr(told, "constraint_name", None):
            raise
        raise Refused(
            "grounds_changed",
            "The visit, its attending prescriber, or the check-in changed while you were signing. Nothing was "
            "signed. Review the visit, then sign again.",
        ) from error


async def record(work: UnitOfWork, intent: PrescribeIntent, decision: Decision) -> RecordedDecision:
    """Write an allowing decision into the transaction of what it allows.

    Raises ``Refused`` when it lets something be dispensed and there is no visit in progress to write it in: the
    database keeps none without one.
    """
    if decision.allowed and decision.action.dispenses and intent.encounter is None:
        raise Refused("visit_not_in_progress", "This visit is not in progress, so nothing can be signed in it.")
    meeting = intent.meeting
    return await decisions.record(
        work.conn,
        decision,
        patient_id=intent.visit.patient,
        prescriber_id=intent.prescriber,
        **_names(work.app_context, intent),
        encounter_id=intent.encounter,
        now=work.now,
        patient_state=intent.state,
        attendance_id=meeting.attendance.id if meeting.attendance else None,
        check_in_id=meeting.check_in.id if meeting.check_in else None,
    )


async def record_ending(work: UnitOfWork, intent: PrescribeIntent) -> None:
    """Write down that a medicine was held or stopped, as a decision beside the others, so that who reads the log finds
    it there. Nothing hinders a hold or a stop: where the policy cannot be used, the order's own entry says it alone.
    """
    decision = decide(work.app_context.references, intent)
    if decision.allowed:
        await record(work, intent, decision)


async def record_block(app_context: AppContext, intent: PrescribeIntent, decision: Decision) -> RecordedDecision:
    """Write a block in a transaction of its own: it stays on record whatever becomes of the page."""
    async with app_context.beside.begin() as conn:
        return await decisions.record(
            conn,
            decision,
            patient_id=intent.visit.patient,
            prescriber_id=intent.prescriber,
            **_names(app_context, intent),
            encounter_id=intent.encounter,
            now=decision.decided_at,
            patient_state=intent.state,
        )


class _Names(TypedDict):
    typed: str
    product: str | None


def _names(app_context: AppContext, intent: PrescribeIntent) -> _Names:
    """The medicine as it was given, and the product of the release that it is."""
    return {
        "typed": intent.product,
        "product": intent.product if intent.product in app_context.references.products else None,
    }


def clearance(recorded: RecordedDecision, intent: PrescribeIntent) -> Clearance:
    """The permission that the record asks for, made from a recorded decision that allows."""
    made = recorded.decision
    if not made.allowed:
        raise ValueError("a block clears nothing")
    return Clearance(
        decision_id=DecisionId(recorded.id),
        outcome="allow",
        action=made.action.value,
        encounter_id=recorded.encounter_id,
        modality=made.modality.value,
        schedule=made.schedule_word,
        patient_id=intent.visit.patient,
        prescriber_id=intent.prescriber,
        product=recorded.product,
        valid_until=made.valid_until,
        audit_entry_id=recorded.audit_entry_id,
        attendance_id=recorded.attendance_id,
        check_in_id=recorded.check_in_id,
    )
