"""Use cases that prescribe: start, revise, renew. Each needs a clearance and an answer to every finding that asks.

All go one way: the list is locked and read once (`ground`), the proposal is checked against what was read, the
clearance compared, and order, pointer and prescription are written in the caller's transaction. Nothing is written when
anything is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from uuid import uuid4

from emr.dosing.proposal import LONGEST_TEXT, Proposal
from emr.formulary.model import Formulary
from emr.medications import model as medication
from emr.medications import repository as records
from emr.medications.clearance import Clearance, ClearanceRequest, require
from emr.medications.events import DoseRevised, MedicationRenewed, MedicationStarted
from emr.medications.model import Action, FindingAnswer, Order, Reference, Signed
from emr.prescribing import ground as grounds
from emr.prescribing.ground import Ground
from emr.safety import checks as safety
from emr.safety.checks import Finding, Severity
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid, Refused
from emr.shared.ids import AttendanceId, OrderId, PersonId, PrescriptionId, VisitId
from emr.visits.model import VisitStatus


class PrescribingChange(Enum):
    """How a medicine is prescribed: as a new one, in another dose, or more of the same."""

    START = "start"
    REVISE = "revise"
    RENEW = "renew"


@dataclass(frozen=True, slots=True)
class CheckedProposal:
    """A proposal with what was found when it was checked against a ground, by the reference data of `formulary`."""

    ground: Ground
    proposal: Proposal
    formulary: Formulary
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """What was written: the order, its prescription, every finding as it stood when it was signed, and the ground as it
    is since then.
    """

    order: Order
    prescription: PrescriptionId
    findings: tuple[Finding, ...]
    ground: Ground


async def start(
    context: UseCaseContext,
    *,
    formulary: Formulary,
    visit_id: VisitId,
    patient_id: PersonId,
    proposal: Proposal,
    answers: Mapping[str, str],
    clearance: Clearance,
) -> SignedOrder:
    """Begins a medicine. `answers` maps finding keys to reasons.

    Raises Invalid("findings_unanswered") naming each finding without an answer; Refused ("clearance_...",
    "visit_not_in_progress", "not_attending", "wrong_patient"); NotFound.
    """
    if proposal.replaces is not None:
        raise Refused("another_ingredient", "A new medicine replaces no order.")
    ground = await grounds.read(context, visit_id, patient_id)
    meeting(ground, context.actor)
    return await sign(context, PrescribingChange.START, check(ground, proposal, formulary), answers, clearance)


async def revise(
    context: UseCaseContext,
    *,
    formulary: Formulary,
    visit_id: VisitId,
    patient_id: PersonId,
    order_id: OrderId,
    proposal: Proposal,
    answers: Mapping[str, str],
    clearance: Clearance,
) -> SignedOrder:
    """Changes a dose by a new order that replaces `order_id`, which must be the current one.

    Raises as `start`, and Conflict carrying the order that is current now; Refused ("not_prescribed_here",
    "already_stopped", "nothing_changes", "another_ingredient").
    """
    ground = await grounds.read(context, visit_id, patient_id)
    replacing(ground, context.actor, order_id, proposal)
    return await sign(context, PrescribingChange.REVISE, check(ground, proposal, formulary), answers, clearance)


async def renew(
    context: UseCaseContext,
    *,
    formulary: Formulary,
    visit_id: VisitId,
    patient_id: PersonId,
    order_id: OrderId,
    proposal: Proposal,
    answers: Mapping[str, str],
    clearance: Clearance,
) -> SignedOrder:
    """Prescribes more of the same. Raises as `revise`, and Refused("renewal_changes_dose")."""
    ground = await grounds.read(context, visit_id, patient_id)
    replacing(ground, context.actor, order_id, proposal)
    return await sign(context, PrescribingChange.RENEW, check(ground, proposal, formulary), answers, clearance)


def check(ground: Ground, proposal: Proposal, formulary: Formulary) -> CheckedProposal:
    """What is to be known before the proposal is signed on this ground. Raises as `emr.safety.checks.check`."""
    return CheckedProposal(
        ground, proposal, formulary, safety.check(ground.chart, proposal, formulary, ground.chart.read_at)
    )


async def sign(
    context: UseCaseContext,
    change: PrescribingChange,
    checked: CheckedProposal,
    answers: Mapping[str, str],
    clearance: Clearance,
) -> SignedOrder:
    """Writes what was checked, on the same ground: read in this context, under its lock. Raises as `revise`."""
    ground, proposal = checked.ground, checked.proposal
    if not ground.locked:
        raise ValueError("nothing is signed on what was only looked at")
    met = meeting(ground, context.actor)
    current = _current(ground, context.actor, proposal) if change is not PrescribingChange.START else None
    signed = _signed(context, checked, answers)
    ingredients = tuple(each.name for each in checked.formulary.medicine(proposal.medicine).ingredients)
    order = _order(change, current, ground.chart.patient, proposal, ingredients, signed)
    action = "renew" if change is PrescribingChange.RENEW else medication.action(current, proposal)
    await _cleared(context, clearance, action, ground, met, proposal)
    prescription = PrescriptionId(uuid4())
    await records.add(context.conn, order)
    await records.add_prescription(context.conn, prescription, order, clearance, context.now)
    context.events.append(_fact(change, order, prescription, clearance))
    return SignedOrder(order, prescription, checked.findings, ground.after(order, clearance))


@dataclass(frozen=True, slots=True)
class SigningEncounter:
    """Under which attendance the actor signs, and how patient and prescriber meet."""

    attendance: AttendanceId
    modality: str


def meeting(ground: Ground, actor: PersonId) -> SigningEncounter:
    """Refused unless the visit is in progress and the actor is who treats in it."""
    if ground.visit.status is not VisitStatus.IN_PROGRESS:
        raise Refused("visit_not_in_progress", "This visit is not in progress, so nothing can be signed in it.")
    attended = ground.attendance
    if attended is None or attended.prescriber != actor:
        raise Refused(
            "not_attending",
            "Another prescriber is attending this visit, so you cannot sign in it. Nothing was signed. "
            "To treat the patient here, take the visit over.",
        )
    return SigningEncounter(attended.id, ground.visit.modality.value)


def replacing(ground: Ground, actor: PersonId, order_id: OrderId, proposal: Proposal) -> Order:
    """The current order that a proposal replaces. Refused when it is none to be replaced, or that of another order."""
    meeting(ground, actor)
    current = ground.current(order_id)
    medication.may_prescribe(current)
    if proposal.replaces != order_id:
        raise Refused("another_order", "This change was prepared for another order. Nothing was signed.")
    return current


def _current(ground: Ground, actor: PersonId, proposal: Proposal) -> Order:
    if proposal.replaces is None:
        raise Refused("another_order", "This change was prepared for another order. Nothing was signed.")
    return replacing(ground, actor, proposal.replaces, proposal)


def _order(
    change: PrescribingChange,
    current: Order | None,
    patient: PersonId,
    proposal: Proposal,
    ingredients: tuple[str, ...],
    signed: Signed,
) -> Order:
    if current is None:
        return medication.start(proposal, patient, ingredients, signed)
    follow = medication.renew if change is PrescribingChange.RENEW else medication.revise
    return follow(current, proposal, ingredients, signed)


def _fact(
    change: PrescribingChange, order: Order, prescription: PrescriptionId, clearance: Clearance
) -> MedicationStarted | DoseRevised | MedicationRenewed:
    patient, visit, decision = order.patient, VisitId(clearance.encounter_id), clearance.decision_id
    if order.replaces is None:
        return MedicationStarted(
            patient=patient, visit=visit, order=order.id, prescription=prescription, decision=decision
        )
    kind = MedicationRenewed if change is PrescribingChange.RENEW else DoseRevised
    return kind(
        patient=patient,
        visit=visit,
        order=order.id,
        replaced=order.replaces,
        prescription=prescription,
        decision=decision,
    )


def _signed(context: UseCaseContext, checked: CheckedProposal, answers: Mapping[str, str]) -> Signed:
    """Who signs, with the answers. Invalid, naming each finding that asks for one and has none, or too long a one."""
    findings = checked.findings
    if missing := safety.unanswered(findings, answers):
        raise Invalid({each.key: _ask(each) for each in missing}, code="findings_unanswered")
    if long := [each.key for each in findings if len(answers.get(each.key, "")) > LONGEST_TEXT]:
        raise Invalid(dict.fromkeys(long, f"Use at most {LONGEST_TEXT} characters."))
    given = tuple(
        FindingAnswer(each.key, each.severity.value, each.title, answers[each.key].strip())
        for each in findings
        if answers.get(each.key, "").strip()
    )
    return Signed(
        id=OrderId(uuid4()),
        author=context.actor,
        now=context.now,
        visit=checked.ground.visit.id,
        answers=given,
        reference=Reference(checked.formulary.version, checked.formulary.sha256),
    )


def _ask(finding: Finding) -> str:
    if finding.severity is Severity.NOT_CHECKED:
        return f"Not checked: {finding.title}. Enter what you found, or why it does not matter here."
    return f"Enter a reason to proceed: {finding.title}."


async def _cleared(
    context: UseCaseContext,
    clearance: Clearance,
    action: Action,
    ground: Ground,
    met: SigningEncounter,
    proposal: Proposal,
) -> None:
    wanted = ClearanceRequest(
        action, ground.visit.id, met.attendance, met.modality, ground.chart.patient, context.actor, proposal.product
    )
    require(clearance, wanted, context.now)
    if await records.decision_used(context.conn, clearance):
        raise Refused("clearance_used", "This change has already been signed.")
