"""Medicine orders: written once, never edited. A change is a new order that names the one it replaces. Pure.

Neither the patient nor what a medicine consists of ever changes along a chain, and nothing follows a stop: who takes a
medicine again begins a new chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import Literal, NewType
from uuid import UUID

from emr.dosing.model import Dose
from emr.dosing.proposal import Agreement, Proposal, Supply
from emr.formulary.entries import MedicineId
from emr.shared.errors import Refused
from emr.shared.ids import OrderId, PersonId, VisitId
from emr.shared.quantity import Quantity

ChainId = NewType("ChainId", UUID)
"""One line of the list through time: the id of its first order."""

Action = Literal["new", "renew", "increase", "decrease", "continue"]
"""What a prescription does, in the words compliance decides by."""


class OrderOrigin(Enum):
    """How an entry came onto the one list."""

    PRESCRIBED_HERE = "prescribed_here"
    PRESCRIBED_ELSEWHERE = "prescribed_elsewhere"
    SELF_REPORTED = "self_reported"


class OrderStatus(Enum):
    ACTIVE = "active"
    HELD = "held"
    STOPPED = "stopped"


class Act(Enum):
    """What this order did."""

    STARTED = "started"
    REVISED = "revised"
    RENEWED = "renewed"
    HELD = "held"
    STOPPED = "stopped"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class FindingAnswer:
    """A finding that was answered when an order was signed, as it read then."""

    key: str
    severity: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The version of the reference data that an order was checked against."""

    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One written order. `sentence` and `sig` are kept as they were signed.

    `ingredients`: names, sorted, one or more. `medicine` None: not in the formulary. `dose` and `daily_total` None: not
    known (a reported medicine). `starts_on`: the day from which this holds. `replaces` None: the first of its chain.
    """

    id: OrderId
    chain: ChainId
    replaces: OrderId | None
    patient: PersonId
    kind: OrderOrigin
    act: Act
    status: OrderStatus
    medicine: MedicineId | None
    name: str
    ingredients: tuple[str, ...]
    dose: Dose | None
    daily_total: Quantity | None
    as_needed: bool
    sentence: str
    sig: str
    indication: str
    reason: str
    starts_on: date
    author: PersonId
    written_at: datetime
    visit: VisitId | None = None
    product: str | None = None
    supply: tuple[Supply, ...] = ()
    days_supply: int | None = None
    refills: int | None = None
    agreement: Agreement | None = None
    prescriber_elsewhere: str | None = None
    answers: tuple[FindingAnswer, ...] = ()
    reference: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who writes an order, when, in which visit, and what was answered."""

    id: OrderId
    author: PersonId
    now: datetime
    visit: VisitId | None
    answers: tuple[FindingAnswer, ...] = ()
    reference: Reference | None = None


def start(proposal: Proposal, patient: PersonId, ingredients: Sequence[str], signed: Signed) -> Order:
    """The first order of a new chain, prescribed here."""
    return _prescribed(proposal, patient, tuple(sorted(ingredients)), signed, Act.STARTED, None)


def revise(current: Order, proposal: Proposal, ingredients: Sequence[str], signed: Signed) -> Order:
    """The order that replaces `current` with another dose. Refused: see `may_prescribe`; or nothing would change."""
    may_prescribe(current)
    same_ingredients(current, ingredients)
    if current.status is OrderStatus.ACTIVE and current.dose == proposal.dose and current.medicine == proposal.medicine:
        raise Refused("nothing_changes", "This is already the current dose. To supply more, renew it.")
    return _prescribed(proposal, current.patient, current.ingredients, signed, Act.REVISED, current)


def renew(current: Order, proposal: Proposal, ingredients: Sequence[str], signed: Signed) -> Order:
    """The order that supplies more of `current` unchanged. Refused: see `may_prescribe`; or the dose would change."""
    may_prescribe(current)
    same_ingredients(current, ingredients)
    if current.dose != proposal.dose or current.medicine != proposal.medicine:
        raise Refused("renewal_changes_dose", "A renewal keeps the dose. To change it, adjust the medicine.")
    return _prescribed(proposal, current.patient, current.ingredients, signed, Act.RENEWED, current)


def may_prescribe(current: Order) -> None:
    """Refused when this entry cannot be changed by prescribing, with what to do instead."""
    if current.status is OrderStatus.STOPPED:
        raise Refused(
            "already_stopped", "This medicine was stopped. To prescribe it again, start it as a new medicine."
        )
    if current.kind is OrderOrigin.PRESCRIBED_ELSEWHERE:
        raise Refused(
            "not_prescribed_here",
            "This medicine is prescribed elsewhere, so its dose cannot be changed here. Contact the other "
            "prescriber, then record the dose the patient takes. Or record that it is no longer taken and start it "
            "here.",
        )
    if current.kind is OrderOrigin.SELF_REPORTED:
        raise Refused(
            "not_prescribed_here",
            "The patient takes this on their own, so there is no order to change. Record the dose the patient takes. "
            "Or record that it is no longer taken and start it here.",
        )


def hold(current: Order, reason: str, on: date, signed: Signed) -> Order:
    """The order that says: not for now. Refused unless it is prescribed here and active."""
    may_prescribe(current)
    if current.status is OrderStatus.HELD:
        raise Refused("already_held", "This medicine is already on hold.")
    return _without_supply(current, reason, on, signed, Act.HELD, OrderStatus.HELD)


def stop(current: Order, reason: str, on: date, signed: Signed) -> Order:
    """The last order of a chain; of a reported medicine: it is no longer taken. Refused when stopped already."""
    if current.status is OrderStatus.STOPPED:
        raise Refused("already_stopped", "This medicine is already stopped.")
    return _without_supply(current, reason, on, signed, Act.STOPPED, OrderStatus.STOPPED)


def action(current: Order | None, proposal: Proposal) -> Action:
    """What prescribing this would be called: new, increase, decrease or continue. A renewal is asked for as such."""
    if current is None:
        return "new"
    before, after = current.daily_total, proposal.daily_total
    if before is None or before.unit is not after.unit or before == after:
        return "continue"
    return "increase" if after > before else "decrease"


def same_ingredients(current: Order, ingredients: Sequence[str]) -> None:
    """Raises `Refused` when what would follow an order is another medicine."""
    if current.ingredients != tuple(sorted(ingredients)):
        raise Refused(
            "another_ingredient",
            "This is another medicine. Stop the current one and start the other, so that both stay on record.",
        )


def _prescribed(
    proposal: Proposal,
    patient: PersonId,
    ingredients: tuple[str, ...],
    signed: Signed,
    act: Act,
    current: Order | None,
) -> Order:
    return Order(
        id=signed.id,
        chain=current.chain if current else ChainId(signed.id),
        replaces=current.id if current else None,
        patient=patient,
        kind=OrderOrigin.PRESCRIBED_HERE,
        act=act,
        status=OrderStatus.ACTIVE,
        medicine=proposal.medicine,
        name=proposal.name,
        ingredients=ingredients,
        dose=proposal.dose,
        daily_total=proposal.daily_total,
        as_needed=proposal.dose.as_needed,
        sentence=proposal.sentence,
        sig=proposal.sig,
        indication=proposal.indication,
        reason=proposal.reason,
        starts_on=proposal.starts_on,
        author=signed.author,
        written_at=signed.now,
        visit=signed.visit,
        product=proposal.product,
        supply=proposal.supply,
        days_supply=proposal.days_supply,
        refills=proposal.refills,
        agreement=proposal.agreement,
        answers=signed.answers,
        reference=signed.reference,
    )


def _without_supply(current: Order, reason: str, on: date, signed: Signed, act: Act, status: OrderStatus) -> Order:
    return replace(
        current,
        id=signed.id,
        replaces=current.id,
        act=act,
        status=status,
        reason=reason,
        starts_on=on,
        author=signed.author,
        written_at=signed.now,
        visit=signed.visit,
        product=None,
        supply=(),
        days_supply=None,
        refills=None,
        agreement=None,
        answers=signed.answers,
        reference=signed.reference,
    )
