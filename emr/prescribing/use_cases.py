"""Use cases that prescribe: start, revise, renew. Each needs a clearance and an answer to every finding that asks.

Each reads the chart, checks the proposal, compares the clearance and writes order, pointer and prescription in the
caller's transaction. Nothing is written when anything is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from emr.chart import reading as charts
from emr.dosing.proposal import LONGEST_TEXT, Proposal
from emr.formulary.model import Formulary
from emr.medications import model as medication
from emr.medications import repository as records
from emr.medications.clearance import Clearance, Wanted, require
from emr.medications.events import DoseRevised, MedicationRenewed, MedicationStarted
from emr.medications.model import Action, Answer, Order, Reference, Signed
from emr.presence import attending
from emr.safety import checks as safety
from emr.safety.checks import Finding, Severity
from emr.shared.context import Desk
from emr.shared.errors import Conflict, Invalid, NotFound, Refused
from emr.shared.ids import AttendanceId, OrderId, PersonId, PrescriptionId, VisitId
from emr.visits.guard import visit_of
from emr.visits.model import Status


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the order, its prescription, and every finding as it stood when it was signed."""

    order: Order
    prescription: PrescriptionId
    findings: tuple[Finding, ...]


async def start(
    desk: Desk,
    *,
    formulary: Formulary,
    visit_id: VisitId,
    patient_id: PersonId,
    proposal: Proposal,
    answers: Mapping[str, str],
    clearance: Clearance,
) -> Written:
    """Begins a medicine. `answers` maps finding keys to reasons.

    Raises Invalid("findings_unanswered") naming each finding without an answer; Refused ("clearance_...",
    "visit_not_in_progress", "not_attending", "wrong_patient"); NotFound.
    """
    if proposal.replaces is not None:
        raise Refused("another_ingredient", "A new medicine replaces no order.")
    meeting = await _begin(desk, visit_id, patient_id)
    findings, signed = await _checked(desk, formulary, visit_id, patient_id, proposal, answers)
    await _cleared(desk, clearance, "new", visit_id, meeting, patient_id, proposal)
    order = medication.start(proposal, patient_id, _ingredients(formulary, proposal), signed)
    written = await _write(desk, order, clearance, findings)
    desk.facts.append(
        MedicationStarted(
            patient=patient_id,
            visit=visit_id,
            order=order.id,
            prescription=written.prescription,
            decision=clearance.decision_id,
        )
    )
    return written


async def revise(
    desk: Desk,
    *,
    formulary: Formulary,
    visit_id: VisitId,
    patient_id: PersonId,
    order_id: OrderId,
    proposal: Proposal,
    answers: Mapping[str, str],
    clearance: Clearance,
) -> Written:
    """Changes a dose by a new order that replaces `order_id`, which must be the current one.

    Raises as `start`, and Conflict carrying the order that is current now; Refused ("not_prescribed_here",
    "already_stopped", "nothing_changes", "another_ingredient").
    """
    meeting = await _begin(desk, visit_id, patient_id)
    current = await current_order(desk, patient_id, order_id)
    medication.may_prescribe(current)
    proposal = _replacing(proposal, order_id)
    findings, signed = await _checked(desk, formulary, visit_id, patient_id, proposal, answers)
    order = medication.revise(current, proposal, _ingredients(formulary, proposal), signed)
    action = medication.action(current, proposal)
    await _cleared(desk, clearance, action, visit_id, meeting, patient_id, proposal)
    written = await _write(desk, order, clearance, findings)
    desk.facts.append(
        DoseRevised(
            patient=patient_id,
            visit=visit_id,
            order=order.id,
            replaced=order_id,
            prescription=written.prescription,
            decision=clearance.decision_id,
        )
    )
    return written


async def renew(
    desk: Desk,
    *,
    formulary: Formulary,
    visit_id: VisitId,
    patient_id: PersonId,
    order_id: OrderId,
    proposal: Proposal,
    answers: Mapping[str, str],
    clearance: Clearance,
) -> Written:
    """Prescribes more of the same. Raises as `revise`, and Refused("renewal_changes_dose")."""
    meeting = await _begin(desk, visit_id, patient_id)
    current = await current_order(desk, patient_id, order_id)
    medication.may_prescribe(current)
    proposal = _replacing(proposal, order_id)
    findings, signed = await _checked(desk, formulary, visit_id, patient_id, proposal, answers)
    order = medication.renew(current, proposal, _ingredients(formulary, proposal), signed)
    await _cleared(desk, clearance, "renew", visit_id, meeting, patient_id, proposal)
    written = await _write(desk, order, clearance, findings)
    desk.facts.append(
        MedicationRenewed(
            patient=patient_id,
            visit=visit_id,
            order=order.id,
            replaced=order_id,
            prescription=written.prescription,
            decision=clearance.decision_id,
        )
    )
    return written


async def hold_list(desk: Desk, patient_id: PersonId) -> None:
    """Nobody else changes this patient's list until the transaction ends: what is read from now on stays true."""
    await records.lock_list(desk.conn, patient_id)


async def current_order(desk: Desk, patient_id: PersonId, order_id: OrderId) -> Order:
    """The order, if it is this patient's and still current; to be called with the list locked.

    NotFound when it is not this patient's; Conflict, carrying the order that is current now, when it was replaced.
    """
    seen = await records.get(desk.conn, order_id)
    if seen is None or seen.patient != patient_id:
        raise NotFound
    now = await records.current_of(desk.conn, seen.chain)
    if now is None or now.id != order_id:
        raise Conflict(
            "order_changed",
            "This medicine was changed meanwhile. Nothing was written: look at it as it is now.",
            now or seen,
        )
    return now


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Under which attendance the actor signs, and how patient and prescriber meet."""

    attendance: AttendanceId
    modality: str


async def _begin(desk: Desk, visit_id: VisitId, patient_id: PersonId) -> _Meeting:
    """Locks the list. Refused unless the visit is in progress and the actor is who treats in it."""
    visit = await visit_of(desk.conn, visit_id, patient_id)
    if visit.status is not Status.IN_PROGRESS:
        raise Refused("visit_not_in_progress", "This visit is not in progress, so nothing can be signed in it.")
    attended = await attending.attending(desk.conn, visit_id)
    if attended is None or attended.prescriber != desk.actor:
        raise Refused(
            "not_attending",
            "Another prescriber attends this visit, so nothing can be signed in it by you. Nothing was written. "
            "To treat the patient here, take the visit over.",
        )
    await records.lock_list(desk.conn, patient_id)
    return _Meeting(attended.id, visit.modality.value)


async def _checked(
    desk: Desk,
    formulary: Formulary,
    visit_id: VisitId,
    patient_id: PersonId,
    proposal: Proposal,
    answers: Mapping[str, str],
) -> tuple[tuple[Finding, ...], Signed]:
    chart = await charts.read(desk.conn, patient_id, desk.now)
    findings = safety.check(chart, proposal, formulary, desk.now)
    if missing := safety.unanswered(findings, answers):
        raise Invalid({each.key: _ask(each) for each in missing}, code="findings_unanswered")
    if long := [each.key for each in findings if len(answers.get(each.key, "")) > LONGEST_TEXT]:
        raise Invalid(dict.fromkeys(long, f"Use at most {LONGEST_TEXT} characters."))
    given = tuple(
        Answer(each.key, each.severity.value, each.title, answers[each.key].strip())
        for each in findings
        if answers.get(each.key, "").strip()
    )
    signed = Signed(
        id=OrderId(uuid4()),
        author=desk.actor,
        now=desk.now,
        visit=visit_id,
        answers=given,
        reference=Reference(formulary.version, formulary.sha256),
    )
    return findings, signed


def _ask(finding: Finding) -> str:
    if finding.severity is Severity.NOT_CHECKED:
        return f"Not checked: {finding.title}. Write what you found, or why it does not matter here."
    return f"Write a reason for going on: {finding.title}."


async def _cleared(
    desk: Desk,
    clearance: Clearance,
    action: Action,
    visit_id: VisitId,
    meeting: _Meeting,
    patient_id: PersonId,
    proposal: Proposal,
) -> None:
    wanted = Wanted(action, visit_id, meeting.attendance, meeting.modality, patient_id, desk.actor, proposal.product)
    require(clearance, wanted, desk.now)
    if await records.decision_used(desk.conn, clearance):
        raise Refused("clearance_used", "This change was signed already.")


async def _write(desk: Desk, order: Order, clearance: Clearance, findings: tuple[Finding, ...]) -> Written:
    prescription = PrescriptionId(uuid4())
    await records.add(desk.conn, order)
    await records.add_prescription(desk.conn, prescription, order, clearance, desk.now)
    return Written(order, prescription, findings)


def _replacing(proposal: Proposal, order_id: OrderId) -> Proposal:
    if proposal.replaces != order_id:
        raise Refused("another_order", "This proposal was made for another order. Nothing was written.")
    return proposal


def _ingredients(formulary: Formulary, proposal: Proposal) -> tuple[str, ...]:
    return tuple(each.name for each in formulary.medicine(proposal.medicine).ingredients)
