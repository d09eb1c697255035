"""Adjusting a medicine in a visit: the ladder, the findings, a new order that replaces the old one."""

from collections.abc import Mapping
from dataclasses import replace

from compliance.shared.vocabulary import Action, PrescribingAction
from emr.chart.model import Entry
from emr.dosing.proposal import Proposal
from emr.medications import model as medication
from emr.medications.model import Order, Status
from emr.prescribing import use_cases as prescribing
from emr.shared.clinic_time import words
from emr.shared.errors import Invalid, Refused
from server.application import prescribe as prescriptions
from server.application.unit_of_work import Work
from server.http.endpoint import ASKS, Answer, Ask, Made, Row, Shown
from server.presenters import dosing_texts, read_back, responses
from server.presenters.visit_parts import VisitPeople, context, patients_day, viewer_zone, visit_people
from server.routes.staff import dosing, medicine_list
from server.routes.staff.dosing import Chosen
from server.routes.staff.medicine_list import capital
from server.routes.staff.medicine_wishes import adjustable, blocked, line_now, line_of, tell, wish_for
from visit_ui.pages.visit.dosing import AdjustPanel
from visit_ui.pages.visit.parts import Block


async def adjust(ask: Ask, work: Work) -> Answer:
    """POST fragment: the ladder of real doses; ``to`` chooses one. That it is blocked is on record."""
    those = await visit_people(work)
    line = await line_of(ask, work, those)
    medicine = adjustable(line.current)
    first = dosing.first_day(ask, those)
    named = await wish_for(work, those, PrescribingAction.CONTINUE, None, line.current.product or line.current.name)
    limits = prescriptions.supply_terms(work, named, prescriptions.decide(work, named)).limits
    formulary = ask.house.references.formulary
    said = dosing.at_first(medicine, line.current, formulary, ask.form.text("to"), first, limits)
    return await _adjust_panel(ask, work, those, line, said)


async def check_adjust(ask: Ask, work: Work) -> Answer:
    """POST fragment: the form with its findings. Writes nothing."""
    those = await visit_people(work)
    line = await line_now(ask, work, those)
    if line.current.id != ask.path_id("order"):
        return await _replaced(ask, work, those, line)
    return await _adjust_panel(ask, work, those, line, dosing.chosen(ask), preview=True)


async def revise(ask: Ask, work: Work) -> Answer:
    """POST: sign the change. A new order replaces the one that was shown; nothing is edited."""
    those = await visit_people(work)
    await prescribing.hold_list(work.desk, those.visit.patient)
    line = await line_now(ask, work, those)
    if line.current.id != ask.path_id("order"):
        return await _replaced(ask, work, those, line)
    said = dosing.chosen(ask)
    filled = await _filled(ask, work, those, line, said, complain=True)
    if filled.proposal is None or not filled.form.may_sign:
        return Shown(await _adjust_panel(ask, work, those, line, said, complain=True), 422)
    if unread := read_back.refusal(said.shown, filled.form.shown):
        panel = await _adjust_panel(ask, work, those, line, said, complain=True)
        return Shown(replace(panel, conflict=unread), 422)
    action = PrescribingAction(medication.action(line.current, filled.proposal))
    wish = await wish_for(work, those, action, filled.proposal)
    decision = prescriptions.decide(work, wish)
    if not decision.allowed:
        panel = await _adjust_panel(ask, work, those, line, said)
        return replace(panel, block=await blocked(ask, work, those, wish, decision))
    try:
        with prescriptions.grounds():
            async with work.conn.begin_nested():
                recorded = await prescriptions.record(work, wish, decision)
                written = await prescribing.revise(
                    work.desk,
                    formulary=ask.house.references.formulary,
                    visit_id=those.visit.id,
                    patient_id=those.visit.patient,
                    order_id=line.current.id,
                    proposal=filled.proposal,
                    answers=said.answers,
                    clearance=prescriptions.clearance(recorded, wish, ask.person_id),
                )
    except (Invalid, Refused) as error:
        panel = await _adjust_panel(ask, work, those, line, said, complain=True)
        return Shown(replace(panel, conflict=str(error)), 409)
    tell(work, those)
    told = medicine_list.said(work, those, written.order, resumed=_held(line))
    signed = await medicine_list.panel(ask, work, those, notice=told)
    return Made(signed, str(written.order.id))


async def too_long(ask: Ask, work: Work, wrong: Mapping[str, str]) -> Answer:
    """The form as it was typed, and which of its texts do not fit. Writes nothing."""
    those = await visit_people(work)
    line, said = await line_now(ask, work, those), dosing.chosen(ask)
    panel = await _adjust_panel(ask, work, those, line, dosing_texts.without(said, wrong), preview=True)
    return Shown(replace(panel, form=panel.form and dosing_texts.again(panel.form, said, wrong)), 422)


async def _replaced(ask: Ask, work: Work, those: VisitPeople, line: Entry) -> Answer:
    """Somebody changed it since the form was opened: what was typed, over the dose as it is now. Signs nothing."""
    order = line.current
    panel = await _adjust_panel(ask, work, those, line, dosing.chosen(ask), preview=True)
    by = f", by {line.by}" if line.by else ""
    words = f"{capital(order.name)} is now {order.sentence}{by}. What you wrote is kept below: check it again."
    return Shown(replace(panel, conflict=words), 409)


async def _adjust_panel(
    ask: Ask,
    work: Work,
    those: VisitPeople,
    line: Entry,
    said: Chosen,
    *,
    preview: bool = False,
    complain: bool = False,
) -> AdjustPanel:
    order, taken = line.current, line.taken_on(patients_day(those, ask.now))
    filled = await _filled(ask, work, those, line, said, complain=complain)
    stopped = None
    if not preview and not complain:
        stopped = await _probe(ask, work, those, order, filled.proposal)
    days = (patients_day(those, ask.now) - line.since_of(taken)).days
    return AdjustPanel(
        visit=context(ask, those, await viewer_zone(work)),
        order_id=str(order.id),
        name=capital(order.name),
        indication=f"for {order.indication}" if order.indication else None,
        since=line.started,
        at_now=f"{days} days at {taken.daily_total}" if line.taken and taken.daily_total and days > 0 else None,
        verb="Resume" if _held(line) else "Adjust",
        ahead=f"{order.sentence} from {words.short(order.starts_on)}" if taken is not order else None,
        responses_of=ask.house.references.scales.get(responses.SCALE).short,
        responses=await responses.after_each_step(work, those.visit.patient, line),
        form=None if stopped else filled.form,
        block=stopped,
    )


async def _filled(
    ask: Ask, work: Work, those: VisitPeople, line: Entry, said: Chosen, *, complain: bool
) -> dosing.Filled:
    """The form over the dose that is taken today; what is signed replaces the current order."""
    sign_words = f"Sign: resume {line.current.name}" if _held(line) else "Sign change"
    return await dosing.fill(
        ask,
        work,
        those,
        adjustable(line.current),
        line.current,
        said,
        sign_words=sign_words,
        taken=line.taken_on(patients_day(those, ask.now)),
        complain=complain,
    )


def _held(line: Entry) -> bool:
    return line.current.status is Status.HELD


async def _probe(ask: Ask, work: Work, those: VisitPeople, order: Order, proposal: Proposal | None) -> Block | None:
    """Whether policy would stop any prescription of this medicine here; the attempt is recorded when it does."""
    action = PrescribingAction(medication.action(order, proposal)) if proposal else PrescribingAction.CONTINUE
    product = proposal.product if proposal else order.product or order.name
    wish = await wish_for(work, those, action, proposal, product)
    decision = prescriptions.decide(work, wish)
    return None if decision.allowed else await blocked(ask, work, those, wish, decision)


_ORDER = "/visits/{visit}/medicines/{order}"
ROWS = (
    Row("POST", f"{_ORDER}/adjust", adjust, Action.MEDICATION_REVISE, keyless=ASKS),
    Row("POST", f"{_ORDER}/check", check_adjust, Action.MEDICATION_REVISE, keyless=ASKS, form="dose", again=too_long),
    Row(
        "POST",
        f"{_ORDER}/revise",
        revise,
        Action.MEDICATION_REVISE,
        form="dose",
        again=too_long,
        afterwards=medicine_list.after,
    ),
)
