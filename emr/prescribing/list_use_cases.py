"""Use cases that change the medicine list without prescribing: hold, stop, report; and the list in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.chart import reading as charts
from emr.chart.model import MedicationListEntry
from emr.dosing.proposal import LONGEST_TEXT
from emr.formulary.model import Formulary
from emr.medications import model as medication
from emr.medications import reporting
from emr.medications import repository as records
from emr.medications.events import MedicationHeld, MedicationReported, MedicationStopped
from emr.medications.model import Order, OrderOrigin, OrderStatus, Signed
from emr.medications.reporting import MedicationStatement
from emr.people import queries as people
from emr.prescribing.ground import Ground, current_order
from emr.shared.clinic_time.days import day_of
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid, NotFound
from emr.shared.ids import OrderId, PersonId, VisitId
from emr.shared.quantity import Quantity
from emr.visits.guard import visit_of


class Ending(Enum):
    """How a medicine is ended without prescribing: for now, or for good."""

    HOLD = "hold"
    STOP = "stop"


_ENDINGS: dict[Ending, tuple[Callable[[Order, str, date, Signed], Order], type[MedicationHeld | MedicationStopped]]] = {
    Ending.HOLD: (medication.hold, MedicationHeld),
    Ending.STOP: (medication.stop, MedicationStopped),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedMedication:
    """What is told about a medicine that is not prescribed here.

    `name` as said ("Ativan 0.5 mg"); `sentence` how it is taken ("0.5 mg at night"). `daily_total` None: not known.
    `since`: the day from which it is taken like this.
    """

    name: str
    kind: OrderOrigin
    sentence: str
    since: date
    daily_total: Quantity | None = None
    as_needed: bool = False
    indication: str = ""
    prescriber: str | None = None


_AMOUNT = re.compile(r"\d+([.,]\d+)?\s*(mg|mcg|g|ml|units?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlainDose:
    """A dose in words for its patient, and the day from which it holds. `instruction` is a whole sentence."""

    dose: str
    instruction: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainEntry:
    """One medicine as its patient reads it. Texts are whole sentences, at grade 8 or easier, except `name` and `dose`.

    `dose`, `instruction` and `since` are of today, of the first day when the medicine begins later; `ahead` is a dose
    that is written but does not hold yet. `by`: who set today's dose, None when it is taken on one's own or is not
    told. `note`: what holds just now ("On hold: ..."); empty when there is nothing to say. `on_hold`: today, whatever
    is ahead.
    """

    order: OrderId
    name: str
    dose: str
    instruction: str
    purpose: str
    since: date
    by: str | None
    status: OrderStatus
    kind: OrderOrigin
    note: str
    caution: str
    ahead: PlainDose | None
    on_hold: bool = False


async def hold(
    context: UseCaseContext,
    *,
    patient_id: PersonId,
    order_id: OrderId,
    reason: str,
    visit_id: VisitId | None = None,
    on: date | None = None,
) -> Order:
    """Says that a medicine prescribed here is not to be taken for now. `on` None: from today, in the patient's zone.

    Raises NotFound, Conflict (carrying the order that is current now), Refused and Invalid (field `reason`).
    """
    current, day = await _begin(context, patient_id, order_id, reason, visit_id, on)
    return await _end(context, Ending.HOLD, current, reason, day, visit_id)


async def stop(
    context: UseCaseContext,
    *,
    patient_id: PersonId,
    order_id: OrderId,
    reason: str,
    visit_id: VisitId | None = None,
    on: date | None = None,
) -> Order:
    """Ends a medicine; of one not prescribed here, records that it is no longer taken. Raises as `hold`."""
    current, day = await _begin(context, patient_id, order_id, reason, visit_id, on)
    return await _end(context, Ending.STOP, current, reason, day, visit_id)


async def end(context: UseCaseContext, ending: Ending, ground: Ground, order_id: OrderId, reason: str) -> Order:
    """Holds or stops, from today, what a ground shows: read in this context, under its lock. Raises as `hold`."""
    if not ground.locked:
        raise ValueError("nothing is signed on what was only looked at")
    _reasoned(reason)
    current = ground.current(order_id)
    return await _end(context, ending, current, reason, ground.chart.today, ground.visit.id)


async def _end(
    context: UseCaseContext, ending: Ending, current: Order, reason: str, day: date, visit_id: VisitId | None
) -> Order:
    follow, event = _ENDINGS[ending]
    order = follow(current, reason.strip(), day, _signed(context, visit_id))
    await records.add(context.conn, order)
    context.events.append(event(patient=order.patient, visit=visit_id, order=order.id, replaced=current.id))
    return order


async def report(
    context: UseCaseContext,
    *,
    formulary: Formulary,
    patient_id: PersonId,
    told: ReportedMedication,
    visit_id: VisitId | None = None,
    replaces: OrderId | None = None,
) -> Order:
    """Puts a medicine that is not prescribed here on the list; with `replaces`, records how it is taken now.

    Raises Invalid (fields `name`, `kind`, `sentence`, `since`, `prescriber`), NotFound, Conflict, and Refused when
    the order to be replaced is prescribed here, was ended, or is another medicine.
    """
    if wrong := _wrong(told):
        raise Invalid(wrong)
    if visit_id is not None:
        await visit_of(context.conn, visit_id, patient_id)
    today = await _today(context, patient_id)
    if told.since > today:
        raise Invalid({"since": "Enter today's date or an earlier one."})
    await records.lock_list(context.conn, patient_id)
    current = await current_order(context, patient_id, replaces) if replaces is not None else None
    order = reporting.report(_report(told, formulary), patient_id, _signed(context, visit_id), current)
    await records.add(context.conn, order)
    context.events.append(MedicationReported(patient=patient_id, visit=visit_id, order=order.id, replaced=replaces))
    return order


async def plain_list(
    conn: AsyncConnection, patient_id: PersonId, formulary: Formulary, today: date
) -> tuple[PlainEntry, ...]:
    """The same list that the prescriber sees, current lines only, in words for the patient. `today` in their zone."""
    lines = await charts.entries(conn, patient_id)
    return tuple(plain(line, formulary, today) for line in lines if line.current.status is not OrderStatus.STOPPED)


def plain(line: MedicationListEntry, formulary: Formulary, today: date) -> PlainEntry:
    """One line in words for the patient. `today` in their zone: a dose that is written may hold from tomorrow."""
    order = line.current
    now = line.shown_on(today)
    dose = _plain_dose(now, line)
    again = line.held_until(today)
    note = ""
    if again:
        note = "On hold for now"
    elif order.status is OrderStatus.HELD:
        note = "On hold. Do not take it until we tell you."
    elif order.kind is OrderOrigin.PRESCRIBED_ELSEWHERE:
        note = "We did not prescribe this. Ask the person who did before you change it."
    elif order.kind is OrderOrigin.SELF_REPORTED:
        note = "You told us that you take this."
    known = order.medicine is not None and order.medicine in formulary.contents.medicines
    taper = known and order.medicine is not None and formulary.medicine(order.medicine).taper_needed
    return PlainEntry(
        order=order.id,
        name=order.name[:1].upper() + order.name[1:],
        dose=dose.dose,
        instruction=dose.instruction,
        purpose=f"For {order.indication}." if order.indication else "",
        since=dose.since,
        by=line.by if now.author == order.author else None,
        status=order.status,
        kind=order.kind,
        note=note,
        caution="Do not stop it all at once. Talk with us first." if taper and line.taken else "",
        ahead=_plain_dose(order, line) if now is not order and (again or order.sentence != now.sentence) else None,
        on_hold=now.status is OrderStatus.HELD,
    )


def _plain_dose(order: Order, line: MedicationListEntry) -> PlainDose:
    instruction = order.sig if order.sig.endswith(".") else f"{order.sig}."
    return PlainDose(order.sentence, instruction, line.since_of(order))


async def _begin(
    context: UseCaseContext,
    patient_id: PersonId,
    order_id: OrderId,
    reason: str,
    visit_id: VisitId | None,
    on: date | None,
) -> tuple[Order, date]:
    _reasoned(reason)
    if visit_id is not None:
        await visit_of(context.conn, visit_id, patient_id)
    await records.lock_list(context.conn, patient_id)
    return await current_order(context, patient_id, order_id), on or await _today(context, patient_id)


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise Invalid({"reason": "Enter the reason in a few words."})
    if len(reason) > LONGEST_TEXT:
        raise Invalid({"reason": f"Use at most {LONGEST_TEXT} characters."})


def _signed(context: UseCaseContext, visit_id: VisitId | None) -> Signed:
    return Signed(id=OrderId(uuid4()), author=context.actor, now=context.now, visit=visit_id)


async def _today(context: UseCaseContext, patient_id: PersonId) -> date:
    patient = (await people.patients(context.conn, [patient_id])).get(patient_id)
    if patient is None:
        raise NotFound
    return day_of(context.now, patient.person.zone)


def _report(told: ReportedMedication, formulary: Formulary) -> MedicationStatement:
    found = formulary.recognize(told.name)
    certain = found.medicines[0] if found.complete and len(found.medicines) == 1 and not found.substances else None
    ingredients = {part.name for each in found.medicines for part in formulary.medicine(each).ingredients}
    ingredients |= set(found.substances)
    name = formulary.medicine(certain).plain_name if certain else told.name.strip()
    return MedicationStatement(
        kind=told.kind,
        medicine=certain,
        name=name,
        ingredients=tuple(sorted(ingredients)) or (told.name.strip().lower(),),
        sentence=_with_amount(told, certain is not None),
        daily_total=told.daily_total,
        as_needed=told.as_needed,
        since=told.since,
        indication=told.indication.strip(),
        prescriber=(told.prescriber or "").strip() or None,
    )


def _with_amount(told: ReportedMedication, renamed: bool) -> str:
    """How it is taken; an amount that stood in the name as told ("Xanax 0.5 mg") goes along when the name does not."""
    sentence = told.sentence.strip()
    amount = _AMOUNT.search(told.name)
    return f"{amount.group()} {sentence}" if renamed and amount and not _AMOUNT.search(sentence) else sentence


def _wrong(told: ReportedMedication) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not told.name.strip() or len(told.name) > 200:
        wrong["name"] = "Enter the name of the medicine, in at most 200 characters."
    if not told.sentence.strip() or len(told.sentence) > 200:
        wrong["sentence"] = "Enter how it is taken, such as 0.5 mg at night."
    if told.kind is OrderOrigin.PRESCRIBED_HERE:
        wrong["kind"] = "Choose whether another prescriber ordered it or the patient takes it on their own."
    if told.kind is OrderOrigin.PRESCRIBED_ELSEWHERE and not (told.prescriber or "").strip():
        wrong["prescriber"] = "Enter who prescribed it, if known."
    return wrong
