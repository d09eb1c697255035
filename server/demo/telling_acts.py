"""What is done in a visit, through the use cases: prescribing with its decision, reporting, allergies, attempts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from compliance.shared.vocabulary import Action, PrescribingAction
from emr.formulary.entries import MedicineId
from emr.people import use_cases as people
from emr.prescribing import list_use_cases as medicating
from emr.prescribing.list_use_cases import Ending, ReportedMedication
from emr.safety.finding import Finding
from emr.shared.clinic_time.days import day_of
from emr.shared.contact import StatedContact
from emr.shared.quantity import mg
from emr.visits.model import Visit
from server.application.prescribe import attempt as prescribed
from server.application.prescribe import record as recording
from server.application.prescribe.decide import decide, intent_on
from server.application.prescribe.ending import end, to_end
from server.application.prescribe.parse import DoseRequest
from server.application.prescribe.propose import MedicineTarget
from server.application.prescribe.sign import Blocked, ground_of, sign
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
    stated: StatedContact | None
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
                await people.record_allergy(work.context, scene.visit.patient, substance, reaction)
        case NoAllergies():
            async with teller.acting(scene.by, Action.NOTE_WRITE, now, patient=scene.patient) as work:
                await people.note_no_known_allergies(work.context, scene.visit.patient)


async def attempt(teller: Teller, scene: Scene, tried: Attempt, now: datetime) -> None:
    """An intent that policy blocks: decided and recorded as the page does, without a prescription."""
    await teller.flush()
    async with teller.acting(
        scene.by, Action.MEDICATION_START, now, patient=scene.patient, visit=scene.visit.id
    ) as work:
        ground = replace(await ground_of(work, lock=False), stated=scene.stated)
        intent = intent_on(ground, work.actor.person_id, PrescribingAction(tried.action), None, tried.product)
        decision = decide(work.app_context.references, intent)
        if decision.allowed:
            raise StoryError(f"{tried.product} was allowed for {scene.patient}")
        await recording.record(work, intent, decision)


async def _prescribe(teller: Teller, scene: Scene, act: Start | Change, now: datetime) -> None:
    current = teller.order(scene.patient, act.medicine) if isinstance(act, Change) else None
    action = Action.MEDICATION_START if current is None else Action.MEDICATION_REVISE
    about = MedicineTarget(medicine=MedicineId(act.medicine), current=current)
    await _signed(teller, scene, act, about, action, now)


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
    about = MedicineTarget(medicine=MedicineId(act.medicine), current=current, renews=True)
    await _signed(teller, scene, same, about, Action.MEDICATION_RENEW, now)


async def _signed(
    teller: Teller, scene: Scene, act: Prescribed, about: MedicineTarget, action: Action, now: datetime
) -> None:
    """The same chain as the page's, with an answer to each finding that asks for one."""
    await teller.flush()
    async with teller.acting(scene.by, action, now, patient=scene.patient, visit=scene.visit.id) as work:
        ground = await ground_of(work, lock=True)
        asked = _asked(act, day_of(now, teller.calendar.zone) + timedelta(days=1))
        tried = prescribed.attempt(work.app_context.references, ground, work.actor.person_id, about, asked)
        tried = tried.answered(_answers(scene, tried.findings, act.answers))
        if tried.missing:
            raise StoryError(f"{act.medicine} of {scene.patient}: {', '.join(one.words for one in tried.missing)}")
        try:
            written = await sign(work, tried, tried.shown)
        except Blocked as error:
            why = error.decided.decision.reasons[0].code
            raise StoryError(f"{act.medicine} was blocked for {scene.patient}: {why}") from error
    teller.orders[scene.patient, act.medicine] = written.order


def _asked(act: Prescribed, starts: date) -> DoseRequest:
    return DoseRequest(
        total=Decimal(act.total),
        tablets="",
        moments=tuple(act.taken),
        as_needed=act.as_needed,
        starts=starts,
        days=act.days,
        refills=act.refills,
        reason=act.reason,
        indication=act.purpose,
        answers={},
    )


def _answers(scene: Scene, findings: Sequence[Finding], given: Mapping[str, str]) -> dict[str, str]:
    """An answer for each finding that asks for one: the story's, by the beginning of the finding's key."""
    return {one.key: _answer(one, scene, given) for one in findings if one.needs_answer}


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


async def _end(teller: Teller, scene: Scene, act: Hold | Stop, now: datetime) -> None:
    holds = isinstance(act, Hold)
    action = Action.MEDICATION_HOLD if holds else Action.MEDICATION_STOP
    current = teller.order(scene.patient, act.medicine)
    await teller.flush()
    async with teller.acting(scene.by, action, now, patient=scene.patient, visit=scene.visit.id) as work:
        ground = await ground_of(work, lock=True)
        what = to_end(ground, current.id, Ending.HOLD if holds else Ending.STOP)
        order = await end(work, ground, what, act.reason, what.shown)
    teller.orders[scene.patient, act.medicine] = order


async def _report(teller: Teller, scene: Scene, act: Report, now: datetime) -> None:
    told = ReportedMedication(
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
            work.context,
            formulary=teller.app_context.references.formulary,
            patient_id=cast.person_id(scene.patient),
            told=told,
            visit_id=scene.visit.id,
        )
    teller.orders[scene.patient, act.name] = order
