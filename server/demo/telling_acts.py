"""What is done in a visit, through the use cases: prescribing with its decision, reporting, allergies, attempts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance.shared.vocabulary import Action, PrescribingAction
from emr.chart import reading as charts
from emr.dosing import ladder as dose_ladder
from emr.dosing import proposal as dose_proposal
from emr.dosing.forms import NoLadder
from emr.dosing.model import Moment as Taken
from emr.dosing.proposal import Proposal
from emr.formulary.entries import MedicineId
from emr.medications import model as medication
from emr.medications.model import Kind, Order
from emr.people import use_cases as people
from emr.prescribing import list_use_cases as medicating
from emr.prescribing import use_cases as prescribing
from emr.prescribing.list_use_cases import Told
from emr.safety import checks as safety
from emr.safety.finding import Finding
from emr.shared.clinic_time.days import day_of
from emr.shared.contact import Stated
from emr.shared.quantity import Quantity, mg
from emr.visits.model import Visit
from server.application import prescribe as prescriptions
from server.application.prescribe import Wish
from server.application.unit_of_work import Work
from server.demo import cast
from server.demo.story import (
    Act,
    Allergic,
    Attempt,
    Change,
    Hold,
    NoAllergies,
    Prescribed,
    Renew,
    Report,
    Start,
    Stop,
)
from server.demo.telling import StoryError, Teller


@dataclass(frozen=True, slots=True)
class Scene:
    """A visit in which something is done: whose, by whom, and what the patient said of where they are."""

    patient: str
    by: str
    visit: Visit
    stated: Stated | None
    zone: str


async def perform(teller: Teller, scene: Scene, act: Act, now: datetime) -> None:
    """Do one thing. Raises ``StoryError`` when it does not come out as the story says."""
    match act:
        case Start() | Change():
            await _prescribe(teller, scene, act, now)
        case Renew():
            await _renew(teller, scene, act, now)
        case Hold() | Stop():
            await _end(teller, scene, act, now)
        case Report():
            await _report(teller, scene, act, now)
        case Attempt():
            await attempt(teller, scene, act, now)
        case Allergic(substance, reaction):
            async with teller.acting(scene.by, Action.NOTE_WRITE, now, patient=scene.patient) as work:
                await people.record_allergy(work.desk, scene.visit.patient, substance, reaction)
        case NoAllergies():
            async with teller.acting(scene.by, Action.NOTE_WRITE, now, patient=scene.patient) as work:
                await people.note_no_known_allergies(work.desk, scene.visit.patient)


async def attempt(teller: Teller, scene: Scene, tried: Attempt, now: datetime) -> None:
    """A wish that policy blocks: decided and recorded as the page does, without a prescription."""
    await teller.flush()
    async with teller.acting(
        scene.by, Action.MEDICATION_START, now, patient=scene.patient, visit=scene.visit.id
    ) as work:
        wish = Wish(
            visit=scene.visit,
            stated=scene.stated,
            patient_zone=scene.zone,
            action=PrescribingAction(tried.action),
            product=tried.product,
            meeting=await prescriptions.meeting_of(work, scene.visit),
        )
        decision = prescriptions.decide(work, wish)
        if decision.allowed:
            raise StoryError(f"{tried.product} was allowed for {scene.patient}")
        await prescriptions.record(work, wish, decision)


async def _prescribe(teller: Teller, scene: Scene, act: Start | Change, now: datetime) -> None:
    current = teller.order(scene.patient, act.medicine) if isinstance(act, Change) else None
    action = Action.MEDICATION_START if current is None else Action.MEDICATION_REVISE
    await teller.flush()
    async with teller.acting(scene.by, action, now, patient=scene.patient, visit=scene.visit.id) as work:
        proposal = _proposed(teller, scene, act, current, now)
        asked = PrescribingAction(medication.action(current, proposal))
        answers = await _answers(teller, scene, proposal, act.answers, now)
        order = await _sign(work, scene, proposal, asked, answers)
    teller.orders[scene.patient, act.medicine] = order


async def _renew(teller: Teller, scene: Scene, act: Renew, now: datetime) -> None:
    current = teller.order(scene.patient, act.medicine)
    if current.dose is None or current.daily_total is None:
        raise StoryError(f"{act.medicine} of {scene.patient} has no dose to renew")
    same = Change(
        medicine=act.medicine,
        total=str(current.daily_total.value),
        taken=tuple(intake.moment for intake in current.dose.intakes),
        reason=act.reason,
        as_needed=current.as_needed,
        days=act.days,
        refills=act.refills,
        answers=act.answers,
    )
    await teller.flush()
    async with teller.acting(
        scene.by, Action.MEDICATION_RENEW, now, patient=scene.patient, visit=scene.visit.id
    ) as work:
        proposal = _proposed(teller, scene, same, current, now)
        answers = await _answers(teller, scene, proposal, act.answers, now)
        order = await _sign(work, scene, proposal, PrescribingAction.RENEW, answers)
    teller.orders[scene.patient, act.medicine] = order


def _proposed(teller: Teller, scene: Scene, act: Prescribed, current: Order | None, now: datetime) -> Proposal:
    """The dose as real pieces, from the day after."""
    formulary = teller.house.references.formulary
    medicine = MedicineId(act.medicine)
    return dose_proposal.propose(
        formulary,
        medicine,
        choice=_choice(teller, medicine, act.taken, mg(act.total)),
        moments=act.taken,
        as_needed=act.as_needed,
        days_supply=act.days,
        refills=act.refills,
        starts_on=day_of(now, teller.calendar.zone) + timedelta(days=1),
        indication=act.purpose or (current.indication if current else ""),
        reason=act.reason,
        replaces=current.id if current else None,
    )


def _choice(teller: Teller, medicine: MedicineId, taken: Sequence[Taken], total: Quantity) -> str:
    ladder = dose_ladder.ladder(teller.house.references.formulary, medicine, times_a_day=len(taken), new=total)
    rung = None if isinstance(ladder, NoLadder) else ladder.rung(total)
    if rung is None or not rung.choices:
        raise StoryError(f"no pieces of {medicine} make {total}")
    return rung.choices[0].key


async def _answers(
    teller: Teller, scene: Scene, proposal: Proposal, given: Mapping[str, str], now: datetime
) -> dict[str, str]:
    """An answer for each finding that asks for one: the story's, by the beginning of the finding's key."""
    chart = await charts.read(teller.conn, scene.visit.patient, now)
    findings = safety.check(chart, proposal, teller.house.references.formulary, now)
    asked = [one for one in findings if one.needs_answer]
    return {one.key: _answer(one, scene, given) for one in asked}


def _answer(finding: Finding, scene: Scene, given: Mapping[str, str]) -> str:
    fitting = (text for start, text in {**given, **USUAL_ANSWERS}.items() if finding.key.startswith(start))
    answer = next(fitting, None)
    if answer is None:
        raise StoryError(f"{scene.patient}: no answer to {finding.key} ({finding.title})")
    return answer


# What is found with nearly every medicine, and what a prescriber writes then.
USUAL_ANSWERS = {
    "not_checked:egfr": "No kidney disease known; creatinine normal at primary care last year.",
    "not_checked:liver": "Asked: no liver disease, drinks little. Liver enzymes normal last year.",
    "not_checked:contraception-and-pregnancy": "Asked: not pregnant, reliable contraception.",
}


async def _sign(
    work: Work, scene: Scene, proposal: Proposal, action: PrescribingAction, answers: Mapping[str, str]
) -> Order:
    """Decide, record the decision, and write what it allows: the same steps as the page's."""
    wish = Wish(
        visit=scene.visit,
        stated=scene.stated,
        patient_zone=scene.zone,
        action=action,
        product=proposal.product,
        meeting=await prescriptions.meeting_of(work, scene.visit),
        code=proposal.code,
        directions=proposal.sig,
        indication=proposal.indication,
        days_supply=proposal.days_supply,
        refills=proposal.refills,
    )
    decision = prescriptions.decide(work, wish)
    if not decision.allowed:
        raise StoryError(f"{proposal.product} was blocked for {scene.patient}: {decision.reasons[0].code}")
    recorded = await prescriptions.record(work, wish, decision)
    cleared = prescriptions.clearance(recorded, wish, work.actor.person_id)
    formulary, visit = work.house.references.formulary, scene.visit
    if proposal.replaces is None:
        written = await prescribing.start(
            work.desk,
            formulary=formulary,
            visit_id=visit.id,
            patient_id=visit.patient,
            proposal=proposal,
            answers=answers,
            clearance=cleared,
        )
        return written.order
    change = prescribing.renew if action is PrescribingAction.RENEW else prescribing.revise
    written = await change(
        work.desk,
        formulary=formulary,
        visit_id=visit.id,
        patient_id=visit.patient,
        order_id=proposal.replaces,
        proposal=proposal,
        answers=answers,
        clearance=cleared,
    )
    return written.order


async def _end(teller: Teller, scene: Scene, act: Hold | Stop, now: datetime) -> None:
    action = Action.MEDICATION_HOLD if isinstance(act, Hold) else Action.MEDICATION_STOP
    end = medicating.hold if isinstance(act, Hold) else medicating.stop
    current = teller.order(scene.patient, act.medicine)
    await teller.flush()
    async with teller.acting(scene.by, action, now, patient=scene.patient, visit=scene.visit.id) as work:
        order = await end(
            work.desk,
            patient_id=scene.visit.patient,
            order_id=current.id,
            reason=act.reason,
            visit_id=scene.visit.id,
        )
        wish = Wish(
            visit=scene.visit,
            stated=scene.stated,
            patient_zone=scene.zone,
            action=PrescribingAction.HOLD if isinstance(act, Hold) else PrescribingAction.DISCONTINUE,
            product=order.name,
            meeting=await prescriptions.meeting_of(work, scene.visit),
        )
        if order.kind is Kind.PRESCRIBED_HERE:
            await prescriptions.record_ending(work, wish)
    teller.orders[scene.patient, act.medicine] = order


async def _report(teller: Teller, scene: Scene, act: Report, now: datetime) -> None:
    told = Told(
        name=act.name,
        kind=act.kind,
        sentence=act.sentence,
        since=teller.calendar.told(act.since, now),
        daily_total=mg(act.total) if act.total else None,
        as_needed=act.as_needed,
        indication=act.purpose,
        prescriber=act.prescriber,
    )
    async with teller.acting(
        scene.by, Action.MEDICATION_REPORT, now, patient=scene.patient, visit=scene.visit.id
    ) as work:
        order = await medicating.report(
            work.desk,
            formulary=teller.house.references.formulary,
            patient_id=cast.person_id(scene.patient),
            told=told,
            visit_id=scene.visit.id,
        )
    teller.orders[scene.patient, act.name] = order
