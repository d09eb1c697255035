"""Medicines for tests: proposals, orders and charts made of real products, and a clearance as the house makes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from compliance.prescribing import decisions
from compliance.prescribing.decision import VALIDITY, Citation, Decision, Reason
from compliance.shared.vocabulary import DecisionOutcome, Modality, PrescribingAction, Schedule
from emr.chart.model import Chart, LatestMeasurement, MedicationListEntry
from emr.dosing.forms import forms
from emr.dosing.ladder import Ladder, ladder
from emr.dosing.model import TimeOfDay
from emr.dosing.proposal import Proposal, propose
from emr.formulary import model as formularies
from emr.formulary.entries import MedicineId
from emr.medications import model as medication
from emr.medications import reporting
from emr.medications.clearance import Clearance
from emr.medications.model import Order, OrderOrigin, Signed
from emr.medications.reporting import MedicationStatement
from emr.people.model import Allergies, Allergy, AllergyStatus
from emr.prescribing import use_cases as prescribing
from emr.prescribing.use_cases import SignedOrder
from emr.presence import attending
from emr.presence import repository as presence_records
from emr.safety.checks import Finding
from emr.shared.ids import DecisionId, OrderId, PersonId
from emr.shared.quantity import mg
from emr.visits.model import Visit
from tests.emr.clinic import Clinic

FORMULARY = formularies.load()
ADA = PersonId(uuid4())
DREW = PersonId(uuid4())
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def proposal(
    medicine: str,
    amount: str,
    *moments: TimeOfDay,
    as_needed: bool = False,
    starts_on: date = TODAY,
    indication: str = "depression",
    reason: str = "Partial response",
    replaces: OrderId | None = None,
    days_supply: int = 30,
) -> Proposal:
    """So many mg of a medicine at each moment (once a day when none is named), by its fewest pieces of any form."""
    name, when = MedicineId(medicine), moments or (TimeOfDay.DAY,)
    for form in forms(FORMULARY, name):
        steps = ladder(FORMULARY, name, form=form, times_a_day=1, new=mg(amount))
        rung = steps.rung(mg(amount)) if isinstance(steps, Ladder) else None
        if rung is not None and rung.choices:
            return propose(
                FORMULARY,
                name,
                choice=rung.choices[0].key,
                moments=when,
                as_needed=as_needed,
                days_supply=days_supply,
                refills=1,
                starts_on=starts_on,
                indication=indication,
                reason=reason,
                replaces=replaces,
            )
    raise AssertionError(f"no pieces make {amount} mg of {medicine}")


def signed(now: datetime = NOW) -> Signed:
    return Signed(id=OrderId(uuid4()), author=DREW, now=now, visit=None)


def ingredients(medicine: str) -> tuple[str, ...]:
    return tuple(each.name for each in FORMULARY.medicine(MedicineId(medicine)).ingredients)


def started(medicine: str, amount: str, *moments: TimeOfDay, on: date = date(2026, 10, 6)) -> Order:
    """A medicine prescribed here, as its first order."""
    made = proposal(medicine, amount, *moments, starts_on=on)
    return medication.start(
        made, ADA, ingredients(medicine), signed(datetime(on.year, on.month, on.day, 15, tzinfo=UTC))
    )


def told(
    name: str, kind: OrderOrigin = OrderOrigin.SELF_REPORTED, daily: str | None = None, sentence: str = "as told"
) -> Order:
    """A medicine from elsewhere, as `list_use_cases.report` would understand its name."""
    found = FORMULARY.recognize(name)
    one = found.medicines[0] if found.complete and len(found.medicines) == 1 else None
    report = MedicationStatement(
        kind=kind,
        medicine=one,
        name=name,
        ingredients=ingredients(one) if one else (name.lower(),),
        sentence=sentence,
        daily_total=mg(daily) if daily else None,
        as_needed=False,
        since=date(2026, 5, 1),
        prescriber="Dr. Okafor" if kind is OrderOrigin.PRESCRIBED_ELSEWHERE else None,
    )
    return reporting.report(report, ADA, signed(NOW - timedelta(days=200)))


def stopped(order: Order, on: date) -> tuple[Order, Order]:
    return order, medication.stop(order, "No longer needed", on, signed())


def chart(
    *histories: Order | tuple[Order, ...],
    age: int | None = 34,
    allergies: tuple[str, ...] | None = (),
    measures: Mapping[str, tuple[str, str]] | None = None,
) -> Chart:
    """Ada's chart with these lines. `allergies` None: never asked. `measures`: value and unit by LOINC code."""
    lines = [MedicationListEntry(chain[-1], chain, "Dr. Drew Marsh") for chain in map(_chain, histories)]
    known = tuple(Allergy(each, "rash", NOW, DREW) for each in allergies or ())
    status = AllergyStatus.LISTED if known else AllergyStatus.NONE_KNOWN
    return Chart(
        patient=ADA,
        read_at=NOW,
        today=TODAY,
        birth_date=date(1992, 3, 14),
        age=age,
        allergies=Allergies(AllergyStatus.NOT_ASKED if allergies is None else status, known, NOW),
        entries=tuple(line for line in lines if line.current.status is not medication.OrderStatus.STOPPED),
        stopped=tuple(line for line in lines if line.current.status is medication.OrderStatus.STOPPED),
        measures={
            code: LatestMeasurement(code, code, Decimal(value), unit, NOW)
            for code, (value, unit) in (measures or {}).items()
        },
    )


def _chain(history: Order | tuple[Order, ...]) -> tuple[Order, ...]:
    return history if isinstance(history, tuple) else (history,)


def keys(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {finding.key: finding for finding in findings}


async def clear(
    clinic: Clinic,
    made: Proposal,
    action: str,
    visit: Visit,
    *,
    now: datetime,
    patient: PersonId | None = None,
    prescriber: PersonId | None = None,
    schedule: Schedule = Schedule.NONE,
) -> Clearance:
    """An allowing decision for this proposal, recorded as the house would, and the clearance made of it."""
    decision = Decision(
        outcome=DecisionOutcome.ALLOW,
        action=PrescribingAction(action),
        modality=Modality(visit.modality.value),
        schedule=schedule,
        ingredients=tuple(sorted(ingredients(made.medicine))),
        reasons=(Reason("not_controlled", "It is not a controlled substance."),),
        rule="not-controlled",
        citations=(Citation("1308", "21 CFR 1308", "The schedules."),),
        pack_id="strict-block",
        pack_version="1",
        pack_sha256="0" * 64,
        reference_sha256="0" * 64,
        decided_at=now,
        valid_until=now + VALIDITY,
    )
    patient_id, prescriber_id = patient or clinic.ada, prescriber or clinic.drew
    attended = await attending.attending(clinic.conn, visit.id)
    check_in = (await presence_records.check_ins(clinic.conn, [visit.id], now)).get(visit.id)
    stored = await decisions.record(
        clinic.conn,
        decision,
        patient_id=patient_id,
        prescriber_id=prescriber_id,
        typed=made.product,
        product=made.product,
        encounter_id=visit.id,
        now=now,
        attendance_id=attended.id if attended else None,
        check_in_id=check_in.id if check_in else None,
    )
    return Clearance(
        decision_id=DecisionId(stored.id),
        outcome="allow",
        action=action,
        encounter_id=stored.encounter_id,
        modality=decision.modality.value,
        schedule=decision.schedule_word,
        patient_id=patient_id,
        prescriber_id=prescriber_id,
        product=made.product,
        valid_until=decision.valid_until,
        audit_entry_id=stored.audit_entry_id,
        attendance_id=stored.attendance_id,
        check_in_id=stored.check_in_id,
    )


class Anything(Mapping[str, str]):
    """An answer to whatever is asked."""

    def __getitem__(self, key: str) -> str:
        return "Looked at, and meant."

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Consultation:
    """Drew with Ada in a visit that is in progress, now by the machine's clock: decisions run out by it."""

    clinic: Clinic
    visit: Visit
    now: datetime
    answers: Mapping[str, str] = field(default_factory=Anything)

    @property
    def today(self) -> date:
        return self.now.date() - timedelta(days=1)  # behind every zone

    async def start(self, medicine: str, amount: str, *moments: TimeOfDay) -> SignedOrder:
        made = proposal(medicine, amount, *moments, starts_on=self.today)
        return await prescribing.start(
            self.clinic.context(self.clinic.drew, self.now),
            formulary=FORMULARY,
            visit_id=self.visit.id,
            patient_id=self.clinic.ada,
            proposal=made,
            answers=self.answers,
            clearance=await clear(self.clinic, made, "new", self.visit, now=self.now),
        )

    async def revise(
        self, order: Order, amount: str, action: str, *moments: TimeOfDay, starts_on: date | None = None
    ) -> SignedOrder:
        starts = starts_on or self.today
        made = proposal(order.medicine or "", amount, *moments, starts_on=starts, replaces=order.id)
        return await prescribing.revise(
            self.clinic.context(self.clinic.drew, self.now),
            formulary=FORMULARY,
            visit_id=self.visit.id,
            patient_id=self.clinic.ada,
            order_id=order.id,
            proposal=made,
            answers=self.answers,
            clearance=await clear(self.clinic, made, action, self.visit, now=self.now),
        )


async def consult(clinic: Clinic) -> Consultation:
    now = datetime.now(UTC)
    visit = await clinic.book(start=now - timedelta(minutes=5))
    return Consultation(clinic, await clinic.hold(visit, end=False), now)
